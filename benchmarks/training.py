"""Rows: a training step of each variant, against a plain version of the same model and loss."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import yaml

from benchmarks.measuring import Row, compare, convolution_rate, count_operations, matrix_rate
from benchmarks.plain import plain_step
from pipeline import paths
from pipeline.config.labels import labels
from pipeline.config.loading import load_params
from pipeline.config.variant import Variant
from pipeline.hardware.cuda import arithmetic
from pipeline.losses.build import build_objective
from pipeline.losses.loss_network.file import Weights
from pipeline.training.batches import batches_of_worker
from pipeline.training.step import learning_rates, make_optimizers, take_step
from pipeline.training.steps import Steps

NAMES = ("pvae", "dfc", "dfc_345", "dcgan", "vae_wgan")
BATCHES = 4  # that the steps go through
AT_ONCE = {"cpu": 1, "cuda": 20}  # steps that are timed together: a GPU's are short, and its first are not recorded
# Of the matrix product, and of the same as a convolution, over all rows so far: other work slows single ones.
BEST_RATES: dict[torch.dtype, tuple[float, float]] = {}
PLAIN = "plain: torch's defaults, fp32; a loss network ends with its last layer wanted"


def variants(batch_size: int, scale: str = "paper") -> dict[str, Variant]:
    """Return the project's variants at a scale, with a batch size of their own and labels that differ, by name."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "params.yaml"
        file.write_text(yaml.safe_dump(yaml.safe_load(paths.PARAMS.read_text()) | {"scale": scale}, sort_keys=False))
        params = load_params(file)
    given = {name: params.variant(name) for name in NAMES if name in params.variants}
    label_of = labels(list(given.values()))
    return {name: variant.model_copy(update={"train": variant.train.model_copy(update={"batch_size": batch_size}),
                                             "label": label_of[name]}) for name, variant in given.items()}


def training_rows(faces: np.ndarray, network: Path, weights: Weights, device: torch.device, dtype: torch.dtype,
                  batch_sizes: dict[str, tuple[int, ...]], rounds: int) -> Iterator[Row]:
    """Yield a row for each variant and batch size.

    Args:
        faces: uint8 N×3×64×64.
        network: the file of the loss network.
        weights: the same.
        device: where the steps are computed.
        dtype: in which ours multiplies.
        batch_sizes: by the variant's name.
        rounds: timings of each version.
    """
    for name, sizes in batch_sizes.items():
        for size in sizes if name in variants(1) else ():  # params.yaml may have fewer
            yield training_row(variants(size)[name], faces, network, weights, device, dtype, rounds)


def training_row(variant: Variant, faces: np.ndarray, network: Path, weights: Weights, device: torch.device,
                 dtype: torch.dtype, rounds: int) -> Row:
    """Return the row of one variant."""
    size = variant.train.batch_size
    objective = build_objective(variant, network).to(device).train()
    objective.precision = dtype
    images = faces[np.arange(BATCHES * size) % len(faces)]
    batches = batches_of_worker(variant, images, 0, 1, objective.noise_width, device)
    optimizers = make_optimizers(objective, learning_rates(variant), variant.train.adam_beta1)
    done = 0

    steps = Steps(objective, optimizers, batches, True, print)

    def ours() -> None:
        nonlocal done
        with arithmetic(device, tf32=False, deterministic=False):
            for _ in range(AT_ONCE[device.type]):
                steps.take(done)
                done += 1

    def counted() -> None:  # as it is not recorded
        take_step(objective, optimizers, steps.batches, done)

    plain = plain_step(variant, weights, device)
    pixels = torch.from_numpy(images[:size])
    row = compare(f"step of {variant.label}, batch {size}", size * AT_ONCE[device.type], ours,
                  lambda: [plain(pixels) for _ in range(AT_ONCE[device.type])], rounds, note=PLAIN,
                  wait=torch.cuda.synchronize if device.type == "cuda" else lambda: None)
    operations, of_plain = (count_operations(call) / size for call in (counted, lambda: plain(pixels)))
    steps.batches.close()
    product, convolution = best_rates(dtype, device, 5 if rounds > 1 else 1)
    assert row.ours is not None
    row.fraction, row.fraction_of_better = (operations * row.ours / rate
                                            for rate in (product, max(product, convolution)))
    row.more = {"operations_per_image": operations, "operations_per_image_plain": of_plain,
                "matrix_rate": product, "convolution_rate": convolution}
    return row


def best_rates(dtype: torch.dtype, device: torch.device, repeats: int) -> tuple[float, float]:
    """Measure both rates of this machine once more, and return the best of each so far."""
    measured = (rate(dtype, device, repeats) for rate in (matrix_rate, convolution_rate))
    product, convolution = map(max, measured, BEST_RATES.get(dtype, (0.0, 0.0)))
    BEST_RATES[dtype] = product, convolution
    return product, convolution
