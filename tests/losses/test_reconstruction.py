"""Compare the reconstruction losses with their equations."""

import pytest
import torch
from torch import nn

from pipeline.data.pixels import to_network
from pipeline.losses.loss_network.calibration import measure_rms
from pipeline.losses.loss_network.network import build_prefix
from pipeline.losses.reconstruction.feature import PIECE, FeatureLoss, mean_square, sum_of_squares
from pipeline.losses.reconstruction.pixel import PixelLoss
from pipeline.models.vgg19 import IMAGENET_MEAN, IMAGENET_STD
from tests.tiny import faces, random_weights


class TwoLayers(nn.Module):
    """A network of two convolutions, small enough to sum its features by hand."""

    layers = ("first", "second")

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Conv2d(3, 2, 3, padding=1), nn.Conv2d(2, 4, 3, stride=2, padding=1)
        self.requires_grad_(False)

    def forward(self, images):
        first = self.first(images).relu()
        return {"first": first, "second": self.second(first).relu()}


def pictures(number: int = 3, size: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    return torch.randn(number, 3, size, size), torch.randn(number, 3, size, size)


def test_equation_4_by_hand():
    network, (reconstruction, image) = TwoLayers(), pictures()
    measured, reference = {"first": 0.5, "second": 2.0}, {"first": 50.0, "second": 30.0}
    loss = FeatureLoss(network, measured, reference)(reconstruction, image)
    for layer in network.layers:
        ours, theirs = network(reconstruction)[layer], network(image)[layer]
        scale = reference[layer] / measured[layer]
        images, channels, height, width = ours.shape
        total = 0.0
        for n in range(images):
            distance = 0.0
            for c in range(channels):
                for h in range(height):
                    for w in range(width):
                        distance += (scale * ours[n, c, h, w].item() - scale * theirs[n, c, h, w].item()) ** 2
            total += distance / (2 * channels * height * width)
        assert loss[layer].item() == pytest.approx(total / images, rel=1e-5)
    assert set(loss) == {"first", "second"}


def test_distances_are_per_image_and_their_total_sums_the_layers():
    network, (reconstruction, image) = TwoLayers(), pictures()
    loss = FeatureLoss(network, {"first": 1.0, "second": 1.0}, {"first": 2.0, "second": 3.0})
    distances = loss.distances(reconstruction, image)
    alone = loss(reconstruction[1:2], image[1:2])
    for layer in network.layers:
        assert distances[layer].shape == (3,)
        torch.testing.assert_close(distances[layer][1], alone[layer])
    torch.testing.assert_close(loss.total_distance(reconstruction, image), distances["first"] + distances["second"])


def vgg_loss(layers=("relu1_1", "relu2_1"), scale: float = 1.0) -> FeatureLoss:
    weights = {name: tensor * scale for name, tensor in random_weights("relu2_1").items()}
    rms = measure_rms(weights, torch.from_numpy(faces(8)))
    return FeatureLoss(build_prefix(weights, layers), rms, {"relu1_1": 50.2, "relu2_1": 258.7})


def test_only_the_reconstruction_has_a_gradient():
    loss = vgg_loss()
    reconstruction, image = (picture.requires_grad_() for picture in pictures(size=8))
    sum(loss(reconstruction, image).values()).backward()
    assert reconstruction.grad.abs().sum() > 0
    assert image.grad is None
    assert all(parameter.grad is None for parameter in loss.network.parameters())


def test_calibration_removes_the_networks_scale():
    reconstruction, image = (to_network(torch.from_numpy(faces(4, seed))) for seed in (1, 2))
    plain, scaled = vgg_loss()(reconstruction, image), vgg_loss(scale=7.0)(reconstruction, image)
    for layer in plain:
        assert scaled[layer].item() == pytest.approx(plain[layer].item(), rel=1e-4)


def test_calibrated_activations_have_the_reference_rms():
    """Against an image without activations, eq. 4 is half the mean square."""
    loss, image = vgg_loss(), to_network(torch.from_numpy(faces(8)))
    grey = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1).expand_as(image) * 2 - 1  # ImageNet's mean
    terms = loss(image, grey)
    assert (2 * terms["relu1_1"]) ** 0.5 == pytest.approx(50.2, rel=1e-3)
    assert (2 * terms["relu2_1"]) ** 0.5 == pytest.approx(258.7, rel=1e-3)


