"""What each view adds: the feature sets that are compared, and their scores."""

import numpy as np
import pandas as pd
import pytest

from pipeline.data.attributes import all_known, no_attributes
from pipeline.evaluation import svm
from pipeline.evaluation.features import load_features
from pipeline.evaluation.view_gains import plan_steps, score_view_gains
from pipeline.vocabulary import ATTRIBUTES
from tests.evaluation.test_features import write_latents

LABELS = {"dfc": "VAE-123", "dfc_345": "VAE-345"}
IMAGES = 300


def test_steps_add_views_then_variants_then_the_first_view_of_all_variants():
    steps = plan_steps(["dfc", "dfc_345"], ["aligned", "eyes", "mouth"], LABELS)
    assert [(step.name, step.over) for step in steps] == [
        ("aligned", ""), ("+ eyes", "aligned"), ("+ mouth", "+ eyes"), ("+ VAE-345", "+ mouth"),
        ("aligned of VAE-123 + VAE-345", "aligned")]
    assert [(step.variants, step.views) for step in steps[1:4]] == [
        (("dfc",), ("aligned", "eyes")), (("dfc",), ("aligned", "eyes", "mouth")),
        (("dfc", "dfc_345"), ("aligned", "eyes", "mouth"))]
    assert steps[-1][2:4] == (("dfc", "dfc_345"), ("aligned",))
    assert [step.table for step in steps] == [None, None, None, "all_views", "aligned"]


def test_one_variant_or_one_view_is_not_scored_twice():
    assert [step.name for step in plan_steps(["dfc"], ["eyes", "mouth"], LABELS)] == ["eyes", "+ mouth"]
    steps = plan_steps(["dfc", "dfc_345"], ["eyes"], LABELS)
    assert [(step.name, step.table) for step in steps] == [("eyes", None), ("+ VAE-345", "eyes")]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """One latent per view and variant, each with information that the others lack; and attributes from all of them."""
    root, random = tmp_path_factory.mktemp("latents"), np.random.default_rng(0)
    known = random.standard_normal((IMAGES, 4)).astype(np.float32)
    for number, (variant, view) in enumerate([("dfc", "aligned"), ("dfc", "eyes"), ("dfc_345", "aligned"),
                                              ("dfc_345", "eyes")]):
        write_latents(root, variant, view, known[:, [number]],
                      splits=["train"] * 150 + ["valid"] * 50 + ["test"] * 100)
    return root, all_known(ATTRIBUTES, np.repeat(known.sum(axis=1, keepdims=True) > 0, 40, axis=1))


def test_every_row_scores_its_own_features(root):
    latents, attributes = root
    variants, views = ["dfc", "dfc_345"], ["aligned", "eyes"]
    gains, combined = score_view_gains(load_features(variants, views, latents), attributes,
                                       plan_steps(variants, views, LABELS), [0.01, 1.0])
    assert list(gains.columns) == ["step", "over", "variants", "views", "dimensions", "C", "accuracy",
                                   "balanced_accuracy", "majority", "valid_accuracy", "note"]
    assert gains["valid_accuracy"][3] == combined["aligned"]["valid_accuracy"].mean() and set(gains["note"]) == {""}
    assert gains["dimensions"].tolist() == [1, 2, 4, 2]
    assert gains["variants"].tolist() == ["dfc", "dfc", "dfc dfc_345", "dfc dfc_345"]
    assert gains["views"].tolist() == ["aligned", "aligned eyes", "aligned eyes", "aligned"]
    assert gains["accuracy"][2] > gains["accuracy"][1] + 0.05 > gains["accuracy"][0] + 0.1
    features = load_features(variants, ["aligned"], latents)
    rows = svm.evaluate(features.x, attributes, features.splits, [0.01, 1.0])
    assert set(combined) == {"aligned", "all_views"}
    pd.testing.assert_frame_equal(combined["aligned"], rows)
    assert gains["accuracy"][3] == rows["accuracy"].mean() and gains["C"][3] == rows["C"][0]
    assert combined["all_views"]["accuracy"].mean() == gains["accuracy"][2]


def test_without_attributes_the_tables_have_their_headers(root):
    latents, attributes = root
    variants, views = ["dfc", "dfc_345"], ["aligned", "eyes"]
    features, steps = load_features(variants, views, latents), plan_steps(variants, views, LABELS)
    gains, combined = score_view_gains(features, no_attributes(IMAGES), steps, [0.01, 1.0])
    whole, tables = score_view_gains(features, attributes, steps, [0.01])
    assert gains.empty and list(gains) == list(whole)
    assert set(combined) == set(tables)
    for name, rows in combined.items():
        assert rows.empty and list(rows) == list(tables[name])
