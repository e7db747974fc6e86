"""All pictures of one variant."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.attributes import Attributes
from pipeline.figures.attribute_arithmetic import MANIPULATION_ROWS, attribute_arithmetic
from pipeline.figures.choice import MOST_ATTRIBUTES, Decode
from pipeline.figures.correlation import correlation
from pipeline.figures.drawn_model import DrawnModel
from pipeline.figures.entanglement import entanglement
from pipeline.figures.interpolation import interpolation
from pipeline.figures.samples import samples
from pipeline.figures.training_curves import training_curves
from pipeline.latent_space import sampling
from pipeline.latent_space.attribute_vectors import AttributeVectors

SAMPLES, COLUMNS = 40, 8  # the first of the samples that are scored
NO_ATTRIBUTES = ("attribute arithmetic, attribute manipulation, correlation and entanglement of attribute vectors: "
                 "left out, since they need attributes, and the data set has none")


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


def draw_attribute_matrices(folder: Path, of_vectors: pd.DataFrame, of_labels: pd.DataFrame, entangled: pd.DataFrame,
                            frequent: Sequence[str]) -> list[str]:
    """Write correlation.png and entanglement.png, each where it has at least two attributes.

    Args:
        folder: of the pictures.
        of_vectors: correlation of attribute vectors, with the attributes' names as columns.
        of_labels: correlation of the labels of the same attributes.
        entangled: the entanglement of `evaluation.flips`, with the attributes' names as columns.
        frequent: all attributes, those that most faces have first.

    Returns:
        A note for each figure that shows fewer attributes than it could, or is left out for want of a second one.
    """
    notes = []
    for name, table in (("correlation", of_vectors), ("entanglement", entangled)):
        most = [attribute for attribute in frequent if attribute in table.columns][:MOST_ATTRIBUTES]
        shown = [attribute for attribute in table.columns if attribute in most]
        if len(shown) < 2:
            notes.append(f"{name}: left out, since it needs two attributes")
            continue
        if len(shown) < len(table):
            notes.append(f"{name}: of {len(table)} attributes, the {len(shown)} are shown that most faces have")
        path = folder / f"{name}.png"
        if name == "entanglement":
            entanglement(path, table.loc[shown, shown].to_numpy(), shown)
        else:
            correlation(path, {"Attribute vectors": table.loc[shown, shown].to_numpy(),
                               "Labels": of_labels.loc[shown, shown].to_numpy()}, shown)
    return notes


def draw_latent_space(folder: Path, decode: Decode, mu: np.ndarray, attributes: Attributes, vectors: AttributeVectors,
                      seed: int) -> list[str]:
    """Write interpolation.png, and where there are attributes attribute_arithmetic.png and manipulation.png.

    Args:
        folder: of the pictures.
        decode: turns z into images.
        mu: float32 N×D, posterior means of the test faces.
        attributes: of these N faces.
        vectors: one direction per attribute.
        seed: of the choice of faces.

    Returns:
        A note for each row that could not be drawn, or was drawn otherwise than in the papers.
    """
    notes = interpolation(folder / "interpolation.png", mu, attributes, decode, seed)
    if not attributes.names:
        return notes
    notes += attribute_arithmetic(folder / "attribute_arithmetic.png", mu, attributes, vectors, decode, seed)
    return notes + attribute_arithmetic(folder / "manipulation.png", mu, attributes, vectors, decode, seed,
                                        changes=MANIPULATION_ROWS)
