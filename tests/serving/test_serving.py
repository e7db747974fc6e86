"""A real server of a logged model: started, asked with a face, and stopped."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.data.views import aligned
from pipeline.errors import InputError
from pipeline.models.architectures.vae import VAE
from pipeline.models.served_graph import served_graph
from pipeline.serving import question
from pipeline.tracking import models, scoring_server
from tests import tiny
from tests.comparison.conftest import write_faces
from tests.tracking.conftest import get, start_run

pytestmark = pytest.mark.slow


@pytest.fixture
def vae(config, tmp_path, monkeypatch) -> VAE:
    """Log a model with two attributes."""
    monkeypatch.chdir(tmp_path)
    path = Path("models/dfc/model.safetensors")
    path.parent.mkdir(parents=True)
    path.write_bytes(os.urandom(8))  # it only identifies the model here
    monkeypatch.setattr(models, "svms_of_one_view", lambda variant: None)
    torch.manual_seed(0)
    vae = VAE(4, tiny.SIZE, (4, 4, 8, 8)).eval().requires_grad_(False)
    graph = served_graph(vae, True, ("Smiling", "Male"), np.ones((5, 2)))
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    models.log_model_once(config, tiny.variant(), get(config, start_run(config)), lambda _: graph)
    return vae


def test_a_server_answers_and_leaves_nothing(config, vae, tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (50, 40, 3), dtype=np.uint8)).save(tmp_path / "face.png")
    served = scoring_server.find_version(config, "dfc", "puffy-loon")
    assert served.shape == (-1, 3, tiny.SIZE, tiny.SIZE)
    face = question.face_from_file(tmp_path / "face.png", tiny.SIZE)
    with scoring_server.serving(config, served) as url:
        answer = question.ask(url, face)
        with pytest.raises(InputError, match=f"the server at {url} refuses: "):
            question.ask(url, face[:, :, :5])
    with pytest.raises(InputError, match="does not answer"):
        question.ask(url, face)
    np.testing.assert_allclose(answer["reconstruction"], vae(torch.from_numpy(face)), atol=1e-4)
    np.testing.assert_allclose(answer["latents"], vae.encode(torch.from_numpy(face))[0], atol=1e-4)
    assert list(answer["attribute_names"]) == ["Smiling", "Male"] and answer["attribute_scores"].shape == (1, 2)
    words = question.in_words(answer)
    assert words[0].startswith("latents: 4, ") and "Smiling" in words[1]
    assert question.to_picture(answer["reconstruction"][0]).size == (tiny.SIZE, tiny.SIZE)


def test_a_model_or_an_experiment_that_is_not_there_is_one_sentence(config, vae):
    with pytest.raises(InputError, match="no registered model face-vae-dfcc; it has face-vae-dfc"):
        scoring_server.find_version(config, "dfcc", None)
    with pytest.raises(InputError, match="no version of face-vae-dfc from an experiment none-such; it has .*puffy"):
        scoring_server.find_version(config, "dfc", "none-such")


def test_no_database_is_made_where_nothing_was_trained(config, tmp_path):
    nowhere = config.model_copy(update={"uri": f"sqlite:///{tmp_path}/mlflow.db"})
    with pytest.raises(InputError, match="there is no .*mlflow.db with a registered model face-vae-dfc; run `dvc"):
        scoring_server.find_version(nowhere, "dfc", None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("uri", "whole"), [
    ("sqlite:///mlflow.db?timeout=30", "sqlite:///{}/mlflow.db?timeout=30"), ("sqlite:////a/b.db", "sqlite:////a/b.db"),
    ("http://localhost:5000", "http://localhost:5000")])
def test_a_server_in_another_folder_finds_the_store(tmp_path, monkeypatch, uri, whole):
    monkeypatch.chdir(tmp_path)
    assert scoring_server.from_anywhere(uri) == whole.format(tmp_path.resolve())


def test_a_photograph_that_is_none_is_one_sentence(tmp_path):
    (tmp_path / "face.jpg").write_text("no picture")
    with pytest.raises(InputError, match="face.jpg"):
        question.face_from_file(tmp_path / "face.jpg", tiny.SIZE)
    with pytest.raises(InputError, match="does not exist"):
        question.face_from_file(tmp_path / "none.jpg", tiny.SIZE)


def test_a_photograph_is_cut_as_the_training_images_are(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (218, 178, 3), dtype=np.uint8)  # as CelebA has them
    Image.fromarray(pixels).save(tmp_path / "face.png")
    face = question.face_from_file(tmp_path / "face.png", tiny.SIZE)
    expected = aligned.crop(Image.fromarray(pixels), tiny.SIZE)
    np.testing.assert_array_equal(question.to_picture(face[0]), expected.transpose(1, 2, 0))


def test_a_face_of_the_data_is_sent_and_refused_in_another_size(tmp_path):
    with pytest.raises(InputError, match="has no faces that could be sent; give a photograph: FACE=face.jpg"):
        question.test_face(tmp_path, tiny.SIZE)
    write_faces(tmp_path, 0)
    np.testing.assert_array_equal(question.test_face(tmp_path, tiny.SIZE), question.to_model(tiny.faces(1)))
    with pytest.raises(InputError, match="the model takes 64×64 pixels, but the images in .* have 32×32"):
        question.test_face(tmp_path, 64)
