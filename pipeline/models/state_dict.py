"""Weights of a known network from a file that a parameter names: read without running code from it, and checked."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.errors import InputError

if TYPE_CHECKING:  # torch takes seconds to import
    import torch

Shapes = Mapping[str, tuple[int, ...]]  # of a network's weights, by their names


class WeightsFile(NamedTuple):
    """A file of weights, and the words in which errors speak of it."""

    parameter: str              # the dotted path of the parameter that names it, such as "evaluate.lpips"
    path: "str | os.PathLike[str]"
    network: str                # whose weights it should hold, such as "LPIPS with VGG-16"
    remedy: str                 # what to do if it holds something else

    def error(self, wrong: str, remedy: str = "") -> InputError:
        """Return the one sentence with which the file is refused. remedy: where it is another than the file's own."""
        return InputError(f"{self.parameter}: {self.path} {wrong}; {remedy or self.remedy}")


def read_state_dict(file: WeightsFile) -> dict[str, Any]:
    """Read a state dict from a .safetensors file or a torch checkpoint, or from the entry "state_dict" of a checkpoint.

    Returns:
        The values by their names, as the file holds them. They may be other things than tensors.

    Raises:
        InputError: the file is missing, or holds something else than a state dict.
    """
    import torch
    from safetensors.torch import load_file

    path = Path(file.path)
    if path.is_dir():
        raise file.error("is a folder and no file")
    if not path.is_file():
        raise file.error("does not exist")
    try:
        state: Any = load_file(path) if path.suffix == ".safetensors" else \
            torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # torch's reader raises errors of any kind on other bytes
        with path.open("rb") as opened:
            is_html = opened.read(64).lstrip().startswith(b"<")
        raise file.error("is an HTML page, not weights" if is_html else
                         "is not a state dict that can be read without executing code") from None
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
        raise file.error(f"holds a {type(state).__name__} that is not a state dict")
    return state


def select_weights(file: WeightsFile, state: Mapping[str, Any], shapes: Shapes) -> "dict[str, torch.Tensor]":
    """Return the weights of a network, which are all that a state dict holds.

    Args:
        file: where the state dict comes from.
        state: the state dict.
        shapes: of the network's weights.

    Returns:
        float32, in the order of `shapes`.

    Raises:
        InputError: a name is missing or is none of the network's, or a value is none of its weights.
    """
    if state.keys() != shapes.keys():
        name = min(state.keys() ^ shapes.keys())
        raise another_network(file, f"{name} is {'missing' if name in shapes else 'not one of its weights'}")
    return {name: checked_weight(file, name, state[name], shape) for name, shape in shapes.items()}


def checked_weight(file: WeightsFile, name: str, value: Any, shape: tuple[int, ...]) -> "torch.Tensor":
    """Return a value of a state dict as float32.

    Raises:
        InputError: it is not a tensor of this shape that holds finite floating-point numbers.
    """
    import torch

    if not isinstance(value, torch.Tensor):
        raise another_network(file, f"{name} is a {type(value).__name__} and not a tensor")
    if value.shape != shape:
        raise another_network(file, f"{name} has shape {tuple(value.shape)} and not {shape}")
    if not value.is_floating_point() or value.layout != torch.strided or value.is_meta:
        raise file.error(f"does not hold plain floating-point numbers: {name} is a tensor of type {value.type()}")
    value = value.float()
    if not value.isfinite().all():
        raise file.error(f"is damaged: {name} has values that are not finite", "get the file again")
    return value


def another_network(file: WeightsFile, why: str) -> InputError:
    """Return the sentence for a file that does not fit its network."""
    return file.error(f"holds the weights of another network than {file.network}: {why}")
