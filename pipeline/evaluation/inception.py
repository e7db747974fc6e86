"""The Inception network of FID (Heusel et al. 2017), as torch-fidelity implements it, with weights from a file."""

import csv
import io
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.evaluation.fidelity_package import check_installed
from pipeline.evaluation.frechet import ImageFeatures
from pipeline.models.state_dict import WeightsFile, read_state_dict, select_weights

if TYPE_CHECKING:
    import torch

RELEASED = "weights-inception-2015-12-05-6726825d.pth"
BATCH = 25  # images: the network scales them to 299×299 and then holds 64 channels of that size


def inception_features(path: Path, device: "str | torch.device" = "cpu") -> ImageFeatures:
    """Return a function from images to Inception's last pooling. With these features the Fréchet distance is FID.

    Args:
        path: RELEASED of torch-fidelity's releases. It is converted from the TensorFlow graph that defines FID;
            torchvision's Inception is another network.
        device: where the network runs, in full float32.

    Returns:
        A function: uint8 N×3×S×S → float32 N×2048.

    Raises:
        InputError: torch-fidelity is not installed, or the file is missing or does not hold these weights.
    """
    import torch

    from pipeline.hardware.float32 import full_float32

    weights = read_inception(path)
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    readable = io.BytesIO()  # torch-fidelity would run code from the file itself
    torch.save(weights, readable)
    readable.seek(0)
    network = FeatureExtractorInceptionV3("inception", ["2048"], readable).to(device)

    @torch.inference_mode()
    def features(images: np.ndarray) -> np.ndarray:
        batches = torch.from_numpy(images).split(BATCH)
        with full_float32():
            return torch.cat([network(batch.to(device))[0].cpu() for batch in batches]).numpy()

    return features


def read_inception(path: str | Path) -> "dict[str, torch.Tensor]":
    """Read the weights of FID's Inception, without running code from their file and without torchvision.

    Args:
        path: as for `inception_features`.

    Returns:
        float32, the state dict of torch-fidelity's network without its counts of batches, which count in no result.

    Raises:
        InputError: torch-fidelity is not installed, or the file is missing or damaged, or it holds another network.
    """
    check_installed("sampling.inception", "FID")
    file = WeightsFile("sampling.inception", path, "torch-fidelity's Inception",
                       f"give {RELEASED} of torch-fidelity's releases")
    state = {name: value for name, value in read_state_dict(file).items() if not name.endswith(".num_batches_tracked")}
    return select_weights(file, state, weight_shapes())


def weight_shapes() -> dict[str, tuple[int, ...]]:
    """Return the shapes of all weights of torch-fidelity's network, by their names."""
    shapes: dict[str, tuple[int, ...]] = {}
    with resources.files(__package__).joinpath("inception_convolutions.csv").open(encoding="utf-8") as table:
        for name, *sizes in list(csv.reader(table))[1:]:
            shapes[f"{name}.conv.weight"] = shape = tuple(map(int, sizes))
            shapes |= {f"{name}.bn.{part}": shape[:1] for part in ("weight", "bias", "running_mean", "running_var")}
    return shapes | {"fc.weight": (1008, 2048), "fc.bias": (1008,)}
