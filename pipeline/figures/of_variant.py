"""All pictures of one variant."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.figures.attribute_arithmetic import MANIPULATION_ROWS, attribute_arithmetic
from pipeline.figures.choice import Decode
from pipeline.figures.correlation import correlation
from pipeline.figures.drawn_model import DrawnModel
from pipeline.figures.entanglement import entanglement
from pipeline.figures.interpolation import interpolation
from pipeline.figures.samples import samples
from pipeline.figures.training_curves import training_curves
from pipeline.latent_space import sampling
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


def draw_attribute_matrices(folder: Path, of_vectors: pd.DataFrame, of_labels: pd.DataFrame, entangled: pd.DataFrame
                            ) -> None:
    """Write correlation.png and entanglement.png.

    Args:
        folder: of the pictures.
        of_vectors: correlation of attribute vectors, with CelebA's names as columns.
        of_labels: correlation of the labels of the same attributes.
        entangled: the entanglement of `evaluation.flips`, with CelebA's names as columns.
    """
    matrices = {"Attribute vectors": of_vectors.to_numpy(), "Labels": of_labels.to_numpy()}
    correlation(folder / "correlation.png", matrices, list(of_vectors.columns))
    entanglement(folder / "entanglement.png", entangled.to_numpy(), list(entangled.columns))


def draw_latent_space(folder: Path, decode: Decode, mu: np.ndarray, attributes: np.ndarray, vectors: AttributeVectors,
                      seed: int) -> list[str]:
    """Write interpolation.png, attribute_arithmetic.png and manipulation.png.

    Args:
        folder: of the pictures.
        decode: turns z into images.
        mu: float32 N×D, posterior means of the test faces.
        attributes: bool N×40, their attributes.
        vectors: one direction per attribute.
        seed: of the choice of faces.

    Returns:
        A note for each row that could not be drawn.
    """
    notes = interpolation(folder / "interpolation.png", mu, attributes, decode, seed)
    notes += attribute_arithmetic(folder / "attribute_arithmetic.png", mu, attributes, vectors, decode, seed)
    return notes + attribute_arithmetic(folder / "manipulation.png", mu, attributes, vectors, decode, seed,
                                        changes=MANIPULATION_ROWS)
