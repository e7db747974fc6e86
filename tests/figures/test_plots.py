"""The figures drawn with matplotlib: correlation, training curves, accuracies."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pipeline.attribute_vectors import FIGURE7_ATTRIBUTES
from pipeline.data.attributes import ATTRIBUTES
from pipeline.figures import style
from pipeline.figures.correlation import correlation
from pipeline.figures.svm_bars import svm_bars
from pipeline.figures.training_curves import training_curves


def load(path):
    image = Image.open(path)
    assert not {"Software", "Creation Time"} & set(image.info)
    return np.asarray(image.convert("RGB")).astype(int)


def blue_and_red(pixels):
    red, _, blue = np.moveaxis(pixels, -1, 0)
    return int(np.sum(blue > red + 60)), int(np.sum(red > blue + 60))


def whole(pixels):
    """Nothing touches the border, where it would be cut."""
    ink = (pixels < 250).any(axis=2)
    return not (ink[0].any() or ink[-1].any() or ink[:, 0].any() or ink[:, -1].any())


def test_correlation_shows_sign_and_strength(tmp_path):
    pictures = {}
    for name, r in {"none": 0.0, "weak": 0.2, "strong": 0.9, "negative": -0.9}.items():
        matrix = np.full((13, 13), r)
        np.fill_diagonal(matrix, 1)
        correlation(tmp_path / "c.png", matrix, FIGURE7_ATTRIBUTES)
        pictures[name] = load(tmp_path / "c.png")
    assert pictures["none"].shape == (1440, 1560, 3) and all(whole(picture) for picture in pictures.values())
    (none, none_red), (strong, _) = blue_and_red(pictures["none"]), blue_and_red(pictures["strong"])
    assert strong > 3 * none
    assert blue_and_red(pictures["negative"])[1] > 3 * none_red and blue_and_red(pictures["negative"])[0] <= none
    ink = {name: (picture < 250).any(axis=2).sum() for name, picture in pictures.items()}
    assert ink["none"] < ink["weak"] < ink["strong"]


def test_correlation_marks_what_is_absent(tmp_path):
    matrix = np.eye(13)
    correlation(tmp_path / "a.png", matrix, FIGURE7_ATTRIBUTES)
    matrix[4] = matrix[:, 4] = np.nan
    correlation(tmp_path / "b.png", matrix, FIGURE7_ATTRIBUTES)
    assert blue_and_red(load(tmp_path / "b.png"))[0] < blue_and_red(load(tmp_path / "a.png"))[0]
    with pytest.raises(ValueError):
        correlation(tmp_path / "a.png", matrix, FIGURE7_ATTRIBUTES[:5])


def test_training_curves(tmp_path):
    epoch = np.arange(1, 6)
    history = pd.DataFrame({"epoch": epoch, "loss": 900 / epoch, "valid_loss": 950 / epoch, "rec": 80 / epoch,
                            "kl": 10.0 + epoch, "active_units": 20 * epoch})
    training_curves(tmp_path / "t.png", history, "VAE-123", latent_dim=100)
    picture = load(tmp_path / "t.png")
    assert picture.shape == (840, 1800, 3) and whole(picture)
    thirds = [blue_and_red(part)[0] for part in np.array_split(picture, 3, axis=1)]
    assert min(thirds) > 100, "a blue line in every panel"
    training_curves(tmp_path / "again.png", history, "VAE-123", latent_dim=100)
    assert (tmp_path / "t.png").read_bytes() == (tmp_path / "again.png").read_bytes()


def test_training_curves_of_one_epoch_and_of_few_columns(tmp_path):
    training_curves(tmp_path / "t.png", pd.DataFrame({"epoch": [1], "loss": [3.0]}), "PVAE")
    picture = load(tmp_path / "t.png")
    assert blue_and_red(picture[:, :600])[0] > 0 and blue_and_red(picture[:, 600:])[0] == 0


def test_svm_bars_show_every_variant_and_view(tmp_path):
    def rows(gain):
        return pd.DataFrame({"attribute": ATTRIBUTES, "majority": 0.7, "accuracy": 0.7 + np.linspace(0, gain, 40)})

    svm_bars(tmp_path / "s.png", {"PVAE": {"aligned": rows(0.1)},
                                  "VAE-123": {"aligned": rows(0.2), "landmark": rows(0.25)}})
    picture = load(tmp_path / "s.png")
    assert picture.shape[1] == 2 * style.WIDTH and picture.shape[0] > 40 * 2 * 20 and whole(picture)
    blue, red = blue_and_red(picture)
    assert red > 1.5 * blue > 0, "one view in blue, two in vermilion"
