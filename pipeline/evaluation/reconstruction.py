"""How close reconstructions come to their images: PSNR, SSIM, blur, and distance in the loss network's features."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import nn

from pipeline.data.pixels import to_network, to_uint8
from pipeline.errors import InputError
from pipeline.evaluation.sample_quality import blur
from pipeline.models.float32 import full_float32

FeatureDistance = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@torch.inference_mode()
def reconstruction_quality(model: nn.Module, feature_distance: FeatureDistance | None,
                           batches: Iterable[np.ndarray | torch.Tensor]) -> dict[str, float | int | None]:
    """Mean quality of the reconstructions from the posterior mean, over all images of `batches`.

    `model`: images N×3×S×S in -1 … 1 → reconstructions alike (`VAE.forward`); run in eval mode, then put back.
    `feature_distance`: (images, reconstructions), both N×3×S×S in -1 … 1, → one number per image, or None.
    `batches`: uint8 N×3×S×S in 0 … 255, S ≥ 11; one batch is in memory at a time.

    Reconstructions are clipped to the range of the images, as they are when shown. Each number is computed per image
    and then averaged over images, so that it does not depend on the batch size. This matters for PSNR: it is a
    logarithm, and the mean of the images' PSNRs (dB) is not the PSNR of their mean squared error.

    Returns psnr (dB), ssim (-1 … 1, 1 for equal images), blur of the reconstructions (0 sharp … 1),
    feature_distance (None without one), images (their number).
    """
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    training = model.training
    model.eval()
    sums, images = np.zeros(4), 0
    try:
        for pixels in batches:
            target = to_network(torch.as_tensor(pixels).to(device))
            with full_float32():
                reconstruction = model(target).clamp(-1, 1)
            x, y = (((batch + 1) / 2).cpu().numpy() for batch in (target, reconstruction))
            per_image = [[peak_signal_noise_ratio(a, b, data_range=1.0) for a, b in zip(x, y)],
                         [similarity(a, b) for a, b in zip(x, y)],
                         [blur(to_uint8(reconstruction).cpu().numpy()) * len(target)]]
            if feature_distance is not None:
                with full_float32():
                    per_image.append(feature_distance(target, reconstruction).tolist())
            for i, values in enumerate(per_image):
                sums[i] += sum(values)
            images += len(target)
    finally:
        model.train(training)
    if images == 0:
        raise InputError("there is no image to reconstruct: the split is empty; give it images and prepare again")
    psnr, ssim, blurred, distance = (sums / images).tolist()
    return {"psnr": psnr, "ssim": ssim, "blur": blurred,
            "feature_distance": None if feature_distance is None else distance, "images": images}


def similarity(x: np.ndarray, y: np.ndarray) -> float:
    """SSIM of two images 3×S×S in 0 … 1 with the Gaussian window of Wang et al. 2004."""
    return structural_similarity(x, y, channel_axis=0, data_range=1.0, gaussian_weights=True, sigma=1.5,
                                 use_sample_covariance=False)