def test_under_autocast_convolutions_are_in_bfloat16_and_sums_in_float32():
    loss, (reconstruction, image) = vgg_loss(), pictures(size=8)
    with torch.autocast("cpu", torch.bfloat16):
        activations, terms = loss.network(image), loss(reconstruction, image)
    assert {activation.dtype for activation in activations.values()} == {torch.bfloat16}
    assert {term.dtype for term in terms.values()} == {torch.float32}


@pytest.mark.parametrize("grey", [200, 255])
def test_the_input_is_normalised_before_it_is_cast(grey):
    """In bfloat16 a light pixel would be rounded to half a grey level."""
    loss, seen = vgg_loss(), []
    image = to_network(torch.full((1, 3, 8, 8), grey, dtype=torch.uint8))
    loss.network.features[0].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    with torch.autocast("cpu", torch.bfloat16):
        loss.network(image)
        loss.network(image.bfloat16())
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    for x, given in zip(seen, (image, image.bfloat16()), strict=True):
        assert x.dtype == torch.float32
        torch.testing.assert_close(x, (((given.double() + 1) / 2 - mean) / std).float(), rtol=1e-6, atol=1e-6)


def test_mean_square_sums_half_precision_in_float32():
    difference = torch.full((2, 4, 64, 64), 3.0, dtype=torch.bfloat16)
    assert mean_square(difference).tolist() == [9.0, 9.0] and mean_square(difference).dtype == torch.float32


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 1e-2)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_mean_square_and_its_gradient_are_those_of_the_plain_formula(dtype, tolerance, layout):
    """bfloat16 keeps 8 bits of the gradient. It is rounded once less than by the plain formula."""
    loss, (reconstruction, image) = vgg_loss(), pictures(size=32)
    loss.network.to(memory_format=layout)
    gradients, totals = [], []
    for distance in (loss.forward, lambda *pair: {layer: of.mean() for layer, of in loss.distances(*pair).items()}):
        x = reconstruction.contiguous(memory_format=layout).requires_grad_()
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            terms = distance(x, image)
        totals.append(sum(terms.values()))
        gradients.append(torch.autograd.grad(totals[-1], x)[0])
    assert totals[0].item() == pytest.approx(totals[1].item(), rel=1e-5)
    assert (gradients[0] - gradients[1]).norm() <= tolerance * gradients[1].norm()


def test_the_gradient_keeps_the_layout_of_the_activations():
    """In another layout, all that is added to it on its way back would take several times as long."""
    loss, (reconstruction, image) = vgg_loss(["relu1_1"]), pictures(size=16)
    loss.network.to(memory_format=torch.channels_last)
    seen = []

    def watch(module, inputs, output) -> None:
        if output.requires_grad:
            output.register_hook(seen.append)

    loss.network.features[-1].register_forward_hook(watch)
    x = reconstruction.contiguous(memory_format=torch.channels_last).requires_grad_()
    sum(loss(x, image).values()).backward()
    assert len(seen) == 1 and seen[0].is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_squares_of_many_values_are_summed_in_float32(layout, dtype):
    values = torch.randn(3, PIECE // 512, 32, 32, generator=torch.Generator().manual_seed(3)).to(dtype)
    total = sum_of_squares(values.contiguous(memory_format=layout))
    assert total.dtype == torch.float32
    assert total.item() == pytest.approx(values.double().square().sum().item(), rel=2e-5)


def test_pixel_loss_by_hand():
    reconstruction, image = pictures()
    pairs = zip(reconstruction.flatten().tolist(), image.flatten().tolist(), strict=True)
    total = sum((a - b) ** 2 for a, b in pairs)
    loss = PixelLoss(sigma=0.5)(reconstruction, image)
    assert loss["pixel"].item() == pytest.approx(total / (2 * 0.5**2) / 3, rel=1e-5)
    assert PixelLoss(sigma=1.0)(image, image)["pixel"].item() == 0
