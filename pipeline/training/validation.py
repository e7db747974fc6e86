"""The losses on held-out images."""

import numpy as np
import torch

from pipeline.config.variant import Variant
from pipeline.data.pixels import to_network
from pipeline.hardware.cuda import kernels_by_rule
from pipeline.hardware.float32 import full_float32
from pipeline.losses.kl import active_units
from pipeline.losses.objective import Objective
from pipeline.training.history import Row
from pipeline.training.randomness import VALIDATION, noise

VALIDATION_IMAGES = 4096  # at most so many after every epoch


@torch.no_grad()
def validate(objective: Objective, images: np.ndarray, variant: Variant, batch_size: int = 256) -> Row:
    """Return the terms on held-out images, as valid_<term>; and `active_units` of the latent space, with an encoder.

    They are computed in full float32, whatever the precision of training.

    Args:
        objective: in training mode, in which it is left.
        images: uint8 N×3×S×S.
        variant: what is trained.
        batch_size: how many images are computed at once.

    Returns:
        Means over the images; nothing if there are none.
    """
    if not len(images):
        return {}
    device, trained_in = next(objective.parameters()).device, objective.precision
    objective.eval()
    objective.precision = torch.float32
    counts: list[int] = []
    terms: list[dict[str, torch.Tensor]] = []  # of each batch, on the device
    means: list[torch.Tensor] = []
    for start in range(0, len(images), batch_size):
        x = to_network(torch.from_numpy(images[start:start + batch_size]).to(device))
        fixed = noise(variant.train.seed, start, len(x), objective.noise_width, VALIDATION).to(device)
        with full_float32(), kernels_by_rule():
            terms.append({name: term for player in objective.players()
                          for name, term in objective(x, fixed, player)[1].items()})
            if variant.encodes:
                means.append(objective.model.encode(x)[0])
        counts.append(len(x))
    objective.train()
    objective.precision = trained_in
    totals: Row = dict.fromkeys((f"valid_{name}" for name in terms[0]), 0.0)
    values = torch.stack([torch.stack(list(of_batch.values())) for of_batch in terms]).tolist()  # one transfer
    for count, of_batch in zip(counts, values, strict=True):
        for name, value in zip(totals, of_batch, strict=True):
            totals[name] += value * count / len(images)
    return {**totals, "active_units": active_units(torch.cat(means))} if means else totals
