"""Labels join latents by image id: latents in another order give the same tables."""

import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from pipeline import paths
from pipeline.config.loading import load_params
from pipeline.config.plans import AttributesPlan, EvaluatePlan, ViewGainsPlan
from pipeline.files.json_file import write_json
from pipeline.latent_space.attribute_vectors import read_attribute_vectors
from pipeline.latent_space.latents import read_latents
from stages import attributes, evaluate, view_gains
from tests import tiny


@pytest.fixture
def shuffle(planned):
    """Return a function that writes the latents of dfc in another order."""
    params = load_params()
    # All images of each class, so that attribute vectors do not depend on which rows are drawn.
    write_json(paths.section_plan("attributes"),
               AttributesPlan(**dict(params.attributes) | {"per_class": 1000}, seed=0).model_dump())
    write_json(paths.section_plan("view_gains"), ViewGainsPlan(
        **dict(params.view_gains) | {"variants": ["dfc"], "views": ["aligned"]}, labels={"dfc": "VAE-1"}).model_dump())

    def write() -> None:
        path = paths.latents("dfc")
        table = pq.read_table(path)
        order = np.random.default_rng(0).permutation(len(table))
        assert (np.diff(order) != 1).any()
        pq.write_table(table.take(order), path)

    return write


def test_attribute_vectors_do_not_depend_on_the_order_of_latents(shuffle):
    attributes.compute(tiny.variant("dfc"))
    before = read_attribute_vectors(paths.attribute_vectors("dfc"))
    shuffle()
    attributes.compute(tiny.variant("dfc"))
    after = read_attribute_vectors(paths.attribute_vectors("dfc"))
    np.testing.assert_allclose(after.vectors, before.vectors, rtol=1e-5, atol=1e-7)
    assert np.isfinite(before.vectors).any()
    np.testing.assert_array_equal(after.positives, before.positives)


def test_scores_of_svms_do_not_depend_on_the_order_of_latents(shuffle):
    plan = EvaluatePlan(**dict(load_params().evaluate) | {"view_sets": {"aligned": ["aligned"]}, "svm_c": [0.1, 1.0],
                                                           "lpips": None}, reference_rms={}, seed=0)
    paths.EVALUATION.joinpath("dfc").mkdir(parents=True)

    def scores() -> tuple[pd.DataFrame, pd.DataFrame]:
        shutil.copytree(paths.LATENTS / "dfc", paths.FEATURES / "dfc", dirs_exist_ok=True)
        evaluate.score_latents(tiny.variant("dfc"), plan, read_latents(paths.latents("dfc", "aligned")))
        view_gains.main()
        return pd.read_csv(paths.svm_table(paths.EVALUATION / "dfc", "aligned")), pd.read_csv(paths.GAINS_TABLE)

    before = scores()
    shuffle()
    for table, table_before in zip(scores(), before, strict=True):
        pd.testing.assert_frame_equal(table, table_before)
