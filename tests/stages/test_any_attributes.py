"""The stages on attributes, where the data set has none, one, or some of which values are unknown."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline import paths
from pipeline.config.loading import load_params
from pipeline.config.plans import AttributesPlan, BaselinesPlan, EvaluatePlan, LossNetworkPlan, ViewGainsPlan
from pipeline.data.attributes import Attributes, all_known
from pipeline.data.prepare import prepare
from pipeline.data.sources.celeba import open_celeba
from pipeline.evaluation.svm_file import read_svms
from pipeline.files.json_file import read_json, write_json
from pipeline.latent_space.attribute_vectors import read_attribute_vectors
from pipeline.tracking.runs import flatten
from pipeline.workspace.records import machine, read_record
from stages import attributes, baselines, evaluate, view_gains
from tests import tiny

TABLES = {"flips.csv": 11, "preservation.csv": 7, "svm_first.csv": 11}  # of a row per attribute: number of columns


@pytest.fixture
def with_attributes(planned):
    """Return a function that gives the images other attributes, and writes the plans of all four stages."""
    params = load_params()
    write_json(paths.section_plan("attributes"), AttributesPlan(**dict(params.attributes), seed=0).model_dump())
    write_json(paths.section_plan("evaluate"), EvaluatePlan(**dict(params.evaluate) | {
        "view_sets": {"first": ["aligned"]}, "svm_c": [0.01, 0.1], "feature_layers": ["relu1_1"], "lpips": None,
        "decoded_faces": 2}, reference_rms={"relu1_1": 50.2}, seed=0).model_dump())
    write_json(paths.section_plan("view_gains"), ViewGainsPlan(
        **dict(params.view_gains) | {"variants": ["dfc"], "views": ["aligned"]}, labels={"dfc": "VAE-1"}).model_dump())
    write_json(paths.section_plan("baselines"), BaselinesPlan(**dict(params.baselines) | {
        "methods": ["pca", "supervised"], "view": "landmark", "supervised_epochs": 1}, svm_c=[0.01, 0.1],
        image_size=tiny.SIZE, latent_dim=4, channels=[4, 4, 8, 8], layers=["relu1_1"], train_seed=0,
        seed=0).model_dump())
    write_json(paths.section_plan("loss_network"),
               LossNetworkPlan(source="random", width=1.0, file=None, calibration_images=8, seed=0).model_dump())
    faces = open_celeba(planned / "celeba")

    def write(of_faces: Attributes) -> None:
        shutil.rmtree(paths.SHARDS)
        prepare(dataclasses.replace(faces, attributes=of_faces), paths.SHARDS, tiny.SIZE, progress=False)

    return write


def some(count: int, names: str = "abcdefg") -> Attributes:
    """Return attributes of the 60 images, of which about half have each."""
    return all_known(tuple(names[:count]), np.random.default_rng(1).random((60, count)) < 0.5)


def run_all() -> dict:
    """Run the four stages; return the metrics of evaluate."""
    shutil.copytree(paths.LATENTS / "dfc", paths.FEATURES / "dfc", dirs_exist_ok=True)
    attributes.main("dfc")
    evaluate.main("dfc")
    baselines.main()
    view_gains.main()
    return read_json(paths.metrics("evaluate", "dfc"))


def files(*folders: Path) -> set[str]:
    return {str(path) for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_without_attributes_the_same_files_have_no_rows_and_the_rest_is_measured(with_attributes, capsys):
    folders = paths.ATTRIBUTES, paths.EVALUATION, paths.VIEW_GAINS, paths.METRICS
    with_attributes(some(7))
    whole = run_all()
    expected = files(*folders)
    for folder in (*folders, paths.BASELINES):
        shutil.rmtree(folder)
    capsys.readouterr()
    with_attributes(some(0))
    metrics = run_all()
    assert files(*folders) == expected
    assert files(paths.BASELINES) == {"baselines/notes.json"} and read_json(paths.BASELINE_NOTES) == []
    assert read_json(paths.BASELINES_METRICS) == read_json(paths.VIEW_GAINS_METRICS) == {}
    assert metrics == whole | {"svm": {}, "preservation": {}, "flips": {}, "vector_correlation": {}}
    assert metrics["reconstruction"]["images"] > 0 and metrics["posterior"]["kl"] > 0 and flatten(metrics)
    for name, columns in TABLES.items():
        assert pd.read_csv(paths.EVALUATION / "dfc" / name).shape == (0, columns), name
    assert pd.read_csv(paths.GAINS_TABLE).shape == (0, 11)
    for path in (paths.attribute_correlation("dfc"), paths.label_correlation("dfc"), paths.entanglement("dfc")):
        assert pd.read_csv(path, index_col="attribute").shape == (0, 0), path
    vectors = read_attribute_vectors(paths.attribute_vectors("dfc"))
    assert vectors.names == () and vectors.vectors.shape == (0, 4)
    assert read_svms(paths.svm_weights(paths.EVALUATION / "dfc", "first")).svms.weights.shape == (5, 0)
    assert read_json(paths.variant_notes(paths.ATTRIBUTES, "dfc")) == []
    for stage in ("attributes", "evaluate"):
        assert read_record(stage, "dfc") == machine()
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if "the data set has no attributes" in line] == [
        "attributes/dfc: the data set has no attributes, so VAE-123 has no attribute vectors",
        "evaluation/dfc: the data set has no attributes, so neither SVMs nor attribute vectors are scored",
        "baselines: the data set has no attributes to predict, so no baseline is measured",
        "view_gains: the data set has no attributes to predict, so no view adds anything to measure"]
    assert any(line.startswith("evaluation/dfc: reconstructions of VAE-123: PSNR ") for line in said)
    assert "nan" not in "".join(said)


def test_one_attribute_has_all_but_a_correlation(with_attributes):
    with_attributes(some(1))
    metrics = run_all()
    for name, columns in TABLES.items():
        assert pd.read_csv(paths.EVALUATION / "dfc" / name).shape == (1, columns), name
    assert set(metrics["svm"]) == {"first"} and metrics["vector_correlation"]["pairs"] == 0
    assert pd.read_csv(paths.attribute_correlation("dfc"), index_col="attribute").shape == (0, 0)
    assert "There is one attribute only" in read_json(paths.variant_notes(paths.ATTRIBUTES, "dfc"))[-1]
    assert len(pd.read_csv(paths.baseline_table("pca"))) == len(pd.read_csv(paths.baseline_table("supervised"))) == 1
    assert len(pd.read_csv(paths.GAINS_TABLE)) == 1


def test_attributes_of_other_names_some_unknown(with_attributes, capsys):
    whole = some(7)
    known = np.random.default_rng(2).random((60, 7)) < 0.7
    known[:, 2] = False  # never known
    known[:, 0] = True
    with_attributes(Attributes(whole.names, whole.values & known, known))
    metrics = run_all()
    rows = pd.read_csv(paths.svm_table(paths.EVALUATION / "dfc", "first"))
    assert rows["attribute"].tolist() == list("abcdefg")
    assert rows["accuracy"].isna().tolist() == [name == "c" for name in "abcdefg"]
    assert rows["images"][0] > rows["images"][1] > rows["images"][2] == 0
    assert metrics["svm"]["first"]["accuracy"] == pytest.approx(rows["accuracy"].mean())
    for table in (paths.flips("dfc"), paths.preservation_table("dfc")):
        notes = pd.read_csv(table, index_col="attribute", keep_default_na=False)["note"]
        assert notes["c"].startswith("no SVM: no image to fit it to has a known value")
    correlated = pd.read_csv(paths.label_correlation("dfc"), index_col="attribute")
    assert set(correlated) == set("abcdefg") and list(correlated)[-1] == "c"
    assert metrics["vector_correlation"]["pairs"] <= 6 * 5 / 2
    notes = read_json(paths.variant_notes(paths.ATTRIBUTES, "dfc"))
    assert "c: 0 with, 0 without" in notes[0] and "of which the data set has 0; instead of them" in notes[1]
    for name in ("pca", "supervised"):
        assert pd.read_csv(paths.baseline_table(name))["accuracy"].isna().tolist() == rows["accuracy"].isna().tolist()
    assert "7 attribute vectors of VAE-123 from" in capsys.readouterr().out
