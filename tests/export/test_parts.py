"""The parts of an export that need no variant, and what an export refuses."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline import paths
from pipeline.data.celeba_layout import HEIGHT, TEMPLATE, WIDTH
from pipeline.data.views.aligned import crop
from pipeline.errors import InputError
from pipeline.export import graphs
from pipeline.export.card import model_card
from pipeline.export.description import describe
from pipeline.export.frame import NAMES, frame
from pipeline.export.licences import licence_of
from pipeline.export.trained_variant import read_trained_variant
from pipeline.files.json_file import read_json, write_json
from pipeline.vocabulary import ARCHITECTURES
from tests.export.conftest import refusal


@pytest.mark.parametrize("point", range(5))
def test_a_landmark_of_celebas_frame_lies_where_the_config_says(point):
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    x, y = TEMPLATE[point].astype(int)
    picture[y - 2:y + 2, x - 2:x + 2] = 255  # around the corner of four pixels
    seen = crop(Image.fromarray(picture), 64)[0].astype(float)
    rows, columns = np.indices(seen.shape) + 0.5
    centre = (columns * seen).sum() / seen.sum(), (rows * seen).sum() / seen.sum()
    said = frame(64, {})["landmarks"][list(NAMES.values())[point]]
    assert said == pytest.approx(centre, abs=0.1)


def test_square_crops_have_no_landmarks():
    assert frame(64, {"align": "crop"})["landmarks"] == {}


def test_a_licence_follows_the_data():
    assert licence_of("drawn faces (synthetic)").front_matter == {"license": "apache-2.0"}
    assert "non-commercial" in licence_of("CelebA").weights
    assert licence_of("photographs (folder)").front_matter == {"license": "unknown"}


def test_a_licence_follows_the_data_of_the_weights_that_training_began_with():
    begun = licence_of("drawn faces (synthetic)", "dfc, 8 epochs of 4,500 images of CelebA")
    assert begun.front_matter == {"license": "unknown"} and "under Apache 2.0" not in begun.weights
    assert "4,500 images of CelebA" in begun.weights and "4,500 images of CelebA" in begun.data
    assert "whose data are not known" in licence_of("drawn faces (synthetic)", "").weights
    begun = licence_of("CelebA", "dfc, 8 epochs of 300 images of photographs (folder)")
    assert "non-commercial" in begun.weights and "300 images" in begun.weights
    assert begun.front_matter == licence_of("CelebA").front_matter


def test_a_card_names_the_first_weights_without_their_folder(project):
    record = paths.of_stage(paths.RECORDS, "train", "dcgan")
    write_json(record, read_json(record) | {
        "start_weights": "/home/me/secret/model.safetensors", "start_weights_sha256": "cd" * 32,
        "start_weights_of": "dcgan, 8 epochs of 4,500 images of CelebA"})
    trained = read_trained_variant("dcgan")
    card = model_card(trained, describe(trained, {"images": 1e-7}, "walk"), "Samples.", [])
    assert "begun with the model's weights of dcgan, 8 epochs of 4,500 images of CelebA, in model.safetensors" in card
    assert "license: unknown" in card and "secret" not in card


def test_a_wrong_variant_is_refused_in_one_sentence(project):
    assert "there is no trained variant 'dcf'; did you mean dfc?; trained are dcgan, dfc" in refusal("dcf")
    shutil.rmtree("models")
    assert refusal("dfc").startswith("no variant is trained here; run `dvc repro`, or `dvc pull`")


def test_missing_results_are_named(project):
    paths.metrics("evaluate", "dfc").unlink()
    assert refusal("dfc").startswith("metrics/evaluate/dfc.json is missing; run `dvc repro`")
    shutil.rmtree("attributes")
    assert refusal("dfc").startswith("metrics/evaluate/dfc.json and 2 more of dfc are missing; run `dvc repro`")


def test_results_of_another_training_are_refused(project):
    manifest = paths.SHARDS / "view=aligned/_manifest.json"
    write_json(manifest, read_json(manifest) | {"sha256": "other"})
    assert "was trained on other images than those in data/shards" in refusal("dfc")
    write_json(manifest, read_json(manifest) | {"sha256": "ab" * 32})
    stage = {"deps": [{"path": "models/dfc", "md5": "old"}], "outs": []}
    write_json(paths.DVC_LOCK, {"stages": {"train@dfc": {"outs": [{"path": "models/dfc", "md5": "new"}]},
                                           "samples@dfc": stage, "latents@dcgan": stage}})
    assert refusal("dfc").startswith("the results of samples@dfc are of an earlier training")
    paths.variant_plan("dfc").write_text(paths.variant_plan("dfc").read_text().replace('"epochs": 3', '"epochs": 4'))
    assert "was trained with other parameters than plan/dfc.json has" in refusal("dfc")


def test_an_architecture_that_onnx_cannot_say_is_refused(own_choice, tmp_path):
    own_choice(ARCHITECTURES, "moody", "import torch\nfrom torch import nn\n\nclass Moody(nn.Module):\n"
               "    latent_dim, image_size = 4, 32\n\n    def decode(self, z):\n"
               "        return torch.from_numpy(z.numpy() + 1) if z.sum().item() > 0 else z\n")
    from pipeline.models.architectures.moody import Moody
    with pytest.raises(InputError, match="the architecture Moody has a method decode that cannot be written as ONNX"):
        graphs.write_graphs(tmp_path, Moody().eval(), encodes=False)
    assert not list(tmp_path.glob("*.onnx"))


@pytest.mark.parametrize(("arguments", "said"), [([""], "no variant is named"), (["../x"], "is no name of a variant"),
                                                 (["dfc"], "no variant is trained here")])
def test_the_command_refuses_in_one_sentence(arguments, said, tmp_path):
    project = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-m", "pipeline", "export", *arguments], cwd=tmp_path, capture_output=True,
                          text=True, env={"PYTHONPATH": str(project), "PATH": "/usr/bin:/bin"}, timeout=120)
    assert done.returncode == 1 and said in done.stderr and len(done.stderr.splitlines()) == 1
