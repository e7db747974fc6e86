"""Images per second of VAE-123 by one and two Ray Train workers of one core each, and what more GPUs would give.

The first part is measured; the second is docs/scaling.md's arithmetic on assumptions that are named below.
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

from pipeline.config import Cluster, Variant, load_params
from pipeline.data import shard_files, shards
from pipeline.losses import loss_network, network_file
from pipeline.models.build import build_model
from pipeline.models.vgg19 import VGG19Prefix
from pipeline.storage import Folder
from pipeline.training import ray_train
from pipeline.training.inputs import LOSS_NETWORK, VIEW
from pipeline.vocabulary import SPLITS

BATCH = 64
IMAGES, EPOCHS = 162_770, 5  # what the paper's recipe trains on: CelebA

# Assumptions about GPUs, none of them measured here.
GPU_FLOPS = 100e12           # FLOP/s of one GPU while its kernels are large
STEP_FLOOR = 3e-3            # s: some 600 kernels a step, 5 µs each, however few images
NVLINK, NETWORK = 300e9, 40e9    # bytes/s that a GPU gets within a node of 8, and between nodes
NVLINK_LATENCY, NETWORK_LATENCY = 10e-6, 20e-6  # s of one collective's hop
BATCH_NORMS = 7              # of VAE-123; torch's SyncBatchNorm has one collective forwards and one backwards for each


def project(folder: Path, images: int) -> ray_train.Job:
    """Shards of noise, a random loss network, and a training of two epochs."""
    random = np.random.default_rng(0)
    counts = {split: images if split == "train" else 0 for split in SPLITS}
    for split, count in counts.items():
        ids, pixels = [f"{n}.jpg" for n in range(count)], random.integers(0, 256, (count, 3, 64, 64), np.uint8)
        shard_files.write_part(folder / "shards", VIEW, split, 0, np.array(ids, str), pixels,
                               np.zeros((count, 40), bool), np.zeros((count, 5, 2), np.int16), about={})
    (folder / "shards" / shards.manifest_name(VIEW)).write_text(
        json.dumps({"image_size": 64, "view": VIEW, "images": counts}))
    weights = loss_network.random_weights(0)
    rms = loss_network.measure_rms(weights, torch.from_numpy(random.integers(0, 256, (16, 3, 64, 64), np.uint8)))
    network_file.save(folder / LOSS_NETWORK, weights, rms, "random")
    return ray_train.Job(variant(), Folder.of(folder / "shards"), Folder.of(folder), Folder.of(folder / "run"), 10**6,
                         lambda rows: None, lambda row: None)


def variant(name: str = "dfc", image_size: int = 64) -> Variant:
    """VAE-123 with the paper's batch, for two epochs: the second is timed."""
    found = load_params().variant(name).model_dump() | {"image_size": image_size}
    found["train"] |= {"batch_size": BATCH, "epochs": 2}
    return Variant.model_validate(found)


def measured(workers: int, steps: int) -> float:
    """Images per second; a training's first line says on what, and in which precision."""
    with tempfile.TemporaryDirectory() as folder:
        job = project(Path(folder), steps * BATCH)
        here = Cluster(address=None, workers=workers, gpus_per_worker=0, storage=folder, checkpoint_steps=10**6,
                       processes=1, retries=0)
        return ray_train.fit(job, here)[1].epochs[-1]["images_per_second"]


def gradient_bytes(of: Variant) -> int:
    return 4 * sum(parameter.numel() for parameter in build_model(of).parameters())


def flop_per_image(of: Variant) -> int:
    """Of a training step, a multiplication and an addition being two. Forwards three times over: the model has its
    backward pass, of twice the work; VGG-19 sees image and reconstruction, and goes back to the latter's pixels alone.
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        images = torch.zeros(1, 3, of.image_size, of.image_size)
        model = build_model(of).eval()
        model.decode(model.encode(images)[0])
        VGG19Prefix(of.loss.layers)(images)
    return 3 * counter.get_total_flops()


def steps_of(batch: int) -> int:
    """As training counts them: what is left of an epoch behind its last whole batch is not seen."""
    return IMAGES // batch * EPOCHS


def all_reduce(gpus: int, size: int) -> float:
    """Seconds of a ring within nodes of 8 and another between them (Patarasuk and Yuan 2009)."""
    within, nodes = min(gpus, 8), max(1, gpus // 8)
    return sum(2 * (count - 1) / count * size / rate + 2 * (count - 1) * latency
               for count, rate, latency in ((within, NVLINK, NVLINK_LATENCY), (nodes, NETWORK, NETWORK_LATENCY))
               if count > 1)


def small_collective(gpus: int) -> float:
    """Seconds of one so small that latency is all: a tree."""
    if gpus == 1:
        return 0.0
    return np.log2(min(gpus, 8)) * NVLINK_LATENCY + np.log2(max(1, gpus // 8)) * NETWORK_LATENCY


def step_seconds(gpus: int, batch: int, size: int, flop: int) -> float:
    """Nothing is hidden: the gradients fit DistributedDataParallel's first two buckets (1 and 25 MB), so most of them
    are reduced when the backward pass is over, and batch norm waits for its collectives."""
    compute = max(STEP_FLOOR, batch / gpus * flop / GPU_FLOPS)
    return compute + all_reduce(gpus, size) + 2 * BATCH_NORMS * small_collective(gpus)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20, help="steps of an epoch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-measure", action="store_true", help="the arithmetic alone")
    options = parser.parse_args()
    size, flop = gradient_bytes(variant()), flop_per_image(variant())
    print(f"gradients of VAE-123: {size / 1e6:.2f} MB in float32; {flop / 1e9:.2f} GFLOP an image")
    if not options.no_measure:
        rounds = [[measured(workers, options.steps) for workers in (1, 2)] for _ in range(options.rounds)]
        one, two = (statistics.median(column) for column in zip(*rounds))
        ratios = [pair[1] / pair[0] for pair in rounds]
        print(f"one worker {one:.1f} images/s, two {two:.1f}; by round {', '.join(f'{r:.2f}' for r in ratios)} times")
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
    larger = variant("dfc_345", image_size=128)
    size, flop = gradient_bytes(larger), flop_per_image(larger)
    alone, *more = (step_seconds(gpus, BATCH * gpus, size, flop) for gpus in (1, 8, 64, 512))
    print(f"VAE-345 at 128×128, {flop / 1e9:.1f} GFLOP an image, {size / 1e6:.1f} MB, 64 per GPU: "
          f"{alone * 1e3:.1f} ms; 8, 64, 512 GPUs: {', '.join(f'{alone / seconds:.0%}' for seconds in more)}")


if __name__ == "__main__":
    main()
