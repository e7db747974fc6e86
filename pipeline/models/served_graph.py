"""A trained model as one graph, which answers what people ask of a face without this project's code."""

import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from pipeline.models.interface import Model
from pipeline.models.standard_layers import in_standard_layers

RECONSTRUCTION, LATENTS, SCORES, IMAGES = "reconstruction", "latents", "attribute_scores", "images"


class ServedGraph(NamedTuple):
    """A graph, and an example of what it takes and returns."""

    graph: torch.export.ExportedProgram
    example: np.ndarray              # float32 2×3×S×S in -1 … 1, or 2×D for a model without an encoder
    answer: dict[str, np.ndarray]    # what the graph returns for it, float32, by name
    attributes: tuple[str, ...]      # of the columns of attribute_scores

    def write(self, path: Path) -> None:
        """Write the graph as torch.export.load reads it."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "No complete tensor found")  # torch.export, about weights on a GPU
            torch.export.save(self.graph, path)


class Encoding(nn.Module):
    """Images → reconstructions, posterior means and, where there are SVMs, their decision values.

    The decision value of an attribute is w · z + b for the mean z. The SVM's answer is yes where it is above 0.
    """

    svms: torch.Tensor | None

    def __init__(self, model: Model, svms: np.ndarray) -> None:
        """Take the model, and the SVMs' weights, (D+1)×K, the biases last; K may be 0."""
        super().__init__()
        self.model = model
        # torch.export.save fails on a tensor without elements.
        self.register_buffer("svms", torch.from_numpy(svms.astype(np.float32)) if svms.size else None)

    def forward(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return N×3×S×S, N×D and N×K for images N×3×S×S in -1 … 1."""
        mean, _ = self.model.encode(images)
        answer = {RECONSTRUCTION: self.model.decode(mean).contiguous(), LATENTS: mean}
        return answer if self.svms is None else answer | {SCORES: mean @ self.svms[:-1] + self.svms[-1]}


class Decoding(nn.Module):
    """Latents → images, for a model without an encoder."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.model = model

    def forward(self, latents: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return N×3×S×S for latents N×D."""
        return {IMAGES: self.model.decode(latents).contiguous()}


def served_graph(model: Model, encodes: bool, attributes: tuple[str, ...] = (),
                 svms: np.ndarray | None = None) -> ServedGraph:
    """Return a trained model as a graph (torch.export), which takes any number of images or latents.

    Args:
        model: On the CPU, in evaluation mode.
        encodes: Whether it has an encoder.
        attributes: The names of K attributes.
        svms: Their SVMs for posterior means of the view aligned, (D+1)×K, the biases last. A column of NaN is an
            attribute without an SVM, and is left out.
    """
    weights = np.zeros((model.latent_dim + 1, 0)) if svms is None else svms
    known = np.asarray(np.isfinite(weights).all(axis=0))
    plain = in_standard_layers(model)
    module = Encoding(plain, weights[:, known]) if encodes else Decoding(plain)
    with torch.no_grad():
        example = torch.randn(2, model.latent_dim, generator=torch.Generator().manual_seed(0))
        if encodes:
            example = model.decode(example).clamp(-1, 1).contiguous()
        module.eval()
        graph = torch.export.export(module, (example,), dynamic_shapes=({0: torch.export.Dim("number")},))
        answer = {name: tensor.numpy() for name, tensor in module(example).items()}
    names = tuple(name for name, is_known in zip(attributes, known, strict=True) if is_known) if encodes else ()
    return ServedGraph(graph, example.numpy(), answer, names)
