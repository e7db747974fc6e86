"""Latent vectors of all images: one Parquet row each, so that what follows needs no network."""

import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.cluster import each
from pipeline.config import Cluster

if TYPE_CHECKING:  # reading latents needs no torch, which takes seconds to import
    from pipeline.models.vae import VAE


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


def encode(vae: "VAE", pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """uint8 N×3×S×S → mu and logvar, float32 N×D, in full float32; on a GPU if there is one."""
    import torch

    from pipeline.data.pixels import to_network
    from pipeline.models.float32 import full_float32
    from pipeline.models.trained import device

    vae, found = vae.to(device()), [np.empty((2, 0, vae.latent_dim), np.float32)]
    with torch.no_grad(), full_float32():
        for start in range(0, len(pixels), 512):
            batch = pixels[start:start + 512].copy()  # what Ray hands over cannot be written to, and torch warns
            x = to_network(torch.from_numpy(batch).to(device()))
            found.append(np.stack([head.float().cpu().numpy() for head in vae.encode(x)]))
    mu, logvar = np.concatenate(found, axis=1)
    return mu, logvar


class Batch(NamedTuple):
    """N images to encode."""

    number: int
    split: str
    image_ids: np.ndarray  # str N
    pixels: np.ndarray     # uint8 N×3×S×S


def write(path: Path, vae: "VAE", batches: Iterable[tuple[str, np.ndarray, np.ndarray]], parts: Path,
          cluster: Cluster | None = None, progress: Callable[[int], object] = lambda images: None) -> int:
    """Encode batches of (split, image ids, uint8 N×3×S×S) into one Parquet file, atomically; returns its rows.

    parts: a folder that keeps the latents of each batch, so that an interrupted run, started again with the same model,
        images and folder, encodes the others alone.
    cluster: where Ray has a cluster for the work. Batches are read and files written here.
    progress: called with the number of images of each batch that is done.
    """
    names = []

    def missing() -> Iterator[Batch]:
        for number, (split, image_ids, pixels) in enumerate(batches):
            names.append(f"{number:05}.parquet")
            if (parts / names[-1]).is_file():
                progress(len(image_ids))
            else:
                yield Batch(number, split, image_ids, pixels)

    for number, table in each(encoded, vae, missing(), cluster, gpu=True):
        write_table(parts / f"{number:05}.parquet", [table])
        progress(len(table))
    write_table(path, (pq.read_table(parts / name) for name in names))
    return pq.read_metadata(path).num_rows


def encoded(vae: "VAE", batch: Batch) -> tuple[int, pa.Table]:
    """A batch's number and its rows."""
    vectors = [pa.FixedSizeListArray.from_arrays(values.ravel(), vae.latent_dim)
               for values in encode(vae, batch.pixels)]
    columns = [pa.array(batch.image_ids, pa.string()), pa.array([batch.split] * len(batch.image_ids)), *vectors]
    return batch.number, pa.Table.from_arrays(columns, schema=schema(vae.latent_dim))


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

