"""How close reconstructions come to their images: PSNR, SSIM, blur, LPIPS, and distance in the loss network."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import nn

from pipeline.data.pixels import to_network, to_uint8, to_unit
from pipeline.errors import InputError
from pipeline.evaluation.blur import blur_effects
from pipeline.evaluation.image_similarity import SMALLEST, psnr, ssim
from pipeline.hardware.float32 import full_float32

# (images, reconstructions), each N×3×S×S in -1 … 1 → one number per image, N.
ImageDistance = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
AT_ONCE = 16  # images: few of them stay in a processor's cache while networks compute on them


@torch.inference_mode()
def reconstruction_quality(model: nn.Module, feature_distance: ImageDistance | None,
                           batches: Iterable[np.ndarray | torch.Tensor], lpips: ImageDistance | None = None
                           ) -> dict[str, float | int | None]:
    """Score the reconstructions from the posterior mean, averaged over all images.

    Reconstructions are clipped to the range of the images, as they are when shown. Each score is computed per image and
    then averaged over images, so it does not depend on the batch size. This matters for PSNR: it is a logarithm, and
    the mean of the images' PSNRs (dB) is not the PSNR of their mean squared error.

    Args:
        model: images N×3×S×S in -1 … 1 → their reconstructions in the same range (`VAE.forward`). It runs in evaluation
            mode, and returns to its former mode.
        feature_distance: a further score; None for none.
        batches: uint8 N×3×S×S, 0 … 255, S ≥ 11; one batch at a time is in memory.
        lpips: LPIPS, see `evaluation.lpips`; None where its weights are not given.

    Returns:
        psnr (dB); ssim (-1 … 1, 1 for equal images); blur of the reconstructions (0 sharp … 1 blurred);
        feature_distance (None without one); lpips (absent without it; 0 for equal images); images, their number.

    Raises:
        InputError: there is no image, or images are too small for SSIM.
    """
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    training = model.training
    model.eval()
    distances = {"feature_distance": feature_distance, "lpips": lpips}
    sums, images = np.zeros(3 + len(distances)), 0
    try:
        for pixels in batches:
            if min(pixels.shape[2:]) < SMALLEST:
                raise InputError(f"images of {pixels.shape[2]}×{pixels.shape[3]} pixels are too small for SSIM, whose "
                                 f"window has {SMALLEST}×{SMALLEST}; raise data.image_size")
            for few in torch.as_tensor(pixels).split(AT_ONCE):
                target = to_network(few.to(device))
                with full_float32():
                    reconstruction = model(target).clamp(-1, 1)
                sums += batch_sums(target, reconstruction, distances.values())
                images += len(target)
    finally:
        model.train(training)
    if images == 0:
        raise InputError("there is no image to reconstruct: the split is empty; give it images and prepare again")
    scores: dict[str, float | int | None] = dict(zip(("psnr", "ssim", "blur", *distances), (sums / images).tolist(),
                                                     strict=True))
    if feature_distance is None:
        scores["feature_distance"] = None
    if lpips is None:
        del scores["lpips"]
    return {**scores, "images": images}


def batch_sums(target: torch.Tensor, reconstruction: torch.Tensor, distances: Iterable[ImageDistance | None]
               ) -> np.ndarray:
    """Return PSNR, SSIM, blur and each distance (0 for None), summed over the images of a batch.

    Args:
        target: the images, N×3×S×S in -1 … 1.
        reconstruction: their reconstructions, N×3×S×S in -1 … 1.
        distances: further scores of the pairs.
    """
    x, y = (to_unit(batch).cpu().numpy() for batch in (target, reconstruction))
    scores = [psnr(x, y), ssim(x, y), blur_effects(to_uint8(reconstruction).cpu().numpy())]
    with full_float32():
        measured = [0.0 if distance is None else sum(distance(target, reconstruction).tolist())
                    for distance in distances]
    return np.array([*(score.sum() for score in scores), *measured])
