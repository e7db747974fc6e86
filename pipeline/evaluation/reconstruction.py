"""How close reconstructions come to their images: PSNR, SSIM and distance in the loss network's features."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import nn
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure

from pipeline.data.pixels import to_network
from pipeline.errors import InputError

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

    Returns psnr (dB), ssim (-1 … 1, 1 for equal images), feature_distance (None without one), images (their number).
    """
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    training = model.training
    model.eval()
    sums, images = torch.zeros(3, dtype=torch.float64), 0
    try:
        for pixels in batches:
            target = to_network(torch.as_tensor(pixels).to(device))
            reconstruction = model(target).float().clamp(-1, 1)
            x, y = (target + 1) / 2, (reconstruction + 1) / 2
            per_image = [
                peak_signal_noise_ratio(y, x, data_range=1.0, reduction="none", dim=(1, 2, 3)),
                structural_similarity_index_measure(y, x, data_range=1.0, reduction="none"),
            ]
            if feature_distance is not None:
                per_image.append(feature_distance(target, reconstruction))
            for i, values in enumerate(per_image):
                sums[i] += values.reshape(len(target)).double().sum().cpu()
            images += len(target)
    finally:
        model.train(training)
    if images == 0:
        raise InputError("there is no image to reconstruct: the split is empty; give it images and prepare again")
    psnr, ssim, distance = (sums / images).tolist()
    return {"psnr": psnr, "ssim": ssim, "feature_distance": None if feature_distance is None else distance,
            "images": images}
