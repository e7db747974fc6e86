"""LPIPS: its definition, and the files that it refuses."""

import pickle
import re
import socket

import pytest
import torch
from torch.nn.functional import normalize
from torchvision.models import vgg16

from pipeline.errors import InputError
from pipeline.evaluation import lpips
from tests import tiny

pytest.importorskip("torch_fidelity", reason="torch-fidelity, which brings the network, is not installed")

REMEDY = "give the whole state_dict() of LPIPS with VGG-16, v0.1, as docs/decisions.md says"


@pytest.fixture(scope="module")
def shapes():
    return {name: value.shape for name, value in lpips.empty_network().state_dict().items()}


def test_the_shapes_are_those_of_torch_fidelitys_network(shapes):
    assert lpips.weight_shapes() == {name: tuple(shape) for name, shape in shapes.items()}


@pytest.fixture(scope="module")
def state(shapes):
    """Random weights of LPIPS, so large that activations neither vanish nor explode; those of linear layers are ≥ 0."""
    random = torch.Generator().manual_seed(0)
    values = {name: torch.randn(shape, generator=random) * (0.1 if len(shape) == 1 else (2 / shape[1:].numel()) ** 0.5)
              for name, shape in shapes.items()}
    return {name: value.abs() if name.startswith("lin") else value for name, value in values.items()}


@pytest.fixture(scope="module")
def weights(state, tmp_path_factory):
    torch.save(state, path := tmp_path_factory.mktemp("lpips") / "weights.pth")
    return path


@pytest.fixture
def small(shapes):
    """Weights in the right layout that take one number each in memory and in the file."""
    return {name: torch.full((1,), 0.5).expand(shape) for name, shape in shapes.items()}


@pytest.fixture
def saved(tmp_path):
    def save(state):
        torch.save(state, tmp_path / "weights.pth")
        return tmp_path / "weights.pth"

    return save


def images(number: int, seed: int) -> torch.Tensor:
    """Return images, float N×3×32×32 in -1 … 1."""
    return torch.from_numpy(tiny.faces(number, seed=seed)).float() / 127.5 - 1


def by_definition(state, x, y):
    """Return LPIPS by eq. 1 of Zhang et al. 2018, with torchvision's VGG-16 and the authors' scaling of the input."""
    network = vgg16(weights=None).features.eval()
    network.load_state_dict({re.sub(r"net\.slice\d\.", "", name): value for name, value in state.items()
                             if name.startswith("net.")})
    x, y = ((batch - torch.tensor([-0.030, -0.088, -0.188]).view(3, 1, 1))
            / torch.tensor([0.458, 0.448, 0.450]).view(3, 1, 1) for batch in (x, y))
    total = torch.zeros(len(x))
    compared = iter(range(5))
    with torch.no_grad():
        for number, layer in enumerate(network[:30]):
            x, y = layer(x), layer(y)
            if number in (3, 8, 15, 22, 29):  # relu1_2, relu2_2, relu3_3, relu4_3, relu5_3
                weight = state[f"lin{next(compared)}.model.1.weight"].view(1, -1, 1, 1)
                total += (weight * (normalize(x) - normalize(y)) ** 2).sum(1).mean((1, 2))
    return total


def test_the_distance_is_that_of_the_paper_for_any_number_of_images(weights, state, monkeypatch):
    monkeypatch.setattr(lpips, "BATCH", 2)
    x, y = images(3, 1), images(3, 2)
    expected = by_definition(state, x, y)
    with torch.autocast("cpu", torch.bfloat16):  # the network stays in float32
        found = lpips.lpips_distance(weights)(x, y)
    assert found.shape == (3,) and found.dtype == torch.float32 and (expected > 0.01).all()
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=0)
    assert len({round(value, 4) for value in expected.tolist()}) == 3


