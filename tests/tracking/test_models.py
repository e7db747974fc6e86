"""Models in MLflow: logged once, served with latents and scores, registered by variant, and linked to their numbers."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.models.architectures.vae import VAE
from pipeline.models.served_graph import ServedGraph, served_graph
from pipeline.tracking import experiments, models, store
from pipeline.tracking.contents import Contents
from pipeline.tracking.datasets import Dataset
from pipeline.tracking.results import write_or_join_results
from tests import tiny
from tests.tracking.conftest import get, lose_answers, start_run

SVMS = np.random.default_rng(0).normal(size=(5, 3))
SVMS[:, 1] = np.nan  # its attribute is known for no image
FACES = np.random.default_rng(0).uniform(-1, 1, (3, 3, tiny.SIZE, tiny.SIZE)).astype(np.float32)


@pytest.fixture(scope="module")
def vae() -> VAE:
    torch.manual_seed(0)
    vae = VAE(4, tiny.SIZE, (4, 4, 8, 8))
    vae(torch.randn(8, 3, tiny.SIZE, tiny.SIZE))
    return vae.eval().requires_grad_(False)


@pytest.fixture(scope="module")
def graph(vae) -> ServedGraph:
    return served_graph(vae, True, ("Smiling", "Bald", "Male"), SVMS)


@pytest.fixture
def weights(tmp_path, monkeypatch) -> Path:
    """Make a working tree in which a file stands for weights: here it only identifies the model."""
    monkeypatch.chdir(tmp_path)
    path = Path("models/dfc/model.safetensors")
    path.parent.mkdir(parents=True)
    path.write_bytes(os.urandom(8))
    monkeypatch.setattr(models, "svms_of_one_view", lambda variant: None)
    return path


def log(config, graph, training: str = "a" * 32, name: str = "dfc"):
    variant = tiny.variant().model_copy(update={"name": name})
    return models.log_model_once(config, variant, get(config, start_run(config, training)), lambda _: graph)


def logged(config) -> list:
    return store.client(config).search_logged_models([experiments.find_or_create_mlflow_experiment(config)])


def versions(config) -> list:
    return store.client(config).search_model_versions("name = 'face-vae-dfc'")


def test_a_graph_answers_as_the_model_does(vae, graph):
    mean, _ = vae.encode(torch.from_numpy(FACES))
    answer = graph.graph.module()(torch.from_numpy(FACES))  # three faces; the example has two
    np.testing.assert_allclose(answer["reconstruction"], vae(torch.from_numpy(FACES)), atol=1e-5)
    np.testing.assert_allclose(answer["latents"], mean, atol=1e-5)
    expected = mean.numpy().astype(np.float64) @ SVMS[:-1] + SVMS[-1]
    np.testing.assert_allclose(answer["attribute_scores"], expected[:, [0, 2]], atol=1e-5)
    assert graph.attributes == ("Smiling", "Male")


def test_a_graph_of_a_model_without_an_encoder_takes_latents(vae):
    decoding = served_graph(vae, False)
    z = torch.randn(3, 4)
    np.testing.assert_allclose(decoding.graph.module()(z)["images"], vae.decode(z), atol=1e-5)
    assert decoding.answer.keys() == {"images"} and decoding.attributes == ()


def test_a_logged_model_serves_without_this_project(config, graph, weights, tmp_path):
    model = log(config, graph)
    uri = Path(model.artifact_location.removeprefix("file://"))
    np.save(tmp_path / "faces.npy", FACES)
    code = ("import sys, mlflow, numpy\n"
            f"answer = mlflow.pyfunc.load_model({str(uri)!r}).predict(numpy.load('faces.npy'))\n"
            "assert not [name for name in sys.modules if name.startswith('pipeline')]\n"
            "names = answer.pop('attribute_names')\nassert names == ['Smiling', 'Male'], names\n"
            "numpy.savez('answer.npz', **answer)")
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=tmp_path, check=True,
                   env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"})
    expected = graph.graph.module()(torch.from_numpy(FACES))
    with np.load(tmp_path / "answer.npz") as answer:
        assert set(answer) == set(expected)
        for name in answer:
            np.testing.assert_allclose(answer[name], expected[name], atol=1e-5)
    needed = (uri / "requirements.txt").read_text().split()
    assert [name.partition("==")[0] for name in needed] == ["mlflow", "numpy", "torch"]


def test_a_model_is_logged_and_registered_once(config, graph, weights, monkeypatch):
    before = len(versions(config))
    lose_answers(monkeypatch, "log_model_artifacts", "finalize_logged_model", "log_outputs", "set_logged_model_tags")
    patient = config.model_copy(update={"patience": 60})
    model = log(patient, graph)
    again = log(patient, None)  # its graph is not asked for
    other = log(patient, None, training="b" * 32)  # a training that gave the same weights
    assert model.model_id == again.model_id == other.model_id and len(logged(config)) == 1
    assert model.name == "face-vae-dfc" and model.params == {"name": "dfc"}
    run = get(config, start_run(config, "b" * 32))
    assert [output.model_id for output in run.outputs.model_outputs] == [model.model_id]
    assert len(versions(config)) == before + 1
    weights.write_bytes(b"others")
    assert log(patient, graph).model_id != model.model_id and len(versions(config)) == before + 2


def test_each_experiment_has_its_version_under_its_name(config, graph, weights, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    model = log(config, graph)
    monkeypatch.setenv("DVC_EXP_NAME", "lr=0.1 (b)")
    log(config, None)
    client = store.client(config)
    for alias in ("puffy-loon", "lr-0-1--b-"):
        version = client.get_model_version_by_alias("face-vae-dfc", alias)
        assert version.tags["model_id"] == model.model_id and version.tags["experiment"] == "puffy-loon"
    assert experiments.alias("latest") == "experiment-latest" and experiments.alias("v2") == "experiment-v2"


def test_an_upload_that_was_cut_off_is_done_again_and_later_deleted(config, graph, weights, monkeypatch):
    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("mlflow.MlflowClient.log_model_artifacts", killed)
        log(config, graph)
    [cut_off] = logged(config)
    model = log(config, graph)
    assert {known.model_id for known in logged(config)} == {cut_off.model_id, model.model_id}
    monkeypatch.setattr(models, "ABANDONED", -1)  # it may be another process's, which is at it
    assert log(config, None).model_id == model.model_id and [known.model_id for known in logged(config)] == [
        model.model_id]


def test_the_page_of_a_model_has_its_numbers_by_data_set(config, graph, weights):
    model, training = log(config, graph), start_run(config)
    split = Dataset("synthetic-test", "ab" * 8, "test", 4, 32, {})
    contents = Contents({"svm/aligned/accuracy": 0.9, "train/seconds": 2.0}, {}, {}, {}, {"test": split})
    for _ in range(2):
        record = write_or_join_results(config, tiny.variant(), "key", training, contents, model)
    found = {metric.key: metric for metric in store.client(config).get_logged_model(model.model_id).metrics}
    of_test = found["svm/aligned/accuracy"]
    assert (of_test.value, of_test.dataset_name, of_test.dataset_digest) == (0.9, "synthetic-test", "ab" * 8)
    assert of_test.run_id == record and found["train/seconds"].dataset_name is None and len(found) == 2
    assert [known.model_id for known in get(config, record).inputs.model_inputs] == [model.model_id]


def test_the_experiment_opens_with_its_runs(config):
    """An experiment of an earlier version of this project gets its kind later."""
    client = store.client(config)
    made = client.create_experiment(config.experiment)
    start_run(config)
    assert client.get_experiment(made).tags["mlflow.experimentKind"] == "custom_model_development"
