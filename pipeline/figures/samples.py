"""Figure 3: faces decoded from random z, one block per decoder."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from pipeline.figures.choice import Decode
from pipeline.figures.grid import image_grid


def samples(path: str | Path, decoders: Mapping[str, Decode], z: np.ndarray | Mapping[str, np.ndarray],
            columns: int = 10) -> None:
    """Write one block of images per decoder, labelled with its name.

    `z`: float32 N×D, the same for every decoder, so that the blocks can be compared image by image; or one array of N
    rows per label, where latent sizes differ or one decoder is sampled in several ways.
    """
    by_label = {label: z[label] if isinstance(z, Mapping) else z for label in decoders}
    count = len(next(iter(by_label.values())))
    if count % columns or any(len(rows) != count for rows in by_label.values()):
        raise ValueError(f"need the same whole number of rows of {columns} for every block")
    image_grid(np.concatenate([decode(by_label[label]) for label, decode in decoders.items()]), columns, path,
               row_labels=list(decoders), rows_per_label=count // columns)
