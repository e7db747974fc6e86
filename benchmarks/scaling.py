"""Throughput of VAE-123 with one and two Ray Train workers of one core each, and an estimate for more GPUs.

The first part is measured. The second is the arithmetic of docs/scaling.md, on the assumptions named below.
Run as: python -m benchmarks.scaling [--steps 20] [--rounds 3] [--no-measure]
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from pipeline import paths
from pipeline.config.loading import load_params
from pipeline.config.running import Cluster
from pipeline.config.variant import Variant
from pipeline.data import shard_files, shards
from pipeline.data.attributes import no_attributes
from pipeline.files.folder import Folder
from pipeline.losses.loss_network.calibration import measure_rms
from pipeline.losses.loss_network.file import write_loss_network
from pipeline.losses.loss_network.sources import random_weights
from pipeline.models.build import build_model
from pipeline.models.vgg19 import VGG19Prefix
from pipeline.training import ray_train
from pipeline.training.inputs import VIEW
from pipeline.vocabulary import SPLITS

BATCH = 64
IMAGES, EPOCHS = 162_770, 5  # of CelebA, in the paper's recipe

# Assumptions about GPUs, none of them measured here.
GPU_FLOPS = 100e12           # FLOP/s of one GPU while its kernels are large
STEP_FLOOR = 3e-3            # s: some 600 kernels a step, 5 µs each, for any number of images
NVLINK, NETWORK = 300e9, 40e9    # bytes/s of each GPU within a node of 8, and between nodes
NVLINK_LATENCY, NETWORK_LATENCY = 10e-6, 20e-6  # s of one hop of a collective
BATCH_NORMS = 7              # of VAE-123; each has one collective forwards and one backwards with torch's SyncBatchNorm


def noise_job(folder: Path, images: int) -> ray_train.Job:
    """Write shards of noise and a random loss network, and return a training of two epochs on them."""
    random = np.random.default_rng(0)
    counts = {split: images if split == "train" else 0 for split in SPLITS}
    for split, count in counts.items():
        ids, pixels = [f"{n}.jpg" for n in range(count)], random.integers(0, 256, (count, 3, 64, 64), np.uint8)
        shard_files.write_part(folder / "shards", VIEW, split, 0, np.array(ids, str), pixels,
                               no_attributes(count), np.zeros((count, 5, 2), np.int16), about={})
    (folder / "shards" / shards.manifest_name(VIEW)).write_text(
        json.dumps({"image_size": 64, "view": VIEW, "images": counts, "attributes": []}))
    weights = random_weights(0)
    rms = measure_rms(weights, torch.from_numpy(random.integers(0, 256, (16, 3, 64, 64), np.uint8)))
    write_loss_network(folder / paths.LOSS_NETWORK.name, weights, rms, "random")
    return ray_train.Job(variant(), Folder.of(folder / "shards"), Folder.of(folder), Folder.of(folder / "run"), 10**6,
                         lambda rows: None, lambda row: None)


def variant(name: str = "dfc", image_size: int = 64) -> Variant:
    """Return a variant (VAE-123) with the paper's batch and two epochs, of which the second is timed."""
    values = load_params().variant(name).model_dump() | {"image_size": image_size}
    values["train"] |= {"batch_size": BATCH, "epochs": 2}
    return Variant.model_validate(values)


def measure_images_per_second(workers: int, steps: int) -> float:
    """Train for two epochs of `steps` steps and return the images per second of the second.

    The training prints the device and the precision in its first line.
    """
    with tempfile.TemporaryDirectory() as folder:
        job = noise_job(Path(folder), steps * BATCH)
        here = Cluster(address=None, workers=workers, gpus_per_worker=0, storage=folder, checkpoint_steps=10**6,
                       processes=1, retries=0)
        return ray_train.fit(job, here)[1].epochs[-1]["images_per_second"]


def gradient_bytes(of: Variant) -> int:
    """Return the size of all gradients in float32."""
    return 4 * sum(parameter.numel() for parameter in build_model(of).parameters())


