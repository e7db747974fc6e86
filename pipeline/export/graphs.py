"""A trained model as ONNX graphs of standard operators, with the weights inside."""

import contextlib
import io
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from pipeline.errors import InputError
from pipeline.models.interface import Model
from pipeline.models.standard_layers import in_standard_layers

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto

OPSET = 18
BATCH = "N"  # the name of the first dimension, which may have any size from 1 on
DESCRIPTIONS = {
    "encoder": "x: images, float32 N×3×S×S, RGB in -1 … 1 → mean and log_variance of q(z|x), each N×D",
    "decoder": "z: latent vectors, float32 N×D → images, float32 N×3×S×S, RGB, about -1 … 1, not clipped",
}
OUTPUTS = {"encoder": ["mean", "log_variance"], "decoder": ["images"]}


class Encoding(nn.Module):
    """The method `encode` of a model as a module."""

    def __init__(self, model: Model):
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Images N×3×S×S → mean and log variance, each N×D."""
        return self.model.encode(x)


class Decoding(nn.Module):
    """The method `decode` of a model as a module."""

    def __init__(self, model: Model):
        super().__init__()
        self.model = model

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Latent vectors N×D → images N×3×S×S."""
        return self.model.decode(z)


def write_graphs(folder: Path, model: Model, encodes: bool) -> None:
    """Write encoder.onnx, if the model has an encoder, and decoder.onnx.

    Args:
        folder: where they are written; it exists.
        model: on the CPU, in evaluation mode.
        encodes: whether the variant has a trained encoder.

    Raises:
        InputError: the architecture cannot be written as ONNX.
    """
    plain, side = in_standard_layers(model), model.image_size
    parts: list[tuple[str, nn.Module, str, torch.Tensor]] = [
        ("decoder", Decoding(plain), "z", torch.zeros(2, model.latent_dim))]
    if encodes:
        parts.insert(0, ("encoder", Encoding(plain), "x", torch.zeros(2, 3, side, side)))
    for name, module, argument, example in parts:
        try:
            graph = to_onnx(module.eval(), argument, example, OUTPUTS[name])
        except Exception as error:  # an architecture of one's own may do anything, and the exporter raise anything
            why = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise InputError(f"the architecture {type(model).__name__} has a method {name[:-1]} that cannot be written "
                             f"as ONNX ({why}); use operations that torch.onnx.export knows") from error
        graph.doc_string, graph.producer_name, graph.producer_version = DESCRIPTIONS[name], "face-vae-pipeline", ""
        (folder / f"{name}.onnx").write_bytes(graph.SerializeToString())


def to_onnx(module: nn.Module, argument: str, example: torch.Tensor, outputs: list[str]) -> "ModelProto":
    """Return a module of one argument as ONNX, for any number of rows, without traces of this machine.

    Args:
        module: in evaluation mode.
        argument: the name of its argument.
        example: two rows of it.
        outputs: the names of what it returns.
    """
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with (warnings.catch_warnings(), torch.no_grad(), contextlib.redirect_stderr(io.StringIO()),
              contextlib.redirect_stdout(io.StringIO())):  # it prints what it could not say
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                module, (example,), None, input_names=[argument], output_names=outputs, opset_version=OPSET,
                dynamo=True, verbose=False, dynamic_shapes=({0: torch.export.Dim(BATCH)},))
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
    assert program is not None
    graph: ModelProto = program.model_proto
    without_traces(graph.graph)
    del graph.metadata_props[:]
    return graph


def without_traces(graph: "GraphProto") -> None:
    """Delete what the exporter notes beside a graph: lines of code, and paths of this machine."""
    for part in (graph, *graph.node, *graph.initializer, *graph.value_info, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
