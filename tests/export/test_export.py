"""What is in the folder of an export, and whether it can be used without this project."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
import yaml
from onnxruntime import InferenceSession
from PIL import Image
from safetensors.numpy import load_file

from pipeline import paths
from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.evaluation.svm_file import read_svms
from pipeline.export import agreement
from pipeline.export.export import example_for, what_is_left_out
from pipeline.export.folder import replacing_export
from pipeline.export.latent_space_file import LatentSpace
from pipeline.export.trained_variant import read_trained_variant
from pipeline.files.hashes import sha256
from pipeline.latent_space.attribute_vectors import read_attribute_vectors
from pipeline.latent_space.sampling import read_mixture
from pipeline.models.weights_file import load_trained
from tests import tiny
from tests.export.conftest import refusal

pytestmark = pytest.mark.slow

# Runs a file in a process that has numpy and onnxruntime, and fails for what an export must not need.
BLOCKED = """
import runpy, sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "pipeline", "stages", "safetensors", "PIL", "onnx", "pandas", "scipy"}:
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Blocker())
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def run_without_the_project(example: Path, folder: Path) -> str:
    """Run an example in another folder; return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", BLOCKED, str(example)], cwd=folder, capture_output=True, text=True,
                          env=environment | {"PYTHONIOENCODING": "utf-8"}, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_folder_has_these_files_and_their_hashes(exports):
    of_both = {"README.md", "config.json", "decoder.onnx", "example.py", "samples.png"}
    assert set(exports["dcgan"].sizes) == of_both
    assert set(exports["dfc"].sizes) == of_both | {"encoder.onnx", "latent_space.safetensors"}
    for exported in exports.values():
        config = json.loads((exported.folder / "config.json").read_text())
        assert config["sha256"] == {name: sha256(exported.folder / name) for name in exported.sizes
                                    if name != "config.json"}
        assert exported.folder.parent.is_dir() and not list(exported.folder.parent.glob("*.part*"))


@pytest.mark.parametrize(("variant", "name"), [("dfc", "encoder"), ("dfc", "decoder"), ("dcgan", "decoder")])
def test_a_graph_computes_what_torch_computes_for_any_batch(exports, made, variant, name):
    path = exports[variant].folder / f"{name}.onnx"
    model, _ = load_trained(made / "models" / variant / "model.safetensors")
    session = InferenceSession(path)
    for count in (1, 3, 8):
        x = to_network(torch.from_numpy(tiny.faces(count, seed=7))).contiguous() if name == "encoder" \
            else torch.randn(count, 4)
        expected = model.encode(x) if name == "encoder" else [model.decode(x)]
        computed = session.run(None, {"x" if name == "encoder" else "z": x.numpy()})
        assert all(ours.std() > 0.01 for ours in expected)  # else any graph would do
        for theirs, ours in zip(computed, expected, strict=True):
            np.testing.assert_allclose(theirs, ours.numpy(), atol=1e-4)
    assert [output.name for output in session.get_outputs()] == \
        (["mean", "log_variance"] if name == "encoder" else ["images"])
    assert max(exports[variant].differences.values()) < 1e-4


def test_a_graph_is_standard_whole_and_has_no_traces_of_this_machine(exports, made):
    for path in [path for exported in exports.values() for path in exported.folder.glob("*.onnx")]:
        graph = onnx.load(path, load_external_data=False)
        onnx.checker.check_model(graph, full_check=True)
        assert [(entry.domain, entry.version) for entry in graph.opset_import] == [("", 18)]
        assert not any(tensor.external_data for tensor in graph.graph.initializer)
        assert len(graph.graph.node) < 25 and graph.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "N"
        assert not any(trace in path.read_bytes() for trace in (b"site-packages", b".py", str(Path.home()).encode()))


def test_the_latent_space_is_that_of_the_results(exports, made):
    tensors, folder = load_file(exports["dfc"].folder / "latent_space.safetensors"), made / "evaluation/dfc"
    vectors, mixture = read_attribute_vectors(made / "attributes/dfc/vectors.parquet"), \
        read_mixture(made / "samples/dfc/mixture.npz")
    np.testing.assert_array_equal(tensors["attribute_vectors"], vectors.vectors)
    mean = np.random.default_rng(0).standard_normal((3, 4), dtype=np.float32)
    np.testing.assert_allclose(mean @ tensors["svm_weights"] + tensors["svm_biases"],
                               read_svms(folder / "svm_aligned.npz").svms.decide(mean), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(tensors["mixture_cholesky"] @ tensors["mixture_cholesky"].transpose(0, 2, 1),
                               mixture.covariances, rtol=1e-4, atol=1e-6)
    assert json.loads((exports["dfc"].folder / "config.json").read_text())["without_vector"] == ["Young"]


def test_the_example_edits_a_face_without_torch_or_this_project(exports, tmp_path):
    folder = exports["dfc"].folder
    said = run_without_the_project(folder / "example.py", tmp_path)
    assert said.startswith("example.bmp: a face, and Smiling −3, 0, +3; SVM: [")
    assert len((folder / "example.py").read_text().splitlines()) <= 15
    with Image.open(tmp_path / "example.bmp") as picture:
        faces = np.asarray(picture.convert("RGB"), dtype=int)
    assert faces.shape == (tiny.SIZE, 4 * tiny.SIZE, 3)
    less, same, more = (faces[:, i * tiny.SIZE:(i + 1) * tiny.SIZE] for i in (1, 2, 3))
    assert np.abs(less - same).max() > 5 and np.abs(more - same).max() > 5
    tensors = load_file(folder / "latent_space.safetensors")
    first, middle, last = map(float, said.split("[")[1].split("]")[0].split())
    step = 3 * float(tensors["attribute_vectors"][1] @ tensors["svm_weights"][:, 1])
    assert last - middle == pytest.approx(step, abs=0.02) == pytest.approx(middle - first, abs=0.02)
    model_faces = InferenceSession(folder / "decoder.onnx").run(
        None, {"z": tensors["mixture_means"][[tensors["mixture_weights"].argmax()]]})[0][0].clip(-1, 1)
    np.testing.assert_allclose(faces[:, :tiny.SIZE], (model_faces.transpose(1, 2, 0) + 1) * 127.5, atol=1)


def test_the_example_of_a_generator_walks_between_samples(exports, tmp_path):
    assert "8 faces of 32×32 pixels" in run_without_the_project(exports["dcgan"].folder / "example.py", tmp_path)
    with Image.open(tmp_path / "example.bmp") as picture:
        assert picture.size == (8 * tiny.SIZE, tiny.SIZE)


def test_the_card_says_data_training_results_and_limits(exports):
    card = (exports["dfc"].folder / "README.md").read_text()
    _, front, text = card.split("---\n", 2)
    assert yaml.safe_load(front)["license"] == "apache-2.0"
    assert "variational-autoencoder" in yaml.safe_load(front)["tags"]
    for said in ("ab" * 32, "| train images | 40 |", "3 epochs, in fp32", "17.25 dB", "87.65", "4.32",
                 "20 samples from each source against 12 test images", "Do not use it to identify",
                 "under Apache 2.0", "arXiv 1906.01984", "| left eye | 11.68 | 15.35 |"):
        assert said in text, said
    of_generator = (exports["dcgan"].folder / "README.md").read_text()
    assert "SVM" not in of_generator and "encoder.onnx" not in of_generator and "1511.06434" in of_generator
    for text in (card, of_generator):
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)  # without code, where None is Python's
        assert not re.search(r"\bNone\b|\bnan\b|Undefined|{[{%]|  $", prose, re.MULTILINE)
        rows = [line.count("|") - line.count("\\|") for line in text.splitlines() if line.startswith("|")]
        assert min(rows) >= 3


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
