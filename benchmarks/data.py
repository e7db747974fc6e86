"""Rows: the input of training, and the preparation of five views."""

import itertools
from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from benchmarks.faces import SIZE, Faces
from benchmarks.measuring import Row, compare
from pipeline.data.prepare import Part, Recipe, all_views, crop_and_encode
from pipeline.training.batches import Batches
from pipeline.training.steps import batches_on_gpu

BATCH, NOISE = 64, 100


class Tensors(Dataset):
    """Images as float tensors in -1 … 1, made one by one."""

    def __init__(self, pixels: np.ndarray):
        self.pixels = pixels

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.from_numpy(self.pixels[index]).float() / 127.5 - 1


def data_rows(faces: Faces, device: torch.device, rounds: int) -> Iterator[Row]:
    """Yield the rows."""
    yield input_row(faces.pixels, device, rounds)
    yield preparing_row(faces, rounds)


def input_row(pixels: np.ndarray, device: torch.device, rounds: int) -> Row:
    """Return the row of drawing images and noise."""
    pixels = pixels[np.arange(max(len(pixels), 4 * BATCH)) % len(pixels)]
    batches = Batches(pixels, BATCH, slice(0, BATCH), 0, NOISE, device)
    if device.type == "cuda":
        batches = batches_on_gpu(batches, 1, print)
    steps = len(pixels) // BATCH
    loader = DataLoader(Tensors(pixels), batch_size=BATCH, shuffle=True, drop_last=True)

    def ours() -> None:
        for index in range(steps):
            batches.draw(index, 0)

    def plain() -> None:
        for images in itertools.islice(loader, steps):
            images.to(device), torch.randn(BATCH, NOISE, device=device)

    row = compare("input of training", steps * BATCH, ours, plain, rounds,
                  note="plain: a torch DataLoader over float tensors, in this process",
                  wait=torch.cuda.synchronize if device.type == "cuda" else lambda: None)
    batches.close()
    return row


def preparing_row(faces: Faces, rounds: int) -> Row:
    """Return the row of cutting five views and writing them as Parquet, in one process."""
    views, count = all_views(), len(faces.jpegs)
    part = Part("train", 0, np.array([f"{n:06}.jpg" for n in range(count)]), faces.attributes, faces.landmarks)

    def prepare(names: list[str]) -> None:
        crop_and_encode(Recipe(SIZE, {name: views[name] for name in names}, "synthetic", "benchmarks"),
                        (part, faces.jpegs))

    def plain() -> None:
        for name in views:
            prepare([name])

    return compare(f"preparing {len(views)} views", count, lambda: prepare(list(views)), plain, rounds,
                   note="plain: each view decodes the picture again; one process, Parquet included")
