"""Latent vectors of all images: one Parquet row each, so that what follows needs no network."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

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
    """uint8 N×3×S×S → mu and logvar, float32 N×D, in float32 arithmetic."""
    import torch

    from pipeline.data.pixels import to_network

    device = next(vae.parameters()).device
    with torch.no_grad():
        mu, logvar = vae.encode(to_network(torch.from_numpy(pixels).to(device)))
    return mu.float().cpu().numpy(), logvar.float().cpu().numpy()


def write(path: Path, vae: "VAE", batches: Iterable[tuple[str, np.ndarray, np.ndarray]]) -> int:
    """Encode batches of (split, image ids, uint8 N×3×S×S) into one Parquet file, atomically; returns its rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary, rows, columns = path.with_name(path.name + ".part"), 0, schema(vae.latent_dim)
    with pq.ParquetWriter(temporary, columns, compression="zstd", use_dictionary=["split"]) as writer:
        for split, image_ids, pixels in batches:
            vectors = [pa.FixedSizeListArray.from_arrays(values.ravel(), vae.latent_dim)
                       for values in encode(vae, pixels)]
            writer.write_batch(pa.record_batch([pa.array(image_ids, pa.string()), pa.array([split] * len(image_ids)),
                                                *vectors], schema=columns))
            rows += len(image_ids)
    os.replace(temporary, path)
    return rows


def read(path: Path, splits: Iterable[str] | None = None) -> Latents:
    """Latents of the named splits, or of all, in file order."""
    filters = [("split", "in", list(splits))] if splits is not None else None
    table = pq.read_table(path, filters=filters)

    def matrix(name: str) -> np.ndarray:
        column = table[name].combine_chunks()
        return column.flatten().to_numpy().reshape(len(table), column.type.list_size)

    return Latents(table["image_id"].to_numpy(), table["split"].to_numpy(), matrix("mu"), matrix("logvar"))

