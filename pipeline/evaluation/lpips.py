"""LPIPS (Zhang et al. 2018, eq. 1): a learned perceptual distance of two images, with weights from a file.

The network is VGG-16 with the linear layers of version 0.1, as torch-fidelity implements it. Its weights never saw a
loss of this project. Images enter in their own size: at 64×64 pixels the deepest of the five layers has 4×4 places.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError
from pipeline.evaluation.reconstruction import ImageDistance

if TYPE_CHECKING:
    import torch

BATCH = 32  # images: the first layer has 64 channels of the images' size
CHANNELS = (64, 128, 256, 512, 512)  # of the five layers that are compared
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
    network.load_state_dict(select_lpips(read_state_dict(path), network.state_dict(), path), assign=True)
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
    from torchvision.models import vgg16

    try:
        from torch_fidelity import sample_similarity_lpips as fidelity
    except ImportError:
        raise InputError("evaluate.lpips needs the package torch-fidelity; install it, or set evaluate.lpips to "
                         "data/none to leave LPIPS out") from None
    with (torch.device("meta"),
          patch.object(fidelity, "torchvision_load_pretrained_vgg16", lambda: vgg16(weights=None)),
          patch.object(fidelity, "load_state_dict_from_url", lambda *_, **__: {
              f"lin{number}.model.1.weight": torch.empty(1, channels, 1, 1)
              for number, channels in enumerate(CHANNELS)})):
        return fidelity.SampleSimilarityLPIPS("lpips")


def read_state_dict(path: Path) -> dict[str, Any]:
    """Read a state dict without executing code from its file.

    Raises:
        InputError: the file is missing, or holds something else.
    """
    import torch

    if not path.is_file():
        raise InputError(f"evaluate.lpips: {path} does not exist; give LPIPS's weights")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # torch's reader may raise anything on bytes that are something else
        state = None
    if not isinstance(state, dict) or not all(isinstance(name, str) and isinstance(value, torch.Tensor)
                                              for name, value in state.items()):
        raise InputError(f"evaluate.lpips: {path} is not a state dict that can be read without executing code; "
                         "save LPIPS's state_dict() as docs/decisions.md says")
    return state


def select_lpips(state: dict[str, Any], expected: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the weights of LPIPS with VGG-16 in a state dict, as float32.

    Args:
        state: what the file holds.
        expected: the state dict of the network, for names and shapes.
        path: where `state` comes from, for errors.

    Raises:
        InputError: they are the linear layers alone, the weights of another network, or damaged.
    """
    state = {name: value for name, value in state.items() if not name.startswith(REPEATED)}
    linear = {name for name in expected if name.startswith("lin")}
    where = f"evaluate.lpips: {path}"
    if state.keys() == linear:
        raise InputError(f"{where} holds the linear layers of LPIPS alone, without VGG-16; save the whole state_dict() "
                         "as docs/decisions.md says")
    if state.keys() != expected.keys():
        name = min(state.keys() ^ expected.keys())
        raise InputError(f"{where} holds the weights of another network than LPIPS with VGG-16: {name} is "
                         f"{'missing' if name in expected else 'not one of its weights'}; give those of LPIPS, v0.1")
    for name, value in state.items():
        if value.shape != expected[name].shape:
            raise InputError(f"{where} holds the weights of another network than LPIPS with VGG-16: {name} has shape "
                             f"{tuple(value.shape)} and not {tuple(expected[name].shape)}; give those of LPIPS, v0.1")
        if not value.isfinite().all():
            raise InputError(f"{where}: {name} has values that are not finite; the file is damaged, so get it again")
        if name in linear and value.min() < 0:
            raise InputError(f"{where} holds the weights of another network than LPIPS: {name} has negative values, "
                             "which LPIPS's training rules out; give those of LPIPS, v0.1")
    return {name: value.float() for name, value in state.items()}
