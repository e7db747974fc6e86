"""Weights that see a bright spot on dark ground as a face, so that the cascade can be tested without MTCNN's own."""

from pathlib import Path

import pytest
import torch
from torch import nn

from pipeline.data.detection.networks import ONet, PNet, RNet

# As shares of the window: five x, then five y.
PLACES = (0.3, 0.7, 0.5, 0.35, 0.65, 0.4, 0.45, 0.6, 0.8, 0.85)


def clear(network: nn.Module) -> None:
    """All weights are 0, and each PReLU lets all values through."""
    for name, weights in network.state_dict().items():
        weights.fill_(float("prelu" in name))


def hand_on(conv: nn.Conv2d) -> None:
    """The first channel of the output is the mean of the first channel of the input, or of all colours."""
    conv.weight[0, :3 if conv.in_channels == 3 else 1] = 1
    conv.weight[0] /= conv.weight[0].sum()


def decide(layer: nn.Module) -> None:
    """The probability of a face is the sigmoid of 8 x - 2."""
    layer.weight[1, 0], layer.bias[1] = 8, -2


def spot_pnet() -> PNet:
    """x: the middle of the window minus its four corners."""
    network = PNet()
    with torch.no_grad():
        clear(network)
        hand_on(network.conv1)
        network.conv2.weight[0, 0, 1, 1] = network.conv3.weight[0, 0, 1, 1] = 1
        for channel, (row, column) in enumerate([(0, 0), (0, 2), (2, 0), (2, 2)], 1):
            network.conv2.weight[channel, 0, row, column] = 1
            network.conv3.weight[0, channel, row, column] = -0.25
        decide(network.conv4_1)
    return network


def spot_deep(network: RNet | ONet, convolutions: list[nn.Conv2d], dense: nn.Linear, decision: nn.Linear) -> None:
    """The same over the 3×3 cells before the dense layer."""
    channels = convolutions[-1].out_channels
    with torch.no_grad():
        clear(network)
        for convolution in convolutions:
            hand_on(convolution)
        dense.weight[0, 4 * channels] = 1
        for cell in (0, 2, 6, 8):
            dense.weight[0, cell * channels] = -0.25
        decide(decision)


@pytest.fixture
def spot_weights(tmp_path) -> Path:
    """A folder of three files, in the form of facenet-pytorch's."""
    refine, output = RNet(), ONet()
    spot_deep(refine, [refine.conv1, refine.conv2, refine.conv3], refine.dense4, refine.dense5_1)
    spot_deep(output, [output.conv1, output.conv2, output.conv3, output.conv4], output.dense5, output.dense6_1)
    with torch.no_grad():
        output.dense6_3.bias[:] = torch.tensor(PLACES)
    folder = tmp_path / "weights"
    folder.mkdir()
    for name, network in (("pnet", spot_pnet()), ("rnet", refine), ("onet", output)):
        torch.save(network.state_dict(), folder / f"{name}.pt")
    return folder
