"""The figure of the posterior by latent dimension."""

import numpy as np
import pandas as pd
from PIL import Image

from pipeline.figures.posterior import posterior
from tests.figures.test_plots import blue_and_red, whole


def drawn(path, rejected):
    rows = pd.DataFrame({"kl": np.linspace(0, 2, 20), "deviation": 1.0, "ks": 0.1, "rejected": rejected})
    posterior(path, rows)
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def test_rejected_dimensions_have_the_second_colour(tmp_path):
    none, half, everything = (drawn(tmp_path / f"{name}.png", rejected) for name, rejected in (
        ("none", [False] * 20), ("half", [True, False] * 10), ("all", [True] * 20)))
    assert whole(half)
    assert blue_and_red(none)[1] == 0 and blue_and_red(everything)[0] == 0
    assert 0 < blue_and_red(half)[0] < blue_and_red(none)[0] and 0 < blue_and_red(half)[1] < blue_and_red(everything)[1]


def test_the_order_of_rows_does_not_matter(tmp_path):
    rows = pd.DataFrame({"kl": [0.1, 0.5, 0.3], "deviation": [1.0, 0.8, 1.2], "ks": [0.1, 0.2, 0.3],
                         "rejected": [False, True, False]})
    posterior(tmp_path / "a.png", rows)
    posterior(tmp_path / "b.png", rows.iloc[::-1])
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_dimensions_that_have_no_numbers_are_left_out(tmp_path):
    rows = pd.DataFrame({"kl": [np.nan, 0.5, 0.3], "deviation": [np.nan, 0.8, 1.2], "ks": [0.3, 0.3, 0.3],
                         "rejected": [True, False, False]})
    posterior(tmp_path / "some.png", rows)
    assert whole(np.asarray(Image.open(tmp_path / "some.png").convert("RGB")).astype(int))
