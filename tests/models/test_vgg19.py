"""Compare VGG-19's layers with torchvision's."""

import pytest
import torch
import torchvision
from torch import nn
from torchvision.transforms.functional import normalize

from pipeline.losses.loss_network import sources
from pipeline.losses.loss_network.network import build_prefix
from pipeline.models import vgg19
from pipeline.models.vgg19 import IMAGENET_MEAN, IMAGENET_STD, VGG19Prefix
from pipeline.models.vgg19_layers import RELU_INDEX, conv_channels, deepest, filters, parameter_shapes, width_of
from pipeline.vocabulary import LAYERS
from tests.tiny import random_weights


def torchvision_features() -> nn.Sequential:
    """Build the layers without memory for the classifier, which has 120 million weights."""
    with torch.device("meta"):
        return torchvision.models.vgg19(weights=None, init_weights=False).features


@pytest.fixture(scope="module")
def features() -> nn.Sequential:
    """Return torchvision's convolutions with the weights of the random loss network, without in-place ReLUs."""
    network = torchvision_features().to_empty(device="cpu")
    weights = random_weights(LAYERS[-1])
    generator = torch.Generator().manual_seed(1)
    for name in weights:
        if name.endswith("bias"):
            weights[name] = torch.randn(weights[name].shape, generator=generator) / 10
    network.load_state_dict({name.removeprefix("features."): tensor for name, tensor in weights.items()})
    for module in network:
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return network.eval()


def test_names_and_shapes_are_torchvisions():
    features = torchvision_features()
    assert len(LAYERS) == 16 and all(isinstance(features[RELU_INDEX[layer]], nn.ReLU) for layer in LAYERS)
    assert RELU_INDEX["relu1_1"] == 1 and RELU_INDEX["relu3_1"] == 11 and RELU_INDEX["relu5_4"] == 35
    assert parameter_shapes(LAYERS[-1]) == {f"features.{name}": tuple(tensor.shape)
                                            for name, tensor in features.state_dict().items()}


@pytest.mark.parametrize("layers", [("relu1_1", "relu2_1", "relu3_1"), ("relu3_1", "relu4_1", "relu5_1"),
                                    ("relu1_2", "relu3_4", "relu5_4")])
def test_activations_are_torchvisions(features, layers):
    weights = {f"features.{name}": tensor for name, tensor in features.state_dict().items()}
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        given = build_prefix(weights, layers)(images * 2 - 1)
        assert tuple(given) == layers
        for layer in layers:
            expected = features[:RELU_INDEX[layer] + 1](normalize(images, IMAGENET_MEAN, IMAGENET_STD))
            torch.testing.assert_close(given[layer], expected, rtol=1e-3, atol=1e-4)
            assert given[layer].std() > 0.01


def test_nothing_is_computed_past_the_deepest_layer():
    network = VGG19Prefix(["relu2_1", "relu1_1"])
    assert len(network.features) == RELU_INDEX["relu2_1"] + 1
    assert [tuple(parameter.shape) for parameter in network.parameters()] == list(parameter_shapes("relu2_1").values())
    assert network.layers == ("relu1_1", "relu2_1")


@pytest.mark.parametrize(("width", "channels"), [(0.25, (16, 32, 64, 128, 128)), (1 / 64, (1, 2, 4, 8, 8)),
                                                 (1.5, (96, 192, 384, 768, 768))])
def test_a_width_is_a_factor_on_all_channels(width, channels):
    network = VGG19Prefix(LAYERS, width)
    shapes = parameter_shapes(LAYERS[-1], width)
    assert [tuple(parameter.shape) for parameter in network.parameters()] == list(shapes.values())
    activations = network(torch.zeros(1, 3, 16, 16))
    assert [activations[f"relu{block}_1"].shape[1] for block in range(1, 6)] == list(channels)
    assert width_of({"features.0.weight": network.features[0].weight}) == width


@pytest.mark.parametrize("width", [0, 0.001, 0.3, 1 / 128, -1])
def test_a_width_without_whole_channels_is_refused(width):
    assert filters(width) is None
    with pytest.raises(ValueError, match="gives no whole number of channels"):
        conv_channels(width)


