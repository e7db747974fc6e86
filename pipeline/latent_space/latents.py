"""Files of latent vectors, one Parquet row per image, so that later stages need no network. See `encoding`."""

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.files.atomic import replacing


class Latents(NamedTuple):
    """The latents of N images, in the order of the shards."""

    image_ids: np.ndarray  # str N
    splits: np.ndarray     # str N: train, valid or test
    mu: np.ndarray         # float32 N×D, posterior means
    logvar: np.ndarray     # float32 N×D, natural logarithms of the posterior variances

    def of(self, split: str) -> "Latents":
        """Return the latents of one split, in the same order."""
        rows = self.splits == split
        return Latents(*(column[rows] for column in self))


def latents_schema(latent_dim: int) -> pa.Schema:
    """Return the columns of a file of latents, each with a description."""
    vector = pa.list_(pa.float32(), latent_dim)
    return pa.schema([
        pa.field("image_id", pa.string(), metadata={"description": "file name in CelebA"}),
        pa.field("split", pa.string(), metadata={"description": "train, valid or test"}),
        pa.field("mu", vector, metadata={"description": "mean of q(z|x)"}),
        pa.field("logvar", vector, metadata={"description": "log variance of q(z|x), natural logarithm"}),
    ])


def write_latents(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write tables one after the other into one Parquet file, atomically.

    Args:
        path: the file; its folder is created.
        tables: at least one, each with the columns of `latents_schema`.
    """
    tables = iter(tables)
    first = next(tables)
    with (replacing(path) as temporary,
          pq.ParquetWriter(temporary, first.schema, compression="zstd", use_dictionary=["split"]) as writer):
        for table in itertools.chain([first], tables):
            writer.write_table(table)


def write_empty_latents(path: Path, latent_dim: int) -> None:
    """Write a file of latents without rows, for a variant without an encoder."""
    write_latents(path, [pa.Table.from_batches([], latents_schema(latent_dim))])


def read_latents(path: Path, splits: Iterable[str] | None = None) -> Latents:
    """Read the latents of the named splits, or of all splits, in file order.

    Raises:
        InputError: a latent is NaN or infinite; nothing can be computed from it.
    """
    with pq.ParquetFile(path) as file:
        table = file.read()

    def texts(name: str) -> np.ndarray:
        return np.array(table[name].to_pylist(), dtype=object)

    def matrix(name: str) -> np.ndarray:  # by DLPack: pyarrow's own `to_numpy` imports pandas
        column = table[name].combine_chunks()
        return np.from_dlpack(column.flatten()).reshape(len(table), column.type.list_size)

    latents = Latents(texts("image_id"), texts("split"), matrix("mu"), matrix("logvar"))
    if splits is not None:
        wanted = np.isin(latents.splits, list(splits))
        latents = Latents(*(column[wanted] for column in latents))
    finite = np.isfinite(latents.mu).all(axis=1) & np.isfinite(latents.logvar).all(axis=1)
    if not finite.all():
        raise InputError(f"{path} has latents that are not finite, of {(~finite).sum():,} of {len(finite):,} images, "
                         f"the first of them {latents.image_ids[~finite][0]}; train the variant again, with a lower "
                         "train.learning_rate")
    return latents
