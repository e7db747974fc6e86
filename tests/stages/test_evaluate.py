"""The stage evaluate: what it writes on attribute vectors, with a model that was never trained."""

import numpy as np
import pandas as pd
import pytest

from pipeline import paths
from pipeline.config.loading import load_params
from pipeline.config.plans import AttributesPlan, EvaluatePlan
from pipeline.evaluation.features import load_features
from pipeline.files.json_file import write_json
from pipeline.tracking.runs import flatten
from pipeline.vocabulary import ATTRIBUTES
from stages import attributes, evaluate
from tests import tiny


def plan(**changes) -> EvaluatePlan:
    return EvaluatePlan(**dict(load_params().evaluate) | {"svm_c": [0.01, 1.0]} | changes, reference_rms={})


@pytest.fixture
def vectors(planned):
    """The stage attributes has run for dfc."""
    write_json(paths.section_plan("attributes"), AttributesPlan(**dict(load_params().attributes), seed=0).model_dump())
    attributes.compute(tiny.variant("dfc"))
    paths.EVALUATION.joinpath("dfc").mkdir(parents=True)


def test_flips_are_written_and_their_means_are_metrics(vectors):
    scores = {"aligned": {"C": 1.0}}
    metrics = evaluate.score_attribute_vectors(tiny.variant("dfc"), plan(decoded_faces=2), scores)
    table = pd.read_csv(paths.flips("dfc"))
    entanglement = pd.read_csv(paths.entanglement("dfc"), index_col="attribute")
    assert tuple(table["attribute"]) == tuple(entanglement.index) == tuple(entanglement.columns) == ATTRIBUTES
    test_images = (load_features(["dfc"], ["aligned"]).splits == "test").sum()
    assert (table["yes"] + table["no"] == test_images).all()
    measured = table["note"].isna()
    assert 0 < measured.sum() == metrics["flips"]["attributes"]
    assert (table.loc[measured, "decoded_faces"] == min(2, test_images)).all()
    assert flatten(metrics)["flips/median_alpha"] == pytest.approx(table["median_alpha"].mean())
    assert flatten(metrics)["vector_correlation/pairs"] <= 13 * 12 / 2
    labels = pd.read_csv(paths.label_correlation("dfc"), index_col="attribute")
    assert list(labels.columns) == list(pd.read_csv(paths.attribute_correlation("dfc"), index_col="attribute").columns)


def test_c_is_that_of_the_set_that_has_the_view_aligned_alone(vectors):
    features = load_features(["dfc"], ["aligned"])
    sets = {"both": ["aligned", "eyes"], "alone": ["aligned"]}
    weights = [evaluate.aligned_svms(features, plan(view_sets=sets), {"both": {"C": 1.0}, "alone": {"C": C}}).weights
               for C in (0.01, 1.0)]
    assert np.abs(weights[0] - weights[1]).max() > 1e-3


def test_no_test_image_has_a_part_in_the_svms(vectors):
    """Without such a set, C is chosen on the validation images."""
    features = load_features(["dfc"], ["aligned"])
    chosen = evaluate.aligned_svms(features, plan(view_sets={"other": ["eyes"]}), {}).weights
    test = features.splits == "test"
    features.x[test] = np.random.default_rng(0).permutation(features.x[test]) + 5
    np.testing.assert_array_equal(
        evaluate.aligned_svms(features, plan(view_sets={"other": ["eyes"]}), {}).weights, chosen)
