"""Sentences for the user."""

from pathlib import Path

import pytest

from pipeline.messages import baseline_scored, evaluated, flips, reported, views_added, without_password


def test_a_uri_is_shown_without_its_password():
    assert without_password("postgresql://me:secret@host/db") == "postgresql://host/db"
    assert without_password("sqlite:////a/b@c.db") == "sqlite:////a/b@c.db"


def test_the_last_line_of_view_gains_names_the_step_chosen_on_validation_and_not_the_best():
    steps = [{"step": "aligned", "accuracy": 0.9, "dimensions": 100, "C": 1.0, "majority": 0.8},
             {"step": "+ eyes", "accuracy": 0.85, "dimensions": 200, "C": 0.1, "majority": 0.8}]
    assert views_added("VAE-123", Path("view_gains"), steps, "+ eyes") == (
        "view_gains: SVM accuracy 90.0% with view aligned of VAE-123; chosen on validation: + eyes, 85.0% "
        "(200 dimensions, C 0.1); majority class 80.0%")
    assert "chosen" not in views_added("VAE-123", Path("view_gains"), steps, "")


def test_the_last_line_of_report_has_every_variant_with_one_set_of_views():
    said = reported(Path("report/index.html"), 5, "landmark", {"PVAE": 0.8, "VAE-123": 0.861}, "with random weights")
    assert said == ("report/index.html: 5 variants; average SVM accuracy, landmark: PVAE 80.0%, VAE-123 86.1%; "
                    "loss network with random weights")
    assert "/index.html: 1 variant; average" in reported(Path("report/index.html"), 1, "landmark", {}, "")


@pytest.mark.parametrize(("kappa", "images", "expected"), [
    (0.256, 246, "92.4% of the SVMs' answers kept (85.7% by chance, κ 0.26), over 246 test images"),
    (None, 1, "92.4% of the SVMs' answers kept (85.7% by chance), over 1 test image")])
def test_the_last_line_of_evaluate_says_what_answers_kept_are_worth(kappa, images, expected):
    said = evaluated("VAE-123", Path("evaluation/dfc"), {
        "svm": {"aligned": {"accuracy": 0.847, "C": 1.0, "majority": 0.805}},
        "reconstruction": {"psnr": 18.6, "ssim": 0.42, "feature_distance": 19248.0, "images": images},
        "preservation": {"agreement": 0.9243, "chance": 0.857, "kappa": kappa, "attributes": 35}})
    assert said.endswith(expected)


def test_what_is_not_defined_is_not_measured_and_without_attributes_there_are_reconstructions():
    quality = {"psnr": 18.6, "ssim": 0.42, "feature_distance": 19248.0, "images": 246}
    assert evaluated("VAE-123", Path("evaluation/dfc"), {
        "svm": {}, "reconstruction": quality, "preservation": {}, "flips": {}}) == (
        "evaluation/dfc: reconstructions of VAE-123: PSNR 18.60 dB, SSIM 0.420, feature distance 19248, over 246 test "
        "images")
    unknown = dict.fromkeys(("accuracy", "balanced_accuracy", "majority"), float("nan")) | {"C": 0.1}
    said = (evaluated("VAE-123", Path("evaluation/dfc"), {
        "svm": {"aligned": unknown}, "reconstruction": quality,
        "preservation": {"agreement": float("nan"), "chance": float("nan"), "kappa": None, "attributes": 0}}),
        baseline_scored(Path("baselines/pca.csv"), "PCA", "aligned", unknown, 300))
    assert all("not measured" in one and "nan" not in one for one in said)


def test_the_flips_of_one_attribute_flip_no_other():
    averages = {"median_alpha": 1.25, "flipped": 0.5, "others": None, "decoded": None, "unmoved": None, "kept": None}
    assert flips(Path("evaluation/dfc"), averages | {"attributes": 1}) == (
        "evaluation/dfc: over 1 attribute vector, the SVM's answer flips at a mean median α of 1.25, within α ≤ 1 for "
        "50.0% of the test faces")
    several = flips(Path("evaluation/dfc"), averages | {"others": 0.03, "attributes": 9})
    assert "test faces, and 3.0% of the other answers with it" in several
