"""Figure 8."""

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import InputError
from pipeline.figures.latent_mosaic import latent_mosaic, neighbour_distance, to_grid


@pytest.fixture
def clusters():
    """150 latents in three clusters, and images in their clusters' colours: red, green, blue."""
    kind = np.arange(150) % 3
    mu = 5 * np.eye(3, 20, dtype=np.float32)[kind] + np.random.default_rng(0).standard_normal((150, 20), np.float32)
    pixels = np.zeros((150, 3, 16, 16), np.uint8)
    pixels[np.arange(150), kind] = 200
    return mu, pixels, kind


def test_similar_latents_are_neighbours_and_every_cell_has_its_own_face(tmp_path, clusters):
    mu, pixels, kind = clusters
    cells = latent_mosaic(tmp_path / "m.png", mu, pixels.__getitem__, images=150, seed=1)
    assert cells.shape == (12, 12) and len(np.unique(cells)) == 144
    shuffled = np.random.default_rng(0).permutation(cells.ravel()).reshape(12, 12)
    assert neighbour_distance(mu, cells) < 0.8 and neighbour_distance(mu, shuffled) == pytest.approx(1, abs=0.1)
    same = np.concatenate([(kind[cells][1:] == kind[cells][:-1]).ravel(),
                           (kind[cells][:, 1:] == kind[cells][:, :-1]).ravel()])
    assert same.mean() > 0.75
    sheet = np.asarray(Image.open(tmp_path / "m.png").convert("RGB"))
    assert sheet.shape == (12 * 16, 12 * 16, 3)
    np.testing.assert_array_equal(sheet[8::16, 8::16].argmax(axis=2), kind[cells])  # each face in its cell


def test_the_seed_decides_which_faces_and_where(tmp_path, clusters):
    mu, pixels, _ = clusters
    first, again, other = (latent_mosaic(tmp_path / f"{i}.jpg", mu, pixels.__getitem__, images=50, seed=seed)
                           for i, seed in enumerate((3, 3, 4)))
    np.testing.assert_array_equal(first, again)
    assert (tmp_path / "0.jpg").read_bytes() == (tmp_path / "1.jpg").read_bytes()
    assert first.shape == (7, 7) and set(first.ravel()) != set(other.ravel())
    assert Image.open(tmp_path / "0.jpg").format == "JPEG"


def test_only_the_faces_that_are_drawn_are_asked_for(tmp_path, clusters):
    mu, pixels, _ = clusters
    asked = []
    cells = latent_mosaic(tmp_path / "m.png", mu, lambda rows: asked.append(rows) or pixels[rows], images=50)
    assert [rows.tolist() for rows in asked] == [cells.ravel().tolist()] and cells.size == 49


def test_points_on_a_grid_keep_their_places():
    row, column = np.divmod(np.arange(25), 5)
    order = np.random.default_rng(0).permutation(25)
    points = 3.0 * np.stack([column, -row], axis=1)[order] - 7
    np.testing.assert_array_equal(order[to_grid(points, 5)].ravel(), np.arange(25))


@pytest.mark.parametrize("count", [1, 3, 5, 9])
def test_very_few_faces_make_a_small_square(tmp_path, clusters, count):
    mu, pixels, _ = clusters
    side = int(count**0.5)
    cells = latent_mosaic(tmp_path / "m.png", mu[:count], pixels.__getitem__)
    assert cells.shape == (side, side) and Image.open(tmp_path / "m.png").size == (16 * side, 16 * side)


def test_no_face_is_said(tmp_path, clusters):
    mu, pixels, _ = clusters
    with pytest.raises(InputError, match="no face"):
        latent_mosaic(tmp_path / "m.png", mu[:0], pixels.__getitem__)
