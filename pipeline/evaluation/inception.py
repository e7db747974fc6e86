"""The Inception network of FID (Heusel et al. 2017), as torch-fidelity has it, with weights from a file."""

import io
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.evaluation.sample_quality import Features

BATCH = 25  # of images, which the network enlarges to 299×299 and then holds as 64 channels


def inception_features(path: Path, device="cpu") -> Features:
    """uint8 N×3×S×S → float32 N×2048, Inception's last pooling: with these the Fréchet distance is FID.

    `path`: weights-inception-2015-12-05-6726825d.pth of torch-fidelity's releases, converted from the TensorFlow graph
    by which FID is defined; torchvision's Inception is another network. Raises InputError.
    """
    import torch

    from pipeline.models.float32 import full_float32

    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError:
        raise InputError("sampling.inception needs the package torch-fidelity; install it, or set sampling.inception "
                         "to data/none to leave FID out") from None
    if not Path(path).is_file():
        raise InputError(f"sampling.inception: {path} does not exist; give torch-fidelity's Inception weights")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        readable = io.BytesIO()  # torch-fidelity would run code from the file; what was read above holds none
        torch.save(state, readable)
        readable.seek(0)
        network = FeatureExtractorInceptionV3("inception", ["2048"], readable).to(device)
    except Exception as error:  # on bytes that are something else, torch's reader ends in any error there is
        raise InputError(f"sampling.inception: {path} does not hold the weights of torch-fidelity's Inception "
                         f"({str(error).splitlines()[0] if str(error) else type(error).__name__}); "
                         "get weights-inception-2015-12-05-6726825d.pth from its releases") from error

    @torch.inference_mode()
    def features(images: np.ndarray) -> np.ndarray:
        batches = torch.from_numpy(images).split(BATCH)
        with full_float32():
            return torch.cat([network(batch.to(device))[0].cpu() for batch in batches]).numpy()

    return features
