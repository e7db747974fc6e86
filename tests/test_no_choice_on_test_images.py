"""Nothing is chosen on test images: with other test images or labels every choice stays, and only scores change.

The stages are real, on 60 pictures and an untrained VAE. To have a further choice checked, add a line to `CHOICES`; to
have a further stage run, add it to `run_stages`; a further way to change the test images is a line in `CHANGES`.
"""

import contextlib
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from pipeline import paths
from pipeline.config.loading import load_params
from pipeline.config.plans import (
    AttributesPlan,
    BaselinesPlan,
    EvaluatePlan,
    LossNetworkPlan,
    ReportPlan,
    ViewGainsPlan,
    read_plan,
    read_variants,
)
from pipeline.data import shard_files, shards
from pipeline.data.attributes import all_known
from pipeline.evaluation import squared_hinge
from pipeline.evaluation.svm_file import read_svms
from pipeline.files.json_file import read_json, write_json
from pipeline.latent_space.encoding import encode_to_file
from pipeline.models.weights_file import load_model
from pipeline.report.contents import Report
from pipeline.report.gathering import gather_report
from pipeline.report.summary_table import summary_table
from pipeline.report.svm_tables import read_baseline_tables, read_svm_tables
from pipeline.report.table1 import MEASURES, build_table1
from pipeline.report.table1_layout import attribute_table
from pipeline.vocabulary import SPLITS
from pipeline.workspace.records import write_record
from stages import attributes, baselines, evaluate, features, photographs, samples, view_gains
from tests import tiny
from tests.stages.conftest import planned  # noqa: F401  # a fixture

VIEWS = ["aligned", "landmark", "eyes"]


class State(NamedTuple):
    """What the stages have left, and what they have said."""

    said: str
    report: Report
    svms: dict[str, pd.DataFrame]  # file → the rows of its SVMs


# What is chosen, in words → how to read it.
CHOICES: dict[str, Callable[[State], Any]] = {
    "the C of each set": lambda state: {file: rows["C"].tolist() for file, rows in state.svms.items()},
    "accuracies on validation": lambda state: {file: rows["valid_accuracy"].tolist()
                                               for file, rows in state.svms.items()},
    "notes of SVMs": lambda state: {file: rows["note"].tolist() for file, rows in state.svms.items()},
    "the fitted SVMs": lambda state: {file.stem: read_svms(file).svms.weights.tolist()
                                      for file in sorted(paths.EVALUATION.rglob("*.npz"))},
    "the set of each variant": lambda state: [variant.chosen_view_set for variant in state.report.variants],
    "what stands in the summary": lambda state: [
        [(heading.text, cell.small) for heading, cell in zip(table.headings, row, strict=True)
         if heading.text != "active units"]
        for table in [summary_table(state.report.variants)] for row in table.rows],
    "which sets Table 1 shows": lambda state: [
        (cell.text, cell.small, cell.css) for measure in MEASURES
        for cell in attribute_table(state.report.table1, measure).headings],
    "the step that view_gains names": lambda state: re.findall(r"chosen on validation: (.*?), \d", state.said),
    "gains in C and on validation": lambda state: state.report.gains[
        ["step", "C", "valid_accuracy", "note"]].to_json(),
    "warnings": lambda state: list(state.report.warnings),
    "notes of variants": lambda state: [list(variant.notes) for variant in state.report.variants],
    "attribute vectors": lambda state: pq.read_table(paths.attribute_vectors("dfc")).to_pylist(),
    "the health of the posterior": lambda state: paths.posterior_table("dfc").read_text(),
    "the mixture": lambda state: paths.mixture("dfc").read_bytes(),
}


def change_latents(random: np.random.Generator) -> None:
    """Permute the latents of the test images among these, in each view alike."""
    order = None
    for view in VIEWS:
        path = paths.latents("dfc", view)
        table = pq.read_table(path)
        rows = np.arange(len(table))
        test = np.flatnonzero(table["split"].to_numpy() == "test")
        order = random.permutation(len(test)) if order is None else order
        rows[test] = test[order]
        for name in ("mu", "logvar"):
            at = table.column_names.index(name)
            table = table.set_column(at, table.schema.field(at), pa.chunked_array([table[name].combine_chunks()
                                                                                  .take(pa.array(rows))]))
        pq.write_table(table, path)


def change_test(pixels: Callable[[np.ndarray], np.ndarray] = lambda pixels: pixels,
                labels: Callable[[np.ndarray], np.ndarray] = lambda labels: labels) -> None:
    """Change the pixels of the test images, uint8 N×3×S×S, and their labels, bool N×40, each by a function."""
    for view in VIEWS:
        test = shards.load(paths.SHARDS, view, "test")
        shard_files.write_part(paths.SHARDS, view, "test", 0, test.image_ids, pixels(test.pixels),
                               all_known(test.attributes.names, labels(test.attributes.values)), None, about={})


def encode_views(parts: str) -> None:
    """Write the latents of all images of the shards. parts: a folder for what is encoded, which is not done again."""
    model = load_model(paths.weights("dfc"), tiny.variant())
    for view in VIEWS:
        batches = [(split, *shards.load(paths.SHARDS, view, split)[:2]) for split in SPLITS]
        encode_to_file(paths.latents("dfc", view), model, batches, Path(f"{parts}-{view}"))


