"""The Inception network of FID (Heusel et al. 2017), as torch-fidelity implements it, with weights from a file."""

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import InputError
from pipeline.evaluation.frechet import ImageFeatures

if TYPE_CHECKING:
    import torch

BATCH = 25  # images: the network scales them to 299×299 and then holds 64 channels of that size


def inception_features(path: Path, device: "str | torch.device" = "cpu") -> ImageFeatures:
    """Return a function from images to Inception's last pooling. With these features the Fréchet distance is FID.

    Args:
        path: weights-inception-2015-12-05-6726825d.pth of torch-fidelity's releases. They are converted from the
            TensorFlow graph that defines FID; torchvision's Inception is another network.
        device: where the network runs, in full float32.

    Returns:
        A function: uint8 N×3×S×S → float32 N×2048.

    Raises:
        InputError: torch-fidelity is not installed, or the file is missing or does not hold these weights.
    """
    import torch

    from pipeline.hardware.float32 import full_float32

    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError:
        raise InputError("sampling.inception needs the package torch-fidelity; install it, or set sampling.inception "
                         "to data/none to leave FID out") from None
    if not path.is_file():
        raise InputError(f"sampling.inception: {path} does not exist; give torch-fidelity's Inception weights")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        readable = io.BytesIO()  # torch-fidelity would run code from the file; the state read above holds none
        torch.save(state, readable)
        readable.seek(0)
        network = FeatureExtractorInceptionV3("inception", ["2048"], readable).to(device)
    except Exception as error:  # torch's reader may raise anything on bytes that are something else
        raise InputError(f"sampling.inception: {path} does not hold the weights of torch-fidelity's Inception "
                         f"({str(error).splitlines()[0] if str(error) else type(error).__name__}); "
                         "get weights-inception-2015-12-05-6726825d.pth from its releases, or set sampling.inception "
                         "to data/none to leave FID out") from error

    @torch.inference_mode()
    def features(images: np.ndarray) -> np.ndarray:
        batches = torch.from_numpy(images).split(BATCH)
        with full_float32():
            return torch.cat([network(batch.to(device))[0].cpu() for batch in batches]).numpy()

    return features
