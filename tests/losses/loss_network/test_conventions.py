"""In which convention a file holds the Oxford network.

Most tests give random weights the Oxford network's part, by replacing what it is recognised by. Those with the real one
are skipped where it is not given.
"""

from pathlib import Path

import pytest
import torch
from torch.nn.functional import conv2d

from pipeline import messages
from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.evaluation import vgg_fc
from pipeline.losses.loss_network import conventions, sources
from pipeline.losses.loss_network.conventions import CAFFE, CAFFE_MEAN, channel_cosines, oxford_order, to_torchvision
from pipeline.losses.loss_network.network import build_prefix
from pipeline.models.vgg19 import IMAGENET_MEAN, IMAGENET_STD
from pipeline.models.vgg19_layers import parameter_shapes
from pipeline.vocabulary import LAYERS
from tests.tiny import faces, random_weights

SHARED = Path(__file__).resolve().parents[3].parent / "shared/vgg19/vgg19_features_to_relu5_1.pth"
FILE = sources.vgg19_file("vgg19.pth")
FIRST = ("features.0.weight", "features.0.bias")


def rgb(values) -> torch.Tensor:
    return torch.tensor(values).double()


def caffe_weights() -> dict[str, torch.Tensor]:
    """Return random weights up to relu1_2 in Caffe's convention; their channels resemble each other differently."""
    weights = random_weights("relu1_2")
    b, g, r = weights["features.0.weight"].unbind(1)
    weights["features.0.weight"] = torch.stack([b, g + 0.3 * b, r + 0.9 * g], 1) / 10
    weights["features.0.bias"] = torch.linspace(-1, 2, 64)
    return weights


@pytest.fixture
def oxford(monkeypatch) -> dict[str, torch.Tensor]:
    """Random weights in Caffe's convention, which are recognised as the Oxford network."""
    weights = caffe_weights()
    weight = weights["features.0.weight"].double().flip(1)
    cosines = channel_cosines(weight)
    monkeypatch.setattr(conventions, "OXFORD_COSINES", [cosines[i, j].item() for i, j in ((0, 1), (1, 2), (0, 2))])
    monkeypatch.setattr(conventions, "OXFORD_NORMS", weight.square().sum((0, 2, 3)).sqrt().tolist())
    return weights


