"""Whether onnxruntime computes from the exported graphs what torch computes from the model."""

from pathlib import Path

import numpy as np
import torch

from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.export.graphs import OUTPUTS
from pipeline.hardware.float32 import full_float32
from pipeline.models.interface import Model

TOLERANCE = 1e-4  # of every number; the images' range is -1 … 1
BATCHES = (1, 2, 7)  # images at once


def largest_differences(folder: Path, model: Model, faces: np.ndarray, latents: np.ndarray) -> dict[str, float]:
    """Return the largest absolute difference between onnxruntime and torch, by the outputs' names.

    Args:
        folder: with decoder.onnx, and with encoder.onnx where there are faces.
        model: on the CPU, in evaluation mode.
        faces: uint8 N×3×S×S, to encode; N is 0 for a model without an encoder.
        latents: float32 M×D of the faces, to decode beside as many z from N(0, I) as the largest batch has.

    Raises:
        InputError: a number differs by more than `TOLERANCE`, or is not finite.
    """
    drawn = np.random.default_rng(0).standard_normal((max(BATCHES), model.latent_dim), dtype=np.float32)
    given = {"decoder": [drawn, *([latents] if len(latents) else [])]}
    if len(faces):
        given["encoder"] = [to_network(torch.from_numpy(faces)).contiguous().numpy()]
    differences: dict[str, float] = {}
    for name in sorted(given, reverse=True):
        of_part = np.max([part_differences(folder / f"{name}.onnx", name, model, rows) for rows in given[name]], axis=0)
        differences |= dict(zip(OUTPUTS[name], of_part.tolist(), strict=True))
    for output, difference in differences.items():
        if not difference <= TOLERANCE:
            raise InputError(f"onnxruntime and torch differ in {output} by {difference:.2g}, more than {TOLERANCE:g}, "
                             f"so nothing was exported; look for what ONNX rounds or defines otherwise in "
                             f"{type(model).__name__}")
    return differences


def part_differences(path: Path, name: str, model: Model, rows: np.ndarray) -> list[float]:
    """Return the largest difference of each output of encoder or decoder, over batches of all sizes in `BATCHES`."""
    from onnxruntime import InferenceSession

    session = InferenceSession(path, providers=["CPUExecutionProvider"])
    [argument] = [given.name for given in session.get_inputs()]
    largest = [0.0] * len(OUTPUTS[name])
    for count in BATCHES:
        batch = np.resize(rows, (count, *rows.shape[1:]))  # repeats them where there are fewer
        with torch.no_grad(), full_float32():
            computed = (model.encode if name == "encoder" else model.decode)(torch.from_numpy(batch))
        expected = computed if isinstance(computed, tuple) else (computed,)
        for i, (theirs, ours) in enumerate(zip(session.run(OUTPUTS[name], {argument: batch}), expected, strict=True)):
            if theirs.shape != tuple(ours.shape):
                raise InputError(f"{path.name} returns {theirs.shape} for {count} rows instead of {tuple(ours.shape)}, "
                                 f"so nothing was exported; {type(model).__name__} must take any number of rows")
            difference = float(np.abs(theirs - ours.numpy()).max())
            largest[i] = max(largest[i], difference if np.isfinite(difference) else np.inf)
    return largest
