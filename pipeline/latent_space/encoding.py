"""From images to their latent vectors, with a trained encoder."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.data.arrow_arrays import numbers, texts
from pipeline.latent_space.latents import latents_schema, write_latents
from pipeline.parallel import ParallelMap, in_this_process

if TYPE_CHECKING:
    from pipeline.models.interface import Model

# Images: few of them stay in a processor's cache while the encoder computes. A GPU takes as long for few as for some.
ENCODED_AT_ONCE = {"cpu": 64, "cuda": 1024}


def encode(vae: "Model", pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Encode images in full float32, on a GPU if there is one. `vae` moves to that device and stays there.

    `pipeline.inference` has the same for pictures of any kind, in a notebook or from the command line.

    Args:
        vae: a trained VAE in evaluation mode.
        pixels: uint8 N×3×S×S, RGB, 0 … 255; S is the image size of the VAE.

    Returns:
        mu and logvar of q(z|x), each float32 N×D.
    """
    import torch

    from pipeline.data.pixels import to_network
    from pipeline.hardware.float32 import full_float32
    from pipeline.hardware.gpu import best_device

    device = best_device()
    vae, at_once, heads = vae.to(device), ENCODED_AT_ONCE[device.type], [np.empty((2, 0, vae.latent_dim), np.float32)]
    with torch.no_grad(), full_float32():
        for start in range(0, len(pixels), at_once):
            batch = pixels[start:start + at_once].copy()  # Ray hands over read-only arrays: torch would warn
            x = to_network(torch.from_numpy(batch).to(device))
            heads.append(torch.stack([head.float() for head in vae.encode(x)]).cpu().numpy())
    mu, logvar = np.concatenate(heads, axis=1)
    return mu, logvar


class Batch(NamedTuple):
    """N images to encode."""

    number: int
    split: str
    image_ids: np.ndarray  # str N
    pixels: np.ndarray     # uint8 N×3×S×S


def encode_to_file(path: Path, vae: "Model", batches: Iterable[tuple[str, np.ndarray, np.ndarray]], parts: Path,
                   parallel_map: ParallelMap = in_this_process,
                   progress: Callable[[int], object] = lambda images: None) -> int:
    """Encode images into one file of latents, which is written atomically.

    Args:
        path: the Parquet file to write.
        vae: the trained VAE.
        batches: (split, image ids str N, pixels uint8 N×3×S×S) of each batch. They are read in this process.
        parts: a folder that keeps one file of latents per batch. An interrupted run that starts again with the same
            VAE, images and folder encodes only the missing batches.
        parallel_map: where batches are encoded. The files are written in this process.
        progress: called with the number of images of each finished batch.

    Returns:
        The number of images in the file.
    """
    names: list[str] = []

    def missing() -> Iterator[Batch]:
        for number, (split, image_ids, pixels) in enumerate(batches):
            names.append(part_name(number))
            if (parts / names[-1]).is_file():
                progress(len(image_ids))
            else:
                yield Batch(number, split, image_ids, pixels)

    for number, table in parallel_map(encode_batch, vae, missing()):
        write_latents(parts / part_name(number), [table])
        progress(len(table))
    write_latents(path, (pq.ParquetFile(parts / name).read() for name in names))
    return pq.read_metadata(path).num_rows


def part_name(number: int) -> str:
    """Return the file name of a batch's latents in the folder of parts."""
    return f"{number:05}.parquet"


def encode_batch(vae: "Model", batch: Batch) -> tuple[int, pa.Table]:
    """Return the number of a batch and its latents, with the columns of `latents_schema`."""
    vectors = [pa.FixedSizeListArray.from_arrays(numbers(values.ravel()), vae.latent_dim)
               for values in encode(vae, batch.pixels)]
    columns = [texts(list(batch.image_ids)), texts([batch.split] * len(batch.image_ids)), *vectors]
    return batch.number, pa.Table.from_arrays(columns, schema=latents_schema(vae.latent_dim))
