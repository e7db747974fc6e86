"""The figures drawn with matplotlib: correlation, training curves, accuracies."""

import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pipeline.figures import style
from pipeline.figures.correlation import correlation
from pipeline.figures.entanglement import entanglement
from pipeline.figures.svm_bars import svm_bars
from pipeline.figures.training_curves import PLOTTED, curves_of_all, training_curves
from pipeline.figures.view_gains import view_gains
from pipeline.vocabulary import ATTRIBUTES
from tests.clone import PROJECT

NAMES = ATTRIBUTES[:13]


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
        correlation(tmp_path / "c.png", {"Attribute vectors": matrix}, NAMES)
        pictures[name] = load(tmp_path / "c.png")
    assert pictures["none"].shape == (1200, 1800, 3) and all(whole(picture) for picture in pictures.values())
    (none, none_red), (strong, _) = blue_and_red(pictures["none"]), blue_and_red(pictures["strong"])
    assert strong > 3 * none
    assert blue_and_red(pictures["negative"])[1] > 3 * none_red and blue_and_red(pictures["negative"])[0] <= none
    ink = {name: (picture < 250).any(axis=2).sum() for name, picture in pictures.items()}
    assert ink["none"] < ink["weak"] < ink["strong"]


def test_correlation_marks_what_is_absent(tmp_path):
    matrix = np.eye(13)
    correlation(tmp_path / "a.png", {"a": matrix}, NAMES)
    matrix[4] = matrix[:, 4] = np.nan
    correlation(tmp_path / "b.png", {"a": matrix}, NAMES)
    assert blue_and_red(load(tmp_path / "b.png"))[0] < blue_and_red(load(tmp_path / "a.png"))[0]
    with pytest.raises(ValueError):
        correlation(tmp_path / "a.png", {"a": matrix}, NAMES[:5])


def test_correlations_stand_side_by_side_with_whole_labels(tmp_path):
    strong = np.full((13, 13), 0.9)
    correlation(tmp_path / "c.png", {"Attribute vectors": strong, "Labels": -strong}, ATTRIBUTES[12:25])  # long names
    picture = load(tmp_path / "c.png")
    assert picture.shape == (1200, 1800, 3) and whole(picture)
    left, right = picture[100:960, 200:960], picture[100:960, 1040:]  # without the colour bar
    assert blue_and_red(left)[0] > 1000 > blue_and_red(left)[1]
    assert blue_and_red(right)[1] > 1000 > blue_and_red(right)[0]


LONG = ("wears_a_very_broad_and_friendly_smile_indeed", "Donaudampfschifffahrtsgesellschaftskapitän", "Очки")


@pytest.mark.parametrize("count", [2, 7, 21, 60])
def test_matrices_of_any_number_of_attributes_are_whole_with_long_names(tmp_path, count):
    names = (*LONG, *(f"quality_{name}" for name in ATTRIBUTES), *ATTRIBUTES)[:count]
    matrix = np.linspace(-1, 1, count * count).reshape(count, count)
    correlation(tmp_path / "c.png", {"Attribute vectors": matrix, "Labels": -matrix}, names)
    entanglement(tmp_path / "e.png", np.abs(matrix), names)
    for name in ("c", "e"):
        picture = load(tmp_path / f"{name}.png")
        assert picture.shape[1] == 2 * style.WIDTH and whole(picture), name


def test_a_long_name_ends_in_an_ellipsis():
    assert style.name_of("Mouth_Slightly_Open") == "Mouth Slightly Open"
    assert style.name_of(LONG[0]) == "wears a very broad and frie…" and len(style.name_of(LONG[1])) == 28


def test_entanglement_shows_shares_and_marks_what_is_absent(tmp_path):
    pictures = {}
    for name, share in {"none": 0.0, "half": 0.5, "all": 1.0, "absent": np.nan}.items():
        matrix = np.zeros((40, 40))
        matrix[10:14, 20:24] = share
        np.fill_diagonal(matrix, 1)
        entanglement(tmp_path / "e.png", matrix, ATTRIBUTES)
        pictures[name] = load(tmp_path / "e.png")
    assert pictures["none"].shape == (1840, 1800, 3) and all(whole(picture) for picture in pictures.values())
    dark = {name: (picture[:1600].sum(axis=2) < 450).sum() for name, picture in pictures.items()}
    blue = {name: blue_and_red(picture[:1600])[0] for name, picture in pictures.items()}
    assert blue["none"] == blue["absent"] == 0, "the diagonal is a dot, not a shade"
    assert blue["half"] > 16 * 500 and dark["all"] > dark["half"] + 16 * 500
    ink = {name: (picture[:1600] < 200).any(axis=2).sum() for name, picture in pictures.items()}
    assert ink["absent"] > ink["none"], "crosses"
    with pytest.raises(ValueError):
        entanglement(tmp_path / "e.png", matrix, ATTRIBUTES[:5])


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


