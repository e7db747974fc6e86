"""The shared mosaic."""

import numpy as np
import pytest
from PIL import Image, ImageFont

from pipeline.figures import grid, style
from pipeline.figures.grid import GAP, image_grid


def load(path):
    return np.asarray(Image.open(path).convert("RGB"))


def colours(count, side=16):
    """Images of one colour each, none of it white."""
    values = np.random.default_rng(0).integers(0, 200, (count, 3, 1, 1))
    return np.broadcast_to(values, (count, 3, side, side)).astype(np.uint8)


def test_every_image_stands_in_its_place_with_its_own_pixels(tmp_path):
    images = colours(7)
    image_grid(images, 3, tmp_path / "grid.png", scale=1)
    sheet = load(tmp_path / "grid.png")
    margin, step = grid.font_size(3 * 16 + 2 * GAP), 16 + GAP
    assert sheet.shape == (2 * margin + 3 * step - GAP, 2 * margin + 3 * step - GAP, 3)
    for i, image in enumerate(images):
        y, x = margin + i // 3 * step, margin + i % 3 * step
        np.testing.assert_array_equal(sheet[y:y + 16, x:x + 16], image.transpose(1, 2, 0))
    assert (sheet[margin + 2 * step:, margin + step:] == 255).all(), "a row that is not full ends in white"


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_labels_stand_beside_the_images_and_none_is_cut(tmp_path, scale):
    rows = ["input", "a label with so many words that it is broken into several lines", "VAE-123"]
    image_grid(colours(33, 64), 11, tmp_path / "grid.png", rows, [str(i) for i in range(11)], scale=scale)
    sheet = load(tmp_path / "grid.png")
    ink = (sheet < 255).any(axis=2)
    assert not (ink[0].any() or ink[-1].any() or ink[:, 0].any() or ink[:, -1].any()), "something touches the border"
    images_width = 11 * (64 + GAP) * scale - GAP * scale
    assert images_width < sheet.shape[1] < 1.3 * images_width
    assert ink[:, :sheet.shape[1] - images_width - 40 * scale].any(), "row labels"


def test_labels_do_not_touch_even_where_rows_are_low(tmp_path):
    label = "many words that need many lines beside a very low row"
    image_grid(colours(40, 16), 20, tmp_path / "grid.png", [label, label], scale=1)
    sheet = load(tmp_path / "grid.png")
    ink = (sheet[:, :40] < 255).any(axis=(1, 2))
    lines = len(grid.wrap(label, style.font(10), int(grid.LABEL_SHARE * (20 * 18 - 2))))
    starts = np.flatnonzero(np.diff(ink.astype(int)) == 1)
    assert lines >= 3 and len(starts) == 2 * lines


def test_rows_of_one_label_stand_together(tmp_path):
    image_grid(colours(8), 2, tmp_path / "grid.png", ["a", "b"], scale=1, rows_per_label=2)
    sheet = load(tmp_path / "grid.png")
    column = (sheet[:, -20] < 255).any(axis=1)
    edges = np.flatnonzero(np.diff(column.astype(int)))
    gaps = edges[2:-1:2] - edges[1:-2:2]
    assert list(gaps) == [GAP, 3 * GAP, GAP]


def test_the_same_images_give_the_same_bytes_without_metadata(tmp_path):
    for name in ("a.png", "b.png"):
        image_grid(colours(4), 2, tmp_path / name, ["x", "y"])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert not Image.open(tmp_path / "a.png").info
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_wrong_input_is_refused(tmp_path):
    for images, columns, labels in ((colours(4).astype(float), 2, None), (colours(4)[:, :1], 2, None),
                                    (colours(0), 2, None), (colours(4), 2, ["only one"])):
        with pytest.raises(ValueError):
            image_grid(images, columns, tmp_path / "grid.png", labels)


def test_the_font_is_matplotlibs_own():
    assert isinstance(style.font(12), ImageFont.FreeTypeFont) and style.font(12).getname()[0] == "DejaVu Sans"
    assert style.font(12).getmask("α−→").getbbox() is not None
