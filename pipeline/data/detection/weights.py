"""MTCNN's weights, as the wheel of facenet-pytorch 2.6.0 has them (MIT licence, © 2019 Timothy Esler)."""

import io
import pickle
import zipfile
from pathlib import Path

import torch
from torch import nn

from pipeline.data.detection.networks import ONet, PNet, RNet
from pipeline.errors import InputError

FETCH = "make detector"  # the command that fetches the wheel
FILES = ("pnet.pt", "rnet.pt", "onet.pt")
IN_WHEEL = "facenet_pytorch/data/"


def read_networks(path: Path) -> tuple[PNet, RNet, ONet]:
    """Return the three networks with their weights, on the CPU, for inference.

    Args:
        path: the wheel, which is read in place, or a folder that holds pnet.pt, rnet.pt and onet.pt.

    Raises:
        InputError: there is no such file, or it holds something else.
    """
    networks = PNet(), RNet(), ONet()
    for network, stored in zip(networks, read_files(path), strict=True):
        load(network, stored, path)
    return networks


def read_files(path: Path) -> list[bytes]:
    """Return the bytes of FILES, from a wheel or a folder; raise InputError where one is missing."""
    if not path.exists():
        raise InputError(f"{path}, the weights of the face detector, does not exist; `{FETCH}` fetches them")
    try:
        if path.is_dir():
            return [(path / name).read_bytes() for name in FILES]
        with zipfile.ZipFile(path) as wheel:
            return [wheel.read(f"{IN_WHEEL}{name}") for name in FILES]
    except (FileNotFoundError, KeyError, zipfile.BadZipFile, zipfile.LargeZipFile) as error:
        raise wrong(path) from error


def load(network: nn.Module, stored: bytes, path: Path) -> None:
    """Put the weights of one file into a network; raise InputError if they do not fit."""
    try:
        network.load_state_dict(torch.load(io.BytesIO(stored), map_location="cpu", weights_only=True))
    except (RuntimeError, pickle.UnpicklingError, TypeError, EOFError, AttributeError, ValueError, KeyError) as error:
        raise wrong(path) from error
    network.eval().requires_grad_(False)


def wrong(path: Path) -> InputError:
    """Return the error for a file that holds something else."""
    return InputError(f"{path} does not hold MTCNN's {', '.join(FILES)} as the wheel of facenet-pytorch 2.6.0 has "
                      f"them; run `{FETCH}`, and set data.detector to the file that it names")
