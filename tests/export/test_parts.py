"""The parts of an export that need no variant, and what an export refuses."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline import paths
from pipeline.data.celeba_layout import HEIGHT, TEMPLATE, WIDTH
from pipeline.data.views.aligned import crop
from pipeline.errors import InputError
from pipeline.export import agreement, graphs
from pipeline.export.export import example_for, export_variant, what_is_left_out
from pipeline.export.folder import replacing_export
from pipeline.export.frame import NAMES, frame
from pipeline.export.latent_space_file import LatentSpace
from pipeline.export.licences import licence_of
from pipeline.export.trained_variant import read_trained_variant
from pipeline.files.json_file import read_json, write_json
from pipeline.models.weights_file import load_trained
from pipeline.vocabulary import ARCHITECTURES
from tests.export.test_export import run_without_the_project


def refusal(variant: str, folder: Path | str = "export/dfc") -> str:
    with pytest.raises(InputError) as error:
        export_variant(variant, Path(folder))
    assert "\n" not in str(error.value) and not list(Path().glob("export/*.part"))
    return str(error.value)


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


def test_other_folders_and_files_of_ones_own_are_kept(project, exports):
    Path("mine").mkdir()
    Path("mine/thesis.txt").write_text("work")
    assert refusal("dfc", "mine").startswith("mine is there and is no export of this project")
    assert refusal("dfc", "mine/thesis.txt").startswith("mine/thesis.txt is a file")
    shutil.copytree(exports["dcgan"].folder, "export/dcgan")
    Path("export/dcgan/notes.md").write_text("work")
    assert "files of your own in it (notes.md)" in refusal("dcgan", "export/dcgan")
    Path("export/dcgan/notes.md").unlink()
    Path("export/dcgan/example.bmp").touch()  # made by the example
    with replacing_export(Path("export/dcgan")) as work:
        (work / "config.json").write_text("{}")
    assert [path.name for path in Path("export/dcgan").iterdir()] == ["config.json"]
    with pytest.raises(ZeroDivisionError), replacing_export(Path("export/other")):
        raise ZeroDivisionError
    assert [path.name for path in Path("export").iterdir()] == ["dcgan"]


def test_a_graph_that_computes_something_else_is_refused(project, exports):
    model, _ = load_trained(paths.weights("dcgan"))
    with torch.no_grad():
        next(model.parameters()).add_(0.1)
    with pytest.raises(InputError, match="onnxruntime and torch differ in images by .*, so nothing was exported"):
        agreement.largest_differences(exports["dcgan"].folder, model, np.empty((0, 3, 1, 1)), np.empty((0, 4)))


def test_an_architecture_that_onnx_cannot_say_is_refused(own_choice, tmp_path):
    own_choice(ARCHITECTURES, "moody", "import torch\nfrom torch import nn\n\nclass Moody(nn.Module):\n"
               "    latent_dim, image_size = 4, 32\n\n    def decode(self, z):\n"
               "        return torch.from_numpy(z.numpy() + 1) if z.sum().item() > 0 else z\n")
    from pipeline.models.architectures.moody import Moody
    with pytest.raises(InputError, match="the architecture Moody has a method decode that cannot be written as ONNX"):
        graphs.write_graphs(tmp_path, Moody().eval(), encodes=False)
    assert not list(tmp_path.glob("*.onnx"))


def test_without_attributes_the_example_walks_between_faces(project, exports, tmp_path):
    trained = read_trained_variant("dfc")
    for name, mixture in (("mixture", trained.space.mixture), ("none", None)):
        without = trained._replace(space=LatentSpace(None, None, mixture), svm_set=None)
        kind, text = example_for(without)
        folder = shutil.copytree(exports["dfc"].folder, tmp_path / name)
        (folder / "example.py").write_text(text)
        assert kind == "walk" and len(text.splitlines()) <= 20
        assert "8 faces of 32×32 pixels" in run_without_the_project(folder / "example.py", tmp_path)
        assert what_is_left_out(without) == ["the data set has no attributes, so the folder has neither attribute "
                                             "vectors nor SVMs"]


@pytest.mark.parametrize(("arguments", "said"), [([""], "no variant is named"), (["../x"], "is no name of a variant"),
                                                 (["dfc"], "no variant is trained here")])
def test_the_command_refuses_in_one_sentence(arguments, said, tmp_path):
    project = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-m", "pipeline", "export", *arguments], cwd=tmp_path, capture_output=True,
                          text=True, env={"PYTHONPATH": str(project), "PATH": "/usr/bin:/bin"}, timeout=120)
    assert done.returncode == 1 and said in done.stderr and len(done.stderr.splitlines()) == 1
