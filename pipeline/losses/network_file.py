"""The loss network as a file of ours.

It holds weights in torchvision's layout and, in its metadata, where they come from and the RMS of its layers'
activations over natural images, measured once.
"""

import json
import os
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

Weights = dict[str, torch.Tensor]
ABOUT = "loss_network"  # the one entry of the file's metadata: safetensors writes several in any order


def save(path: Path, state: Weights, rms: dict[str, float], source: str) -> None:
    """Write the loss network atomically; the same one always as the same bytes, by which DVC tells what to train again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, temporary,
              metadata={ABOUT: json.dumps({"source": source, "rms": rms})})
    os.replace(temporary, path)


def source_of(path: Path) -> str:
    """Where the weights came from: random, imagenet or file."""
    with safe_open(path, "pt") as file:
        return json.loads(file.metadata()[ABOUT])["source"]