def test_the_weights_tell_the_width_of_a_network():
    weights = sources.random_weights(0, 0.125)
    images = torch.rand(1, 3, 32, 32)
    assert {layer: part.shape[1] for layer, part in build_prefix(weights, ["relu2_1", "relu5_1"])(images).items()} == {
        "relu2_1": 16, "relu5_1": 64}


@pytest.mark.parametrize("layers", [["relu5_1", "relu1_1"], ["relu1_1", "relu5_1"]])
def test_the_deepest_layer(layers):
    assert deepest(layers) == "relu5_1"


def test_the_order_of_the_layers_changes_nothing(features):
    weights = {f"features.{name}": tensor for name, tensor in features.state_dict().items()}
    images = torch.rand(1, 3, 16, 16)
    one, other = (build_prefix(weights, layers)(images) for layers in (["relu1_2", "relu2_1"], ["relu2_1", "relu1_2"]))
    assert one.keys() == other.keys() and all(torch.equal(one[layer], other[layer]) for layer in one)


def test_frozen():
    network = VGG19Prefix(["relu1_2"])
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert not network.training
    images = torch.randn(1, 3, 8, 8, requires_grad=True)
    network(images)["relu1_2"].sum().backward()
    assert images.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in network.parameters())


def test_an_activation_is_not_changed_by_what_follows():
    """The ReLUs of layers that are not wanted work in place, but not on a wanted activation."""
    network = VGG19Prefix(["relu1_1", "relu2_2"])
    images = torch.randn(1, 3, 16, 16)
    before = images.clone()
    alone = VGG19Prefix(["relu1_1"])
    alone.load_state_dict({name: tensor for name, tensor in network.state_dict().items() if ".0." in name})
    torch.testing.assert_close(network(images)["relu1_1"], alone(images)["relu1_1"])
    assert torch.equal(images, before)


def test_gradients_are_torchvisions_where_pooling_comes_before_the_relu(features):
    weights = {f"features.{name}": tensor for name, tensor in features.state_dict().items()}
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(3)).requires_grad_()
    given = build_prefix(weights, ["relu2_2", "relu3_1"])(images * 2 - 1)["relu3_1"]  # relu1_2 runs behind its pooling
    expected = features[:RELU_INDEX["relu3_1"] + 1](normalize(images, IMAGENET_MEAN, IMAGENET_STD))
    pull = torch.randn_like(expected)
    one, other = (torch.autograd.grad(output, images, pull)[0] for output in (given, expected))
    assert (one - other).norm() <= 1e-4 * other.norm()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_biases_behind_the_pooling_give_the_same(features, monkeypatch, dtype):
    """As on a GPU; here up to rounding, since a CPU's convolution rounds once, with its bias."""
    weights = {f"features.{name}": tensor for name, tensor in features.state_dict().items()}
    network = build_prefix(weights, ["relu1_1", "relu2_2", "relu3_1"]).to(dtype)
    network.mean, network.std = network.mean.float(), network.std.float()
    images = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(2)).mul(2).sub(1)
    outcomes = []
    for late in (False, True):
        monkeypatch.setattr(vgg19, "adds_biases_late", lambda device, late=late: late)
        x = images.clone().requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.bfloat16):
            given = network(x)
        outcomes.append({**given, "gradient": torch.autograd.grad(given["relu3_1"].float().square().sum(), x)[0]})
    for name, expected in outcomes[0].items():
        other = outcomes[1][name]
        bound = 1e-5 if dtype == torch.float32 else 0.3 if name == "gradient" else 0.02  # ReLUs switch by rounding
        assert (other - expected).float().norm() <= bound * expected.float().norm()
        assert other.dtype == expected.dtype and other.stride() == expected.stride()


def test_biases_are_added_late_on_a_gpu_alone():
    assert vgg19.adds_biases_late(torch.device("cuda")) and not vgg19.adds_biases_late(torch.device("cpu"))
