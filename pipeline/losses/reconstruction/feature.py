"""The deep feature consistent loss: distances between hidden features of a frozen network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import nn
from torch.autograd.function import once_differentiable

from pipeline.config.losses import FeatureLossConfig
from pipeline.losses.loss_network.network import load_prefix
from pipeline.models.vgg19 import VGG19Prefix

PIECE = 2**17  # values: half a megabyte in float32


class FeatureLoss(nn.Module):
    """Eq. 4 for each layer: squared distance of calibrated activations over 2·C·W·H.

    Activations are rescaled from `measured_rms` to `reference_rms`, so that the weights of eq. 5 mean the same for any
    loss network. One factor per layer is enough, since a ReLU network is positively homogeneous.

    Args:
        network: Gives activations by layer.
        measured_rms: RMS of the network's activations over natural images, by layer.
        reference_rms: RMS to which they are rescaled, by layer.
    """

    def __init__(self, network: VGG19Prefix, measured_rms: dict[str, float], reference_rms: dict[str, float]):
        super().__init__()
        self.network = network
        self.factor = {layer: (reference_rms[layer] / measured_rms[layer]) ** 2 for layer in network.layers}

    def forward(self, reconstruction: torch.Tensor, image: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return eq. 4 by layer, averaged over the batch."""
        return {layer: self.factor[layer] / 2 * MeanSquare.apply(output, target)
                for layer, (output, target) in self.activations(reconstruction, image).items()}

    def distances(self, reconstruction: torch.Tensor, image: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return eq. 4 for every image: {layer: float32 N}. No gradient flows into `image`."""
        return {layer: self.factor[layer] / 2 * mean_square(output - target)
                for layer, (output, target) in self.activations(reconstruction, image).items()}

    def activations(self, reconstruction: torch.Tensor, image: torch.Tensor
                    ) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
        """Return the activations of both by layer, each N×C×H×W, those of `image` without a graph."""
        with torch.no_grad():
            targets = self.network(image)
        outputs = self.network(reconstruction)
        return {layer: (outputs[layer], targets[layer]) for layer in outputs}

    def total_distance(self, reconstruction: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
        """Return Σ_l of eq. 4 for every image: float32 N."""
        return cast(torch.Tensor, sum(self.distances(reconstruction, image).values()))


class MeanSquare(torch.autograd.Function):
    """The mean of (output - target)² over all values, a float32 scalar; its gradient flows into `output` alone.

    The gradient has the memory layout of the activations. That of torch's own mean of squares has not if they are
    channels last, and all that is added to it on its way back then takes up to ten times as long.
    """

    @staticmethod
    def forward(context: Any, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Return the mean square; it is summed in float32, whatever the type of the activations."""
        difference = output - target
        context.save_for_backward(difference)
        return sum_of_squares(difference) / difference.numel()

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        """Return the gradient at `output`, in its type."""
        difference, = context.saved_tensors
        return difference * (gradient * (2 / difference.numel())), None


def sum_of_squares(values: torch.Tensor) -> torch.Tensor:
    """Return the sum of the squares of N×C×H×W of any float type, a float32 scalar.

    On a CPU it goes through the memory once, in pieces that stay in the cache.
    """
    if values.device.type != "cpu":
        return torch.linalg.vector_norm(values, dtype=torch.float32).square()  # reads them once, without a copy
    last = values.is_contiguous(memory_format=torch.channels_last)
    flat = (values.permute(0, 2, 3, 1) if last else values).reshape(-1)
    return torch.stack([torch.dot(piece, piece) for part in flat.split(PIECE) for piece in (part.float(),)]).sum()


def mean_square(difference: torch.Tensor) -> torch.Tensor:
    """Return the mean square of each image, N×C×H×W of any float type → N, summed in float32."""
    return difference.float().square().mean(dim=(1, 2, 3))


def feature_loss(path: Path, layers: Sequence[str], reference_rms: dict[str, float], parameter: str) -> FeatureLoss:
    """Return eq. 4 over `layers` of a loss network.

    Args:
        path: The file of the loss network; its weights are float32.
        layers: Layers of VGG-19, in any order.
        reference_rms: RMS to which the activations of each layer are rescaled.
        parameter: Dotted path of the parameter that asks for `layers`, for the error.

    Raises:
        InputError: The file does not reach one of the layers.
    """
    network, measured_rms = load_prefix(path, layers, parameter)
    return FeatureLoss(network, measured_rms, reference_rms)


def build(loss: FeatureLossConfig, path: Path) -> tuple[FeatureLoss, float, float]:
    """Return the loss and the weights of KL and of L_rec in eq. 5.

    loss.kl_scale is a factor on KL beside alpha: 1 in the paper's text, half the batch size in effect in the authors'
    code. Both terms are means over images, so the objective does not depend on the batch size.
    """
    return feature_loss(path, loss.layers, loss.reference_rms, "loss.layers"), loss.alpha * loss.kl_scale, loss.beta