def test_equal_images_have_no_distance_and_nearer_ones_a_smaller_one(weights):
    distance, x, noise = lpips.lpips_distance(weights), images(2, 1), images(2, 2)
    assert distance(x, x).tolist() == [0, 0]
    near, far = (distance(x, x + share * (noise - x)) for share in (0.05, 0.6))
    assert (near > 0).all() and (near < far).all()
    torch.testing.assert_close(distance(x, noise), distance(noise, x))


def test_nothing_is_downloaded(weights, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a download was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    assert lpips.lpips_distance(weights)(images(1, 0), images(1, 1)).item() > 0


def test_what_the_package_lpips_saves_beside_is_left_out(saved, small):
    copies = {name.replace("lin", "lins.", 1): value for name, value in small.items() if name.startswith("lin")}
    beside = {"scaling_layer.shift": torch.zeros(1, 3, 1, 1), "scaling_layer.scale": torch.ones(1, 3, 1, 1)}
    half = {name: value.half() for name, value in small.items()}
    selected = lpips.read_lpips(saved(half | copies | beside))
    assert selected.keys() == small.keys() and {value.dtype for value in selected.values()} == {torch.float32}


def refused(path) -> str:
    """Return the one sentence with which a file is refused."""
    with pytest.raises(InputError) as error:
        lpips.lpips_distance(path)
    said = str(error.value)
    assert said.startswith("evaluate.lpips: ") and str(path) in said and "\n" not in said and ". " not in said
    return said


def test_the_linear_layers_alone_are_refused(saved, small):
    said = refused(saved({name: value for name, value in small.items() if name.startswith("lin")}))
    assert "holds the linear layers of LPIPS alone, without VGG-16" in said and said.endswith(REMEDY)


@pytest.mark.parametrize(("change", "why"), [
    (lambda state: {f"features.{name}": value for name, value in state.items()}, "features.lin0.model.1.weight is not "
                                                                                "one of its weights"),
    (lambda state: {name: value for name, value in state.items() if "slice5" not in name},
     "net.slice5.24.bias is missing"),
    (lambda state: state | {"net.slice1.0.weight": torch.zeros(64, 3, 11, 11)},
     "net.slice1.0.weight has shape (64, 3, 11, 11) and not (64, 3, 3, 3)"),
    (lambda state: state | {"lin3.model.1.weight": torch.linspace(-1, 1, 512).view(1, 512, 1, 1)},
     "lin3.model.1.weight has negative values"),
    (lambda state: {}, "is missing")])
def test_weights_of_another_network_are_refused(saved, small, change, why):
    said = refused(saved(change(small)))
    assert "the weights of another network than LPIPS" in said and why in said and said.endswith(REMEDY)


@pytest.mark.parametrize("name", ["net.slice3.10.weight", "lin0.model.1.weight"])
def test_damaged_weights_are_refused(saved, small, name):
    small[name] = small[name].clone()
    small[name][0, 0] = torch.nan
    assert refused(saved(small)).endswith(f"{name} has values that are not finite; get the file again")


@pytest.mark.parametrize("content", [
    b"<!DOCTYPE html><html>Quota exceeded</html>", b"", pickle.dumps({"lin0": [1, 2]}, 2)])
def test_files_of_another_kind_are_refused(tmp_path, content):
    (tmp_path / "page.pth").write_bytes(content)
    assert refused(tmp_path / "page.pth").endswith(REMEDY)


@pytest.mark.parametrize("content", [[torch.zeros(1)], {0: torch.zeros(1)}, torch.zeros(2)])
def test_tensors_that_are_no_state_dict_are_refused(saved, content):
    assert "that is not a state dict" in refused(saved(content))


def test_code_in_a_file_is_not_run(saved, small, tmp_path):
    class Code:
        def __reduce__(self):
            return tmp_path.joinpath("ran").touch, ()

    assert "without executing code" in refused(saved(small | {"lin5": Code()}))
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Code(), 2))
    assert "without executing code" in refused(tmp_path / "plain.pth")
    assert not (tmp_path / "ran").exists()


def test_a_missing_file_is_named(tmp_path):
    assert refused(tmp_path / "absent.pth").endswith(f"absent.pth does not exist; {REMEDY}")
