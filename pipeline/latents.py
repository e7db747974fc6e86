"""Latent vectors of all images: one Parquet row each, so that what follows needs no network. `encoding` makes them."""

import itertools
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


class Latents(NamedTuple):
    """Of N images, in the shards' order."""

    image_ids: np.ndarray  # str N
    splits: np.ndarray     # str N: train, valid or test
    mu: np.ndarray         # float32 N×D, posterior means
    logvar: np.ndarray     # float32 N×D, log of posterior variances


def schema(latent_dim: int) -> pa.Schema:
    """Column types and what they hold."""
    vector = pa.list_(pa.float32(), latent_dim)
    return pa.schema([
        pa.field("image_id", pa.string(), metadata={"description": "file name in CelebA"}),
        pa.field("split", pa.string(), metadata={"description": "train, valid or test"}),
        pa.field("mu", vector, metadata={"description": "mean of q(z|x)"}),
        pa.field("logvar", vector, metadata={"description": "log variance of q(z|x), natural logarithm"}),
    ])


def write_table(path: Path, tables: Iterable[pa.Table]) -> None:
    """At least one table, one after the other, as one Parquet file, atomically."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, tables = path.with_name(path.name + ".part"), iter(tables)
    first = next(tables)
    with pq.ParquetWriter(temporary, first.schema, compression="zstd", use_dictionary=["split"]) as writer:
        for table in itertools.chain([first], tables):
            writer.write_table(table)
    os.replace(temporary, path)


def read(path: Path, splits: Iterable[str] | None = None) -> Latents:
    """Latents of the named splits, or of all, in file order."""
    filters = [("split", "in", list(splits))] if splits is not None else None
    table = pq.read_table(path, filters=filters)

    def matrix(name: str) -> np.ndarray:
        column = table[name].combine_chunks()
        return column.flatten().to_numpy().reshape(len(table), column.type.list_size)

    return Latents(table["image_id"].to_numpy(), table["split"].to_numpy(), matrix("mu"), matrix("logvar"))