def change_photographs(random: np.random.Generator) -> None:
    """Stand the test photographs on their heads, in another order and with noise, and encode them."""
    def other(pixels: np.ndarray) -> np.ndarray:
        return random.permutation(pixels)[:, :, ::-1] // 2 + random.integers(0, 100, pixels.shape, np.uint8)

    change_test(pixels=other)
    encode_views("other")


CHANGES: dict[str, Callable[[np.random.Generator], None]] = {
    "latents permuted": change_latents,
    "other photographs": change_photographs,
    "labels scrambled": lambda random: change_test(labels=lambda labels: random.permuted(labels, axis=0)),
    "labels turned over": lambda random: change_test(labels=lambda labels: ~labels),  # the best set is the worst
}


@pytest.fixture
def seeded():
    """Draw the same weights whatever test has run before; `planned` builds models afterwards."""
    torch.manual_seed(0)


@pytest.fixture
def project(seeded, planned, monkeypatch):  # noqa: F811
    """A working directory before the stages that score, with SVMs that stop early, so that some have not converged."""
    params = load_params()
    view_sets = {"aligned": ["aligned"], "landmark": ["landmark"], "both": VIEWS[:2]}
    for plan in (
        EvaluatePlan(**dict(params.evaluate) | {"view_sets": view_sets, "svm_c": [1.0, 0.01, 0.1],
                                                "feature_layers": ["relu1_1"], "lpips": None},
                     reference_rms={"relu1_1": 50.2}, seed=0),
        ViewGainsPlan(**dict(params.view_gains) | {"variants": ["dfc"], "views": VIEWS, "svm_c": [0.1, 0.01]},
                      labels={"dfc": "VAE-1"}),
        AttributesPlan(**dict(params.attributes), seed=0),
        BaselinesPlan(view="landmark", methods=["pca", "untrained", "supervised"], supervised_epochs=2,
                      svm_c=[1.0, 0.01], image_size=tiny.SIZE, latent_dim=4, channels=[4, 4, 8, 8], layers=[],
                      train_seed=0, seed=0),
        LossNetworkPlan(source="random", width=1.0, file=None, calibration_images=8, seed=0),
    ):
        write_json(paths.section_plan(plan.section), plan.model_dump())
    encode_views("first")
    for name in ("dfc", "dcgan"):
        write_json(paths.metrics("train", name), {"loss": 1.0, "valid_kl": 2.0})
        write_json(paths.warnings(name), [f"{name} is odd"])
        write_record("train", name, precision="fp32", device="a laptop", workers=1)
    write_record("loss_network")
    write_json(paths.FIGURE_NOTES, {"dfc": [], "dcgan": []})
    monkeypatch.setattr(squared_hinge, "ITERATIONS", 5)
    return planned


def run_stages() -> State:
    """Run the stages that score, and gather the report."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        photographs.main()
        for name in ("dfc", "dcgan"):
            attributes.main(name)
            samples.main(name)
            evaluate.main(name)
        features.main("dfc")
        view_gains.main()
        baselines.main()
    svms = {str(file): pd.read_csv(file, keep_default_na=False)
            for folder in (paths.EVALUATION, paths.VIEW_GAINS) for file in sorted(folder.rglob("svm_*.csv"))}
    svms |= {str(file): pd.read_csv(file, keep_default_na=False) for file in sorted(paths.BASELINES.glob("*.csv"))}
    plan, tables = read_plan(ReportPlan), read_svm_tables(read_plan(ReportPlan).variants)
    table1 = build_table1(tables, read_baseline_tables())
    return State(said.getvalue(), gather_report(plan, read_variants(), tables, table1), svms)


def accuracies(state: State) -> dict[str, np.ndarray]:
    """Return each file → its accuracies on the test images, float64 40."""
    return {file: rows["accuracy"].to_numpy() for file, rows in state.svms.items()}


def best_on_test() -> str:
    """Return the set of views of dfc that would be chosen on the test images."""
    sets = read_json(paths.metrics("evaluate", "dfc"))["svm"]
    return max(sets, key=lambda name: sets[name]["accuracy"])


def test_other_test_images_change_scores_and_no_choice(project):
    before = run_stages()
    choices = {name: choice(before) for name, choice in CHOICES.items()}
    best = {best_on_test()}
    assert choices["the set of each variant"][0] and choices["the step that view_gains names"]
    assert any("not converged" in warning for warning in choices["warnings"])
    latents, test_shards = ({path: path.read_bytes() for path in folder.rglob("*.parquet")}
                            for folder in (paths.LATENTS, paths.SHARDS))
    for number, (change, apply) in enumerate(CHANGES.items()):
        for path, content in {**latents, **test_shards}.items():
            path.write_bytes(content)
        apply(np.random.default_rng(number))
        after = run_stages()
        for name, choice in CHOICES.items():
            assert choice(after) == choices[name], f"{name}: {change}"
        same = [file for file, scores in accuracies(after).items() if (scores == accuracies(before)[file]).all()]
        assert all(Path(file).parent == paths.BASELINES for file in same), change
        no_labels = change == "latents permuted"  # baselines read no latents, but are scored by labels
        assert (str(paths.baseline_table("pca")) in same) == no_labels, change
        best.add(best_on_test())
    assert len(best) > 1, "a choice on the test images would have changed"
