"""The loss network as a file.

It holds weights in torchvision's layout. Its metadata say where the weights come from, and the RMS of each layer's
activations over faces, which is measured once.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from safetensors import safe_open

from pipeline.files.atomic import replacing
from pipeline.losses.loss_network.layers import check_layers_held
from pipeline.messages import loss_network_source
from pipeline.models.vgg19_layers import FIRST, WIDTHS, deepest, parameter_shapes

if TYPE_CHECKING:  # torch takes seconds to load
    import torch

Weights: TypeAlias = "dict[str, torch.Tensor]"  # by torchvision's names
METADATA_KEY = "loss_network"  # the only one: safetensors writes several in any order


def write_loss_network(path: Path, weights: Weights, rms: dict[str, float], source: str, converted_from: str = "",
                       learned_from: str = "") -> None:
    """Write the loss network atomically.

    The same network always gives the same bytes, by which DVC tells what to train again.

    Args:
        path: The file to write; its folder is created.
        weights: An unbroken prefix of VGG-19 by torchvision's names.
        rms: Root mean square of the activations of each layer that the weights reach.
        source: Where the weights come from: random, taught, imagenet or file.
        converted_from: The convention in which the source holds them, "" if it is torchvision's.
        learned_from: From what a taught network has learned, in words; "" for others.
    """
    from safetensors.torch import save_file

    more = {name: said for name, said in (("converted_from", converted_from), ("learned_from", learned_from)) if said}
    with replacing(path) as temporary:
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, temporary,
                  metadata={METADATA_KEY: json.dumps({"source": source, "rms": rms} | more)})


def read_source(path: Path) -> str:
    """Return where the weights come from: random, taught, imagenet or file."""
    with safe_open(path, "np") as file:
        return read_metadata(file)["source"]


def read_learned_from(path: Path) -> str:
    """Return from what a network has learned that this project has taught, in words; "" for others, and other files."""
    with safe_open(path, "np") as file:
        text = (file.metadata() or {}).get(METADATA_KEY, "")
    try:  # another program may use the same key for something else
        return str(json.loads(text)["learned_from"])
    except (ValueError, KeyError, TypeError):
        return ""


def describe_weights(path: Path) -> str:
    """Return where the weights of a loss network come from, from what they have learned, and their width."""
    with safe_open(path, "np") as file:
        metadata, filters = read_metadata(file), file.get_slice(FIRST).get_shape()[0]
    learned = f" on {metadata['learned_from']}" if metadata.get("learned_from") else ""
    narrowed = f", {filters / WIDTHS[0]:g} times VGG-19's channels" if filters != WIDTHS[0] else ""
    return f"{metadata['source']}{learned}{narrowed}"


def read_prefix(path: Path, layers: Sequence[str], parameter: str) -> tuple[Weights, dict[str, float]]:
    """Read as much of a loss network as `layers` need.

    Args:
        path: A file of `write_loss_network`.
        layers: Layers of VGG-19, in any order.
        parameter: Dotted path of the parameter that asks for `layers`, for the error.

    Returns:
        The weights up to the deepest layer, float32, and the RMS of `layers`.

    Raises:
        InputError: The file does not reach one of the layers.
    """
    weights, metadata = read_held(path, layers, parameter, "pt")
    return weights, metadata["rms"]


def copy_prefix(path: Path, target: Path, layers: Sequence[str], parameter: str) -> None:
    """Write as much of a loss network as `layers` need into a file of its own, atomically; loads no torch.

    Args:
        path: A file of `write_loss_network`.
        target: The file to write; its folder is created. Its bytes are those that `write_loss_network` would write.
        layers: As in `read_prefix`.
        parameter: As in `read_prefix`.

    Raises:
        InputError: The file does not reach one of the layers.
    """
    from safetensors.numpy import save_file

    weights, metadata = read_held(path, layers, parameter, "np")
    metadata = {name: metadata[name] for name in ("source", "rms", "learned_from") if name in metadata}
    with replacing(target) as temporary:
        save_file(weights, temporary, metadata={METADATA_KEY: json.dumps(metadata)})


def read_held(path: Path, layers: Sequence[str], parameter: str, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the weights that `layers` need, and the metadata with the RMS of these layers alone.

    Args:
        path: As in `read_prefix`.
        layers: As in `read_prefix`.
        parameter: As in `read_prefix`.
        kind: "pt" for torch's tensors, "np" for numpy's arrays.
    """
    with safe_open(path, kind) as file:
        metadata = read_metadata(file)
        check_layers_held(file.keys(), layers, loss_network_source(metadata["source"]), parameter)
        weights = {name: file.get_tensor(name) for name in parameter_shapes(deepest(layers))}
    return weights, metadata | {"rms": {layer: metadata["rms"][layer] for layer in layers}}


def read_metadata(file: Any) -> dict[str, Any]:
    """Return what `write_loss_network` was told, beside the weights, from an open safetensors file."""
    return json.loads(file.metadata()[METADATA_KEY])
