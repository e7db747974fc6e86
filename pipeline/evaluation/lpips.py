"""LPIPS (Zhang et al. 2018, eq. 1): a learned perceptual distance of two images, with weights from a file.

The network is VGG-16 with the linear layers of version 0.1, as torch-fidelity implements it. Its weights never saw a
loss of this project. Images enter in their own size: at 64×64 pixels the deepest of the five layers has 4×4 places.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.evaluation.fidelity_package import check_installed
from pipeline.evaluation.reconstruction import ImageDistance
from pipeline.models.state_dict import WeightsFile, another_network, read_state_dict, select_weights

if TYPE_CHECKING:
    import torch

BATCH = 32  # images: the first layer has 64 channels of the images' size
CHANNELS = (64, 128, 256, 512, 512)  # of the five layers that are compared
CONVOLUTIONS = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))  # up to each, by their places in VGG-16
REPEATED = ("lins.", "scaling_layer.")  # what the state dict of the package lpips has beside, for the same network


def lpips_distance(path: Path, device: "str | torch.device" = "cpu") -> ImageDistance:
    """Return the LPIPS distance as a function of two batches of images.

    Args:
        path: the whole state dict of LPIPS with VGG-16, as `torch.save` writes it from torch-fidelity's
            `SampleSimilarityLPIPS` or from the package lpips. docs/decisions.md has the command.
        device: where the network runs, in full float32.

    Returns:
        A function: images and reconstructions, each float N×3×S×S in -1 … 1, S ≥ 16 → float32 N, 0 for equal images.

    Raises:
        InputError: torch-fidelity is not installed, or the file is missing or does not hold these weights.
    """
    import torch

    from pipeline.hardware.float32 import full_float32

    network = empty_network()
    network.load_state_dict(read_lpips(path), assign=True)
    network.to(device)

    @torch.inference_mode()
    def distance(images: torch.Tensor, reconstructions: torch.Tensor) -> torch.Tensor:
        pairs = zip(images.split(BATCH), reconstructions.split(BATCH), strict=True)
        with full_float32():
            return torch.cat([network((a + 1) * 127.5, (b + 1) * 127.5).flatten() for a, b in pairs])

    return distance


def empty_network() -> Any:
    """Return torch-fidelity's network of LPIPS on torch's device meta, where it has shapes and no values.

    Its constructor would download weights. So the two functions that do are replaced while it runs.
    """
    from unittest.mock import patch

    import torch
    from torch_fidelity import sample_similarity_lpips as fidelity
    from torchvision.models import vgg16

    with (torch.device("meta"),
          patch.object(fidelity, "torchvision_load_pretrained_vgg16", lambda: vgg16(weights=None)),
          patch.object(fidelity, "load_state_dict_from_url", lambda *_, **__: {
              name: torch.empty(shape) for name, shape in linear_shapes().items()})):
        return fidelity.SampleSimilarityLPIPS("lpips")


def read_lpips(path: str | Path) -> "dict[str, torch.Tensor]":
    """Read the weights of LPIPS with VGG-16, without running code from their file and without torchvision.

    Args:
        path: as for `lpips_distance`.

    Returns:
        float32, the state dict of torch-fidelity's network.

    Raises:
        InputError: torch-fidelity is not installed, or the file is missing or damaged, or it holds the linear layers
            alone or another network.
    """
    check_installed("evaluate.lpips", "LPIPS")
    file = WeightsFile("evaluate.lpips", path, "LPIPS with VGG-16",
                       "give the whole state_dict() of LPIPS with VGG-16, v0.1, as docs/decisions.md says")
    state = {name: value for name, value in read_state_dict(file).items() if not name.startswith(REPEATED)}
    linear, shapes = linear_shapes(), weight_shapes()
    if state.keys() == linear.keys():
        raise file.error("holds the linear layers of LPIPS alone, without VGG-16")
    weights = select_weights(file, state, shapes)
    for name in linear:
        if weights[name].min() < 0:
            raise another_network(file, f"{name} has negative values, which LPIPS's training rules out")
    return weights


def linear_shapes() -> dict[str, tuple[int, ...]]:
    """Return the shapes of LPIPS's linear layers, by their names in torch-fidelity's network."""
    return {f"lin{number}.model.1.weight": (1, channels, 1, 1) for number, channels in enumerate(CHANNELS)}


def weight_shapes() -> dict[str, tuple[int, ...]]:
    """Return the shapes of all weights of torch-fidelity's network, by their names."""
    shapes = linear_shapes()
    before = 3
    for number, (channels, places) in enumerate(zip(CHANNELS, CONVOLUTIONS, strict=True), 1):
        for place in places:
            name = f"net.slice{number}.{place}"
            shapes |= {f"{name}.weight": (channels, before, 3, 3), f"{name}.bias": (channels,)}
            before = channels
    return shapes