def panels(path):
    """Runs of columns with blue or red in the upper half of the axes: the panels side by side that have curves."""
    picture = load(path)
    top = picture[120:520]
    red, green, blue = np.moveaxis(top, -1, 0)
    coloured = ((abs(red - blue) > 60) | (abs(green - blue) > 60)).any(axis=0)
    gaps = np.split(np.flatnonzero(coloured), np.flatnonzero(np.diff(np.flatnonzero(coloured)) > 60) + 1)
    return len([run for run in gaps if len(run)])


def test_training_curves_of_one_epoch_and_of_few_columns_have_no_empty_panels(tmp_path):
    training_curves(tmp_path / "t.png", pd.DataFrame({"epoch": [1], "loss": [3.0], "pixel": [2.0]}), "PVAE")
    picture = load(tmp_path / "t.png")
    assert picture.shape == (840, 1800, 3) and whole(picture)
    assert blue_and_red(picture[:, 700:1100])[0] > 0, "one panel, as wide as the figure"
    with pytest.raises(ValueError, match="only epoch, seconds"):
        training_curves(tmp_path / "t.png", pd.DataFrame({"epoch": [1], "seconds": [3.0]}), "PVAE")


def test_the_terms_are_the_columns_of_the_history(tmp_path):
    """Every further one has a curve; the columns that every history has, whatever the loss, have none."""
    epoch = np.arange(1, 6)
    history = pd.DataFrame({"epoch": epoch, "pixel": 900 / epoch})
    training_curves(tmp_path / "one.png", history, "VAE-123")
    bare = history.assign(step=10 * epoch, learning_rate=0.1 / epoch, images_per_second=50.0, seconds=1.0 * epoch)
    training_curves(tmp_path / "bare.png", bare, "VAE-123")
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "bare.png").read_bytes()
    training_curves(tmp_path / "two.png", history.assign(relu3_1=500 / epoch), "VAE-123")
    red = [blue_and_red(load(tmp_path / f"{name}.png"))[1] for name in ("one", "two")]
    assert red[1] > red[0] + 100, "the second term's colour"


def test_the_curves_of_all_variants_stand_in_one_table():
    histories = {"DCGAN": pd.DataFrame({"epoch": [1, 2], "loss": [3.0, 2.0]}),
                 "VAE-123": pd.DataFrame({"epoch": [1], "kl": [5.0], "loss": [9.0]})}
    table = curves_of_all(histories)
    assert list(table.columns) == ["variant", "epoch", *PLOTTED, "loss"]
    assert table["variant"].tolist() == ["DCGAN", "DCGAN", "VAE-123"] and table["loss"].tolist() == [3.0, 2.0, 9.0]
    assert table["kl"].isna().tolist() == [True, True, False] and table["wasserstein"].isna().all()


def test_dvc_yaml_plots_columns_that_are_always_there():
    plots = (PROJECT / "dvc.yaml").read_text().split("\nstages:")[0]
    assert set(re.findall(r"curves.csv: (\w+)", plots)) == set(PLOTTED)


EPOCH = np.arange(1, 6)
VAE = {"epoch": EPOCH, "loss": 900 / EPOCH, "kl": 10.0 + EPOCH, "active_units": 90 + EPOCH}


def test_a_second_row_shows_the_contest_with_a_critic(tmp_path):
    critic = {"wasserstein": 5 - 2.0 * EPOCH, "valid_wasserstein": 6 - 2.0 * EPOCH, "gradient_norm": 1 - 0.3 / EPOCH,
              "adversarial_ratio": 0.02 * EPOCH, "critic": EPOCH - 9.0, "adversarial": 3.0 - EPOCH,
              "gradient_penalty": 1 / EPOCH, "reconstruction_gradient": 1e6 * EPOCH}
    training_curves(tmp_path / "t.png", pd.DataFrame(VAE | critic), "VAE-WGAN", 100)
    picture = load(tmp_path / "t.png")
    assert picture.shape == (1680, 1800, 3) and whole(picture)
    for row in np.array_split(picture, 2):
        assert min(blue_and_red(part)[0] for part in np.array_split(row, 3, axis=1)) > 100
    without = {name: column for name, column in critic.items() if name not in ("gradient_norm", "adversarial_ratio")}
    training_curves(tmp_path / "fewer.png", pd.DataFrame(VAE | without), "VAE-WGAN", 100)
    place_of_the_third = load(tmp_path / "fewer.png")[940:, 1300:]
    assert (place_of_the_third > 250).all(), "weights that are clipped have no gradient norm: no panel"
    only_drawn = {name: column for name, column in critic.items() if "penalty" not in name and "reconstr" not in name}
    training_curves(tmp_path / "same.png", pd.DataFrame(VAE | only_drawn), "VAE-WGAN", 100)
    assert (tmp_path / "same.png").read_bytes() == (tmp_path / "t.png").read_bytes()


def test_a_generator_has_its_losses_and_the_scores_and_nothing_else(tmp_path):
    history = pd.DataFrame({"epoch": EPOCH, "loss": 2.0 + EPOCH, "discriminator": 1.3 - 0.1 * EPOCH,
                            "adversarial": 2.0 + EPOCH, "real_score": 0.5 + 0.05 * EPOCH,
                            "fake_score": 0.5 - 0.05 * EPOCH})
    training_curves(tmp_path / "t.png", history, "DCGAN", latent_dim=100)
    picture = load(tmp_path / "t.png")
    assert picture.shape == (840, 1800, 3) and whole(picture) and panels(tmp_path / "t.png") == 2