def into_caffe(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return weights in torchvision's convention as Caffe's, by the inverse of the documented equations."""
    weight, bias = (weights[name].double() for name in FIRST)
    u = weight / (255 * rgb(IMAGENET_STD)).view(1, 3, 1, 1)
    shift = (u.sum((2, 3)) * (255 * rgb(IMAGENET_MEAN) - rgb(CAFFE_MEAN))).sum(1)
    return weights | {FIRST[0]: u.flip(1).float(), FIRST[1]: (bias - shift).float()}


def test_converted_weights_give_caffes_activations(oxford):
    pixels = torch.from_numpy(faces(3))
    bgr = pixels.flip(1).double() - rgb(CAFFE_MEAN[::-1]).view(1, 3, 1, 1)
    expected = conv2d(bgr, oxford[FIRST[0]].double(), oxford[FIRST[1]].double(), padding=1).relu()
    converted, source = to_torchvision(oxford, FILE)
    given = build_prefix(converted, ["relu1_1"])(to_network(pixels))["relu1_1"].double()
    assert source == CAFFE and expected.max() > 30
    torch.testing.assert_close(given[..., 1:-1, 1:-1], expected[..., 1:-1, 1:-1], atol=1e-3, rtol=1e-5)
    assert (given - expected).abs().max() < 0.5 * oxford[FIRST[0]].abs().sum((1, 2, 3)).max()  # the border
    assert all(converted[name] is oxford[name] for name in oxford if name not in FIRST)
    taken_for_torchvisions = build_prefix(oxford, ["relu1_1"])(to_network(pixels))["relu1_1"]
    assert (taken_for_torchvisions - expected).abs().mean() > 0.5 * expected.mean()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_rounded_weights_are_recognised(oxford, dtype):
    rounded = {name: tensor.to(dtype).float() for name, tensor in oxford.items()}
    converted, source = to_torchvision(rounded, FILE)
    assert source == CAFFE
    _, source = to_torchvision({name: tensor.to(dtype).float() for name, tensor in converted.items()}, FILE)
    assert source == ""


def test_weights_in_torchvisions_convention_stay_as_they_are(oxford):
    converted, _ = to_torchvision(oxford, FILE)
    again, source = to_torchvision(converted, FILE)
    assert source == "" and again is converted
    back = into_caffe(converted)
    for name in FIRST:
        torch.testing.assert_close(back[name], oxford[name], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("weights", [random_weights("relu1_1"), random_weights("relu1_1", seed=5), caffe_weights(),
                                     {FIRST[0]: torch.full((64, 3, 3, 3), 0.5), FIRST[1]: torch.zeros(64)}])
def test_other_networks_stay_as_they_are(weights):
    """As torchvision's own VGG-19, which was trained anew."""
    kept, source = to_torchvision(weights, FILE)
    assert source == "" and kept is weights


@pytest.mark.parametrize(("factor", "reverse", "bias", "said"), [
    ([1, 1, 1], True, 0, "for pixels in 0 … 255 in the order RGB, which is neither"),
    ([255, 255, 255], True, 0, "for pixels in 0 … 1 in the order RGB, which is neither"),
    ([255, 255, 255], False, 0, "for pixels in 0 … 1 in the order BGR, which is neither"),
    ([127.5, 127.5, 127.5], True, 0, "for pixels in -1 … 1 in the order RGB, which is neither"),
    ([57.375, 57.12, 58.395], False, 0, "for pixels in 0 … 1 over ImageNet's deviation in the order BGR, which is"),
    ([1, 1, 1], False, 90, "for pixels in 0 … 255 in the order BGR, and no mean is subtracted from them, which is"),
    ([7, 7, 7], False, 0, "for pixels of another scale in the order BGR, which is neither")])
def test_a_third_convention_is_refused_in_one_sentence(oxford, factor, reverse, bias, said):
    weight = oxford[FIRST[0]] * torch.tensor(factor).view(1, 3, 1, 1)
    weights = {FIRST[0]: weight.flip(1) if reverse else weight, FIRST[1]: oxford[FIRST[1]] + bias}
    with pytest.raises(InputError, match=said) as error:
        to_torchvision(weights, FILE)
    sentence = str(error.value)
    assert sentence.startswith("loss_network.file: vgg19.pth holds the Oxford VGG-19") and "\n" not in sentence


def test_a_first_layer_of_zeros_is_refused():
    weights = {FIRST[0]: torch.zeros(64, 3, 3, 3), FIRST[1]: torch.ones(64)}
    with pytest.raises(InputError, match="^loss_network.file: vgg19.pth holds no trained weights: features.0.weight is "
                                         "0 everywhere; give a state dict of VGG-19 "):
        to_torchvision(weights, FILE)
    weights[FIRST[0]][5, 0, 1, 1] = 1e-8
    assert to_torchvision(weights, FILE) == (weights, "")


def test_a_file_is_converted_wherever_it_is_read(oxford, tmp_path):
    path = tmp_path / "vgg19.pth"
    torch.save(oxford, path)
    weights, source, _ = sources.get_source("file", str(path), seed=0)
    expected, _ = to_torchvision(oxford, FILE)
    assert source == CAFFE and all(torch.equal(weights[name], expected[name]) for name in oxford)


def test_the_last_line_of_the_stage_says_that_weights_were_converted():
    rms = {"relu1_1": 1.0}
    assert f"file weights converted from {CAFFE}; RMS" in messages.loss_network(Path("x"), "file", rms, 8, CAFFE)
    assert "file weights; RMS" in messages.loss_network(Path("x"), "file", rms, 8)


def test_vgg_fc_has_the_converted_convolutions(oxford, tmp_path):
    shapes = parameter_shapes(LAYERS[-1]) | vgg_fc.CLASSIFIER
    state = {name: torch.full((1,), 0.5).expand(shape) for name, shape in shapes.items()} | oxford
    torch.save(state, tmp_path / "vgg19.pth")
    held = vgg_fc.get_weights("file", str(tmp_path / "vgg19.pth"))
    expected, _ = to_torchvision(oxford, FILE)
    assert all(torch.equal(held[name], expected[name]) for name in FIRST)


@pytest.fixture
def shared() -> dict[str, torch.Tensor]:
    if not SHARED.is_file():
        pytest.skip("no VGG-19 in ../shared")
    weights = sources.get_weights("file", str(SHARED), seed=0)
    return {name: weights[name] for name in parameter_shapes("relu3_4")}


def test_the_real_network_is_recognised_and_stays_as_it_is(shared):
    assert oxford_order(shared[FIRST[0]].double()) == "RGB"
    kept, source = to_torchvision(shared, FILE)
    assert source == "" and kept is shared


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_the_real_network_in_caffes_convention_gives_the_same_activations(shared, dtype, tmp_path):
    path = tmp_path / "vgg19-caffe.pth"
    torch.save({name: tensor.to(dtype) for name, tensor in into_caffe(shared).items()}, path)
    weights, source, _ = sources.get_source("file", str(path), seed=0)
    assert source == CAFFE
    images = to_network(torch.from_numpy(faces(4, size=64)))
    layers = ["relu1_1", "relu2_1", "relu3_1", "relu3_4"]
    given, expected = (build_prefix(held, layers)(images) for held in (weights, shared))
    for layer in layers:
        error = (given[layer] - expected[layer]).square().mean().sqrt() / expected[layer].square().mean().sqrt()
        assert error < (1e-5 if dtype == torch.float32 else 2e-3), (layer, error)
