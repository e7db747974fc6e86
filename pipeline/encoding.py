"""From images to their latent vectors, by a trained encoder."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.cluster import each
from pipeline.config import Cluster
from pipeline.latents import schema, write_table

if TYPE_CHECKING:
    from pipeline.models.architectures.vae import VAE


def encode(vae: "VAE", pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """uint8 N×3×S×S → mu and logvar, float32 N×D, in full float32; on a GPU if there is one."""
    import torch

    from pipeline.data.pixels import to_network
    from pipeline.models.float32 import full_float32
    from pipeline.models.gpu import device

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


def write_latents(path: Path, vae: "VAE", batches: Iterable[tuple[str, np.ndarray, np.ndarray]], parts: Path,
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