def flop_per_image(of: Variant) -> int:
    """Return the floating-point operations of a training step per image; a multiplication and an addition are two.

    The work is three times that of the forward passes counted here. The backward pass of the model has twice the work
    of its forward pass. VGG-19 goes forwards on image and reconstruction, and backwards to the pixels of the
    reconstruction only.
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        images = torch.zeros(1, 3, of.image_size, of.image_size)
        model = build_model(of).eval()
        model.decode(model.encode(images)[0])
        VGG19Prefix(of.loss.layers)(images)
    return 3 * counter.get_total_flops()


def steps_of(batch: int) -> int:
    """Return the steps of a training. An incomplete batch at the end of an epoch is not used."""
    return IMAGES // batch * EPOCHS


def all_reduce(gpus: int, size: int) -> float:
    """Return the seconds of an all-reduce: a ring within nodes of 8, and one between them (Patarasuk and Yuan 2009)."""
    within, nodes = min(gpus, 8), max(1, gpus // 8)
    return sum(2 * (count - 1) / count * size / rate + 2 * (count - 1) * latency
               for count, rate, latency in ((within, NVLINK, NVLINK_LATENCY), (nodes, NETWORK, NETWORK_LATENCY))
               if count > 1)


def small_collective(gpus: int) -> float:
    """Return the seconds of a collective that is so small that only latency counts: a tree."""
    if gpus == 1:
        return 0.0
    return np.log2(min(gpus, 8)) * NVLINK_LATENCY + np.log2(max(1, gpus // 8)) * NETWORK_LATENCY


def step_seconds(gpus: int, batch: int, size: int, flop: int) -> float:
    """Return the seconds of a training step, in which no communication overlaps with computation.

    The gradients fit DistributedDataParallel's first two buckets (1 and 25 MB), so most of them are reduced after the
    backward pass; and batch norm waits for its collectives.
    """
    compute = max(STEP_FLOOR, batch / gpus * flop / GPU_FLOPS)
    return compute + all_reduce(gpus, size) + 2 * BATCH_NORMS * small_collective(gpus)


def print_measurements(steps: int, rounds: int) -> None:
    """Measure one and two workers by turns, and print the medians and the ratio of each round."""
    pairs = [[measure_images_per_second(workers, steps) for workers in (1, 2)] for _ in range(rounds)]
    one, two = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratios = ", ".join(f"{pair[1] / pair[0]:.2f}" for pair in pairs)
    print(f"one worker {one:.1f} images/s, two {two:.1f}; by round {ratios} times")


def print_estimates(size: int, flop: int) -> None:
    """Print a table of GPUs for VAE-123. size: bytes of its gradients. flop: of its training step, per image."""
    print("GPUs | batch 64: ms a step, images/s, 5 epochs | "
          "64 per GPU: batch, ms, images/s, efficiency, 5 epochs, steps")
    for gpus in (1, 8, 64, 512):
        cells = []
        for batch in (BATCH, BATCH * gpus):
            seconds = step_seconds(gpus, batch, size, flop) if batch >= gpus else float("nan")
            cells.append((batch, seconds * 1e3, batch / seconds, steps_of(batch) * seconds))
        (_, ms, rate, total), (batch, weak_ms, weak_rate, weak_total) = cells
        alone = BATCH / step_seconds(1, BATCH, size, flop)
        print(f"{gpus:4} | {ms:.2f} ms, {rate:,.0f}, {total:.0f} s | {batch:,}, {weak_ms:.2f} ms, {weak_rate:,.0f}, "
              f"{weak_rate / alone / gpus:.0%}, {weak_total:.1f} s, {steps_of(batch):,}")


def print_larger() -> None:
    """Print the efficiency of VAE-345 at 128×128 on many GPUs."""
    larger = variant("dfc_345", image_size=128)
    size, flop = gradient_bytes(larger), flop_per_image(larger)
    alone, *more = (step_seconds(gpus, BATCH * gpus, size, flop) for gpus in (1, 8, 64, 512))
    print(f"VAE-345 at 128×128, {flop / 1e9:.1f} GFLOP an image, {size / 1e6:.1f} MB, 64 per GPU: "
          f"{alone * 1e3:.1f} ms; 8, 64, 512 GPUs: {', '.join(f'{alone / seconds:.0%}' for seconds in more)}")


def main() -> None:
    """Measure, estimate, and print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20, help="steps in an epoch (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each (default %(default)s)")
    parser.add_argument("--no-measure", action="store_true", help="print only the estimate")
    options = parser.parse_args()
    size, flop = gradient_bytes(variant()), flop_per_image(variant())
    print(f"gradients of VAE-123: {size / 1e6:.2f} MB in float32; {flop / 1e9:.2f} GFLOP an image")
    if not options.no_measure:
        print_measurements(options.steps, options.rounds)
    print_estimates(size, flop)
    print_larger()


if __name__ == "__main__":
    main()