def test_svm_bars_show_every_variant_once_with_one_set_of_views(tmp_path):
    def rows(gain):
        return pd.DataFrame({"attribute": ATTRIBUTES, "majority": 0.7, "accuracy": 0.7 + np.linspace(0, gain, 40)})

    svm_bars(tmp_path / "s.png", {"PVAE": {"aligned": rows(0.1)},
                                  "VAE-123": {"multi_view": rows(0.25), "aligned": rows(0.2), "landmark": rows(0.1)},
                                  "VAE-123 + VAE-345": {"all_views": rows(0.28)}, "DCGAN": {}}, "aligned")
    picture = load(tmp_path / "s.png")
    assert picture.shape[1] == 2 * style.WIDTH and picture.shape[0] > 40 * 2 * 20 and whole(picture)
    blue, red = blue_and_red(picture)
    assert 0.5 * blue < red < 1.5 * blue, "one set in blue, one in vermilion"
    svm_bars(tmp_path / "same.png", {"PVAE": {"aligned": rows(0.1)}, "VAE-123": {"aligned": rows(0.2)}}, "aligned")
    assert (tmp_path / "s.png").read_bytes() == (tmp_path / "same.png").read_bytes()


def test_svm_bars_draw_baselines_in_grey_and_change_nothing_else(tmp_path):
    def rows(gain):
        return pd.DataFrame({"attribute": ATTRIBUTES, "majority": 0.7, "accuracy": 0.7 + np.linspace(0, gain, 40)})

    ours = {"PVAE": {"aligned": rows(0.1)}}
    svm_bars(tmp_path / "without.png", ours, "aligned")
    svm_bars(tmp_path / "with.png", ours, "aligned", {"PCA": {"landmark": rows(0.05)}})
    without, beside = load(tmp_path / "without.png"), load(tmp_path / "with.png")
    assert whole(beside) and blue_and_red(beside)[0] == pytest.approx(blue_and_red(without)[0], rel=0.05)
    svm_bars(tmp_path / "other.png", ours, "aligned", {"PCA": {"landmark": rows(0.2)}})
    assert (tmp_path / "other.png").read_bytes() != (tmp_path / "with.png").read_bytes()


def test_svm_bars_leave_out_what_has_no_score_and_all_but_the_most_frequent(tmp_path):
    names = [f"a{number}" for number in range(80)]
    rows = pd.DataFrame({"attribute": names, "majority": 0.7, "accuracy": 0.7 + np.linspace(0, 0.2, 80),
                         "positives": range(80)})
    svm_bars(tmp_path / "80.png", {"PVAE": {"aligned": rows}}, "aligned")
    svm_bars(tmp_path / "60.png", {"PVAE": {"aligned": rows[20:]}}, "aligned")
    height = load(tmp_path / "60.png").shape[0]
    assert load(tmp_path / "80.png").shape[0] == height
    assert (tmp_path / "80.png").read_bytes() != (tmp_path / "60.png").read_bytes(), "averages are over all"
    rows.loc[rows.index >= 2, ["majority", "accuracy"]] = np.nan
    svm_bars(tmp_path / "2.png", {"PVAE": {"aligned": rows}}, "aligned", {"PCA": {"aligned": rows}})
    assert whole(load(tmp_path / "2.png")) and load(tmp_path / "2.png").shape[0] == height - 2 * 23 * 58
    svm_bars(tmp_path / "0.png", {"PVAE": {"aligned": rows[2:]}}, "aligned")
    assert not (tmp_path / "0.png").exists()


def gains_table(*accuracies):
    """Steps a, + b, + c …, each over the one before; balanced accuracy 0.2 lower."""
    names = ["a", "+ b", "+ c"][:len(accuracies)]
    return pd.DataFrame({"step": names, "over": ["", *names[:-1]], "accuracy": accuracies,
                         "balanced_accuracy": np.subtract(accuracies, 0.2), "majority": 0.8})


def test_view_gains_show_gains_and_losses_in_two_colours(tmp_path):
    pictures = []
    for number, accuracies in enumerate([(0.85, 0.86, 0.88), (0.85, 0.84, 0.82)]):
        view_gains(tmp_path / f"{number}.png", gains_table(*accuracies), "VAE-123")
        pictures.append(load(tmp_path / f"{number}.png"))
    (gain_blue, gain_red), (loss_blue, loss_red) = map(blue_and_red, pictures)
    assert pictures[0].shape[1] == 2 * style.WIDTH and all(whole(picture) for picture in pictures)
    assert gain_blue > 2 * loss_blue > 0 and loss_red > 2 * gain_red > 0, "the legend is in both"
    heights = [load(tmp_path / f"{number}.png").shape[0] for number in range(2)]
    view_gains(tmp_path / "one.png", gains_table(0.85), "VAE-123")
    assert heights[0] == heights[1] > load(tmp_path / "one.png").shape[0]
