"""All pictures of one variant."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.figures.attribute_arithmetic import MANIPULATION_ROWS, attribute_arithmetic
from pipeline.figures.choice import Decode
from pipeline.figures.correlation import correlation
from pipeline.figures.drawn_model import DrawnModel
from pipeline.figures.interpolation import interpolation
from pipeline.figures.samples import samples
from pipeline.figures.training_curves import training_curves
from pipeline.latent_space import attribute_vectors, sampling
from pipeline.latent_space.attribute_vectors import AttributeVectors

SAMPLES, COLUMNS = 40, 8  # the first of the samples that are scored


def draw_training_and_samples(folder: Path, model: DrawnModel, history: pd.DataFrame, seed: int) -> None:
    """Write curves.png, prior.png and, with a mixture, mixture.png.

    Args:
        folder: of the pictures.
        model: the variant.
        history: see `training_curves`.
        seed: of z.
    """
    training_curves(folder / "curves.png", history, model.label, latent_dim=model.latent_dim)
    decoders = {model.label: model.decode}
    samples(folder / "prior.png", decoders, sampling.sample_prior(SAMPLES, model.latent_dim, seed), COLUMNS)
    if model.mixture:
        samples(folder / "mixture.png", decoders, sampling.sample_mixture(model.mixture, SAMPLES, seed), COLUMNS)


def draw_latent_space(folder: Path, decode: Decode, mu: np.ndarray, attributes: np.ndarray, vectors: AttributeVectors,
                      correlated: Sequence[str], seed: int) -> list[str]:
    """Write correlation.png, interpolation.png, attribute_arithmetic.png and manipulation.png.

    Args:
        folder: of the pictures.
        decode: turns z into images.
        mu: float32 N×D, posterior means of the test faces.
        attributes: bool N×40, their attributes.
        vectors: one direction per attribute.
        correlated: the attributes in the picture of correlations.
        seed: of the choice of faces.

    Returns:
        A note for each row that could not be drawn.
    """
    correlation(folder / "correlation.png", attribute_vectors.correlation_matrix(vectors, correlated), correlated)
    notes = interpolation(folder / "interpolation.png", mu, attributes, decode, seed)
    notes += attribute_arithmetic(folder / "attribute_arithmetic.png", mu, attributes, vectors, decode, seed)
    return notes + attribute_arithmetic(folder / "manipulation.png", mu, attributes, vectors, decode, seed,
                                        changes=MANIPULATION_ROWS)
