"""Figures 3 and 4: the models side by side."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.figures.choice import Pixels
from pipeline.figures.drawn_model import DrawnModel
from pipeline.figures.reconstructions import reconstructions
from pipeline.figures.samples import samples
from pipeline.latent_space import sampling


def compare_samples(path: Path, models: Sequence[DrawnModel], count: int, seed: int) -> None:
    """Write Figure 3: `count` samples of each model from the prior, and below all of them those from mixtures."""
    decoders = {model.label: model.decode for model in models}
    z = {model.label: sampling.sample_prior(count, model.latent_dim, seed) for model in models}
    for model in models:
        if model.mixture:
            label = f"{model.label}, mixture"
            decoders[label], z[label] = model.decode, sampling.sample_mixture(model.mixture, count, seed)
    samples(path, decoders, z, columns=whole_rows(count))


def compare_reconstructions(path: Path, models: Sequence[DrawnModel], images: int, pixels: Pixels, count: int,
                            seed: int) -> None:
    """Write Figure 4: `count` of so many images, and below them each encoder's reconstructions."""
    encoders = {model.label: model.reconstruct for model in models if model.reconstruct}
    reconstructions(path, images, pixels, encoders, count, seed)


def whole_rows(count: int) -> int:
    """Return the number of columns in which `count` images fill their rows: 4 to 10, or one row if none does."""
    columns = max(c for c in range(1, 11) if count % c == 0)
    return columns if columns >= 4 else count
