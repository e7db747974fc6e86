"""The stage evaluate, with models that were never trained."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import torch
import yaml

from pipeline import paths
from pipeline.config.loading import load_params
from pipeline.config.plans import AttributesPlan, EvaluatePlan
from pipeline.data import shards
from pipeline.errors import InputError
from pipeline.evaluation import features, lpips
from pipeline.evaluation.svm_file import read_svms
from pipeline.files.json_file import read_json, write_json
from pipeline.latent_space import latents
from pipeline.latent_space.encoding import encode_to_file
from pipeline.latent_space.latents import read_latents
from pipeline.models import weights_file
from pipeline.models.weights_file import load_model
from pipeline.report.contents import VariantResults
from pipeline.tracking.runs import flatten
from pipeline.vocabulary import ATTRIBUTES
from pipeline.workspace.records import machine, read_record
from stages import attributes, evaluate
from tests import tiny


@pytest.fixture
def evaluated(planned):
    """Return a function that writes the plan of evaluate, runs the stage for dfc, and returns its metrics.

    The stage attributes has run for dfc.
    """
    write_json(paths.section_plan("attributes"), AttributesPlan(**dict(load_params().attributes), seed=0).model_dump())
    attributes.compute(tiny.variant("dfc"))

    def run(views: tuple[str, ...] = ("aligned",), **values) -> dict:
        plan = {"view_sets": {"first": list(views)}, "svm_c": [0.01, 0.1], "feature_layers": ["relu1_1"],
                "lpips": None} | values
        write_json(paths.section_plan("evaluate"), EvaluatePlan(
            **dict(load_params().evaluate) | plan, reference_rms={"relu1_1": 50.2}, seed=0).model_dump())
        evaluate.main("dfc")
        return read_json(paths.metrics("evaluate", "dfc"))

    return run


def test_a_variant_gets_its_scores_and_tables(evaluated, capsys):
    metrics = evaluated()
    test = len(shards.load("data/shards", "aligned", "test").image_ids)
    valid = len(shards.load("data/shards", "aligned", "valid").image_ids)
    assert set(metrics["svm"]) == {"first"} and set(metrics) == {
        "svm", "reconstruction", "preservation", "posterior", "flips", "vector_correlation"}
    assert metrics["reconstruction"]["images"] == test and "lpips" not in metrics["reconstruction"]
    assert metrics["posterior"]["valid_images"] == valid != test
    assert {path.name for path in Path("evaluation/dfc").iterdir()} == {
        "svm_first.csv", "svm_first.npz", "preservation.csv", "posterior.csv", "flips.csv", "entanglement.csv"}
    kept, dimensions = (pd.read_csv(table("dfc"), keep_default_na=False)
                        for table in (paths.preservation_table, paths.posterior_table))
    assert tuple(kept["attribute"]) == tuple(ATTRIBUTES) and kept["agreement"].between(0, 1).all()
    assert metrics["preservation"]["agreement"] == pytest.approx(kept["agreement"].mean())
    assert metrics["posterior"]["kl"] == pytest.approx(dimensions["kl"].sum()) and len(dimensions) == 4
    assert all(isinstance(value, int | float) for value in flatten(metrics).values())  # MLflow takes numbers only
    assert read_record("evaluate", "dfc") == machine()
    said, of_answers = capsys.readouterr().out, metrics["preservation"]
    assert f"over {test} test images" in said
    assert (f"{of_answers['agreement']:.1%} of the SVMs' answers kept ({of_answers['chance']:.1%} by chance, "
            f"κ {of_answers['kappa']:.2f})") in said


def test_dvc_yaml_plots_numbers_of_tables_that_are_there(evaluated):
    evaluated()
    text = (Path(__file__).resolve().parents[2] / "dvc.yaml").read_text()
    text = text.replace("${view_gains.variants[0]}", "dfc").replace("${report.view_set}", "first")
    plots = [plot for entry in yaml.safe_load(text)["plots"] if isinstance(entry, dict) for plot in entry.values()]
    of_variant = [(path, plot["x"], column) for plot in plots for path, column in plot["y"].items() if "/" in path]
    assert len(of_variant) == 3
    for path, number, label in of_variant:
        table = pd.read_csv(path)
        assert tuple(table[label]) == ATTRIBUTES and pd.api.types.is_float_dtype(table[number]), path


def test_flips_are_written_and_their_means_are_metrics(evaluated):
    metrics = evaluated(decoded_faces=2)
    table = pd.read_csv(paths.flips("dfc"))
    entanglement = pd.read_csv(paths.entanglement("dfc"), index_col="attribute")
    assert tuple(table["attribute"]) == tuple(entanglement.index) == tuple(entanglement.columns) == ATTRIBUTES
    test_images = len(shards.load("data/shards", "aligned", "test").image_ids)
    assert (table["yes"] + table["no"] == test_images).all()
    measured = table["note"].isna()
    assert 0 < measured.sum() == metrics["flips"]["attributes"]
    assert (table.loc[measured, "decoded_faces"] == min(2, test_images)).all()
    assert flatten(metrics)["flips/median_alpha"] == pytest.approx(table["median_alpha"].mean())
    assert flatten(metrics)["vector_correlation/pairs"] <= 13 * 12 / 2
    labels = pd.read_csv(paths.label_correlation("dfc"), index_col="attribute")
    assert list(labels.columns) == list(pd.read_csv(paths.attribute_correlation("dfc"), index_col="attribute").columns)


def test_the_svms_of_the_aligned_view_judge_reconstructions_whatever_sets_there_are(evaluated):
    alone = evaluated()
    of_faces = read_svms(paths.svm_weights(paths.EVALUATION / "dfc", "first")).svms.predict(
        read_latents(paths.latents("dfc", "aligned"), ["test"]).mu)
    np.testing.assert_allclose(pd.read_csv(paths.preservation_table("dfc"))["faces"], of_faces.mean(axis=0))
    model = load_model(paths.weights("dfc"), tiny.variant("dfc"))
    encode_to_file(paths.latents("dfc", "eyes"), model,
                   [(split, *shards.load("data/shards", "eyes", split)[:2]) for split in ("train", "valid", "test")],
                   Path("parts_of_eyes"))
    paths.svm_table(paths.EVALUATION / "dfc", "first").unlink()
    several = evaluated(views=("aligned", "eyes"))
    assert several["preservation"] == alone["preservation"] and set(several["svm"]) == {"first"}
    assert {path.name for path in Path("evaluation/dfc").glob("svm_*")} == {"svm_first.csv", "svm_first.npz"}


def test_lpips_is_measured_where_its_weights_are_given(evaluated, planned):
    pytest.importorskip("torch_fidelity", reason="torch-fidelity, which brings the network, is not installed")
    weights = {name: torch.full((1,), 0.02).expand(shape) for name, shape in lpips.weight_shapes().items()}
    torch.save(weights, planned / "lpips.pth")
    assert evaluated(lpips="lpips.pth")["reconstruction"]["lpips"] >= 0


def test_a_file_that_is_not_lpips_is_refused_before_the_svms_are_fitted(evaluated, planned, monkeypatch):
    monkeypatch.setattr(evaluate, "score_latents", lambda *_: pytest.fail("the SVMs were fitted first"))
    (planned / "page.pth").write_text("<html>Quota exceeded</html>")
    with pytest.raises(InputError, match=r"evaluate.lpips: page.pth is an HTML page, not weights"):
        evaluated(lpips="page.pth")
    assert not (planned / "metrics").exists()


def test_with_one_validation_image_the_posterior_is_that_of_the_training_images(planned):
    file = paths.latents("dfc", "aligned")
    table = pq.read_table(file)
    splits = table["split"].to_numpy()
    dropped = np.flatnonzero(splits == "valid")[1:]
    pq.write_table(table.take(np.setdiff1d(np.arange(len(table)), dropped)), file)
    Path("evaluation/dfc").mkdir(parents=True)
    plan = EvaluatePlan(**dict(load_params().evaluate) | {"lpips": None}, reference_rms={}, seed=0)
    numbers = evaluate.score_posterior("dfc", plan, read_latents(file))
    assert numbers["train_images"] == (splits == "train").sum() and "valid_images" not in numbers


def test_the_model_and_the_aligned_latents_are_read_once(evaluated, monkeypatch):
    read: list[str] = []

    def counted(function):
        return lambda path, *more: (read.append(Path(path).name), function(path, *more))[1]

    monkeypatch.setattr(weights_file, "load_model", counted(weights_file.load_model))
    for module in (latents, features):
        monkeypatch.setattr(module, "read_latents", counted(read_latents))
    evaluated(views=("aligned",), decoded_faces=1)
    assert sorted(read) == ["aligned.parquet", "model.safetensors"]


def test_latents_that_are_not_finite_are_refused_before_anything_is_scored(evaluated, monkeypatch):
    path = paths.latents("dfc", "aligned")
    table = pq.read_table(path)
    mu = np.array(table["mu"].to_pylist(), np.float32)
    mu[-1] = np.nan  # a test image
    damaged = pa.FixedSizeListArray.from_arrays(mu.ravel(), mu.shape[1])
    at = table.column_names.index("mu")
    pq.write_table(table.set_column(at, table.schema.field(at), damaged), path)
    monkeypatch.setattr(evaluate, "score_latents", lambda *_: pytest.fail("the SVMs were fitted first"))
    with pytest.raises(InputError, match=r"^latents/dfc/aligned.parquet has latents that are not finite, of 1 of"):
        evaluated()


def test_without_validation_images_what_needs_them_is_null(evaluated):
    file = paths.latents("dfc", "aligned")
    table = pq.read_table(file)
    pq.write_table(table.filter(pc.not_equal(table["split"], "valid")), file)
    metrics = evaluated(svm_c=[0.1])
    assert metrics["svm"]["first"]["valid_accuracy"] is None and metrics["svm"]["first"]["accuracy"] > 0
    assert "NaN" not in paths.metrics("evaluate", "dfc").read_text() and metrics["posterior"]["train_images"] > 2
    assert VariantResults("VAE-123", "dfc", svm=metrics["svm"]).chosen_view_set == ""
    assert "svm/first/valid_accuracy" not in flatten(metrics)


def test_a_c_at_the_edge_is_told_in_one_line(evaluated, capsys):
    evaluated(svm_c=[1e-9, 2e-9])  # so small that all C answer alike: the smaller is chosen
    assert ("note: VAE-123: validation chose the smallest of evaluate.svm_c, 1e-09, for first: a C beyond the "
            "candidates may be better" in capsys.readouterr().out)
    evaluated(svm_c=[0.1])
    assert "a C beyond" not in capsys.readouterr().out


def test_a_variant_without_an_encoder_has_nothing_to_score(evaluated, planned, capsys):
    evaluate.main("dcgan")
    assert json.loads((planned / "metrics/evaluate/dcgan.json").read_text()) == {"svm": {}, "reconstruction": None}
    assert "DCGAN has no encoder" in capsys.readouterr().out and not list((planned / "evaluation/dcgan").iterdir())
