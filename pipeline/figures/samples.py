"""Figure 3: faces decoded from random z, one block of rows per decoder."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pipeline.figures.choice import Decode
from pipeline.figures.grid import image_grid


def samples(path: str | Path, decoders: Mapping[str, Decode], z: np.ndarray | Mapping[str, np.ndarray],
            columns: int = 10) -> None:
    """Write one block of images per decoder, labelled with its name.

    Args:
        path: of the PNG file.
        decoders: label → decoder, from the top.
        z: float32 N×D, the same for every decoder, so that blocks can be compared image by image. Or one such array per
            label, for latent sizes that differ and for a decoder that is sampled in several ways.
        columns: images per row; a divisor of N.
    """
    by_label = {label: z[label] if isinstance(z, Mapping) else z for label in decoders}
    count = len(next(iter(by_label.values())))
    if count % columns or any(len(rows) != count for rows in by_label.values()):
        raise ValueError(f"need the same whole number of rows of {columns} for every block")
    image_grid(np.concatenate([decode(by_label[label]) for label, decode in decoders.items()]), columns, path,
               row_labels=list(decoders), rows_per_label=count // columns)
