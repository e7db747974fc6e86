"""samples.png: what the decoder makes. It shows no training image, so that it may go wherever the model goes."""

from pathlib import Path

import numpy as np

from pipeline.export.latent_space_file import LatentSpace
from pipeline.figures.attribute_arithmetic import MANIPULATION_ROWS
from pipeline.figures.grid import image_grid
from pipeline.figures.style import name_of
from pipeline.latent_space.encoding import encode
from pipeline.latent_space.sampling import sample_mixture, sample_prior
from pipeline.models.interface import Model
from pipeline.models.numpy_functions import decode_function

NAME = "samples.png"
COLUMNS = 9
STRENGTHS = np.linspace(-4, 4, COLUMNS, dtype=np.float32)  # times an attribute's vector, from left to right
SEED = 0  # of all that is drawn; the exported example has it too
EDITED = 6  # attributes that are shown, at most


def draw_samples(path: Path, model: Model, space: LatentSpace, encodes: bool) -> str:
    """Write the picture; return what it shows, as a sentence for the model card.

    Args:
        path: of the PNG file.
        model: on the CPU.
        space: what is known of its latent space.
        encodes: whether it has a trained encoder.
    """
    rows, labels = [sample_prior(2 * COLUMNS, model.latent_dim, SEED)], ["z from N(0, I)"] * 2
    words = "Two rows of samples from N(0, I)"
    if space.mixture:
        rows.append(sample_mixture(space.mixture, 2 * COLUMNS, SEED))
        labels += ["z from the mixture"] * 2
        words += ", two rows from the mixture"
    decode, shown = decode_function(model), attributes_to_show(space) if encodes else []
    if shown and space.vectors:
        middle = encode(model, decode(rows[-1][:1]))[0]
        rows += [middle + STRENGTHS[:, None] * space.vectors.of(attribute) for attribute in shown]
        labels += [name_of(attribute) for attribute in shown]
        first = "first of these" if space.mixture else "first sample"
        words += (f", and the {first}, edited: −{STRENGTHS[-1]:.0f} to +{STRENGTHS[-1]:.0f} times the vector of the "
                  "attribute at the left, unchanged in the middle")
    image_grid(decode(np.concatenate(rows).astype(np.float32)), COLUMNS, path, row_labels=labels)
    return f"{words}."


def attributes_to_show(space: LatentSpace) -> list[str]:
    """Return attributes that have a vector: those of the second paper that there are, or else the first ones."""
    usable = space.usable()
    papers = [change.attribute for change in MANIPULATION_ROWS if change.attribute in usable]
    return (papers or usable)[:EDITED]


def attribute_to_edit(space: LatentSpace) -> str | None:
    """Return the attribute that the example edits: Smiling if there is a vector of it, else another; None for none."""
    usable = space.usable()
    return "Smiling" if "Smiling" in usable else next(iter(attributes_to_show(space)), None)
