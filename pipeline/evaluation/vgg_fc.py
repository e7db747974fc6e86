"""The paper's baseline VGG-FC: linear SVMs on VGG-19's last hidden layer (Hou et al. 2016, section 4.3.5).

The features are the 4096 activations, after the ReLU, of the second fully connected layer (`classifier.3` in
torchvision's layout) of VGG-19 trained on ImageNet. Its input is the face, in the paper cropped by its landmarks,
scaled up to the network's 224×224 pixels. For CelebA the features are 3.3 GB, and the SVMs need as much again.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pipeline.files.atomic import replacing
from pipeline.parallel import ParallelMap, in_this_process
from pipeline.vocabulary import LAYERS

if TYPE_CHECKING:  # torch takes seconds to import, and is not needed where the loss network has random weights
    import torch

    from pipeline.losses.loss_network.file import Weights

PIXELS = 224  # the image size that the fully connected layers were trained for
BATCH = 64  # images on the device
BLOCK = 16 * BATCH  # images whose features an interrupted run keeps together
BYTES = 3_000_000_000  # about what a block takes: VGG-19's weights, and a batch's activations of two layers
CLASSIFIER = {"classifier.0.weight": (4096, 512 * 7 * 7), "classifier.0.bias": (4096,),
              "classifier.3.weight": (4096, 4096), "classifier.3.bias": (4096,)}


class NotMeasured(Exception):
    """The loss network has no fully connected layers trained on ImageNet; the message says why.

    The message is a result: the report shows it. So each `raise` below takes it from a variable, since digests of code
    leave out what is written in a `raise`.
    """


def get_weights(source: str, file: str | None, width: float = 1.0) -> "Weights":
    """Get VGG-19's parameters up to `classifier.3`, from the source of the loss network's weights.

    Args:
        source: random, imagenet, file or taught, as in loss_network.source.
        file: path of the weights, if the source is file.
        width: loss_network.width, a factor on VGG-19's channels.

    Returns:
        float32 tensors by torchvision's names.

    Raises:
        NotMeasured: the source holds no such parameters.
        InputError: the file or the download is missing, or it is not VGG-19.
    """
    if source == "random":
        why = "the loss network has random weights, so there is no VGG-19 trained on ImageNet"
        raise NotMeasured(why)
    if source == "taught":
        why = "the loss network was taught on the faces themselves, so there is no VGG-19 trained on ImageNet"
        raise NotMeasured(why)
    if width != 1:
        why = f"the loss network has {width:g} times VGG-19's channels, so there is no VGG-19 trained on ImageNet"
        raise NotMeasured(why)
    from pipeline.losses.loss_network import layers, sources
    from pipeline.models.state_dict import checked_weight, read_state_dict

    convolutions = sources.get_weights(source, file, seed=0)  # checks the source; only random weights have a seed
    deepest = layers.layers_held(convolutions)[-1]
    state: dict[str, Any]
    if file is None or source == "imagenet":
        from torchvision.models import VGG19_Weights

        state, holder = VGG19_Weights.IMAGENET1K_V1.get_state_dict(progress=False), "torchvision's network"
    else:
        state, holder = read_state_dict(sources.vgg19_file(file)), file
    if deepest != LAYERS[-1]:
        why = f"{holder} ends at {deepest}, before VGG-19's fully connected layers"
        raise NotMeasured(why)
    for name in CLASSIFIER:
        if name not in state:
            why = f"{holder} has no {name}, so VGG-19's fully connected layers are not all there"
            raise NotMeasured(why)
    return convolutions | {name: checked_weight(sources.vgg19_file(holder), name, state[name], shape)
                           for name, shape in CLASSIFIER.items()}


def note(image_size: int) -> str:
    """Return what Table 1 says of this baseline. image_size: width and height of the faces in pixels."""
    return (f"SVMs on the last hidden layer of VGG-19 trained on ImageNet; it sees the {image_size}×{image_size} faces "
            f"scaled up to its {PIXELS}×{PIXELS} pixels, which adds no detail.")


def activations(weights: "Weights", batches: Iterable[np.ndarray], device: "str | torch.device" = "cpu") -> np.ndarray:
    """Compute the activations of VGG-19's last hidden layer in full float32.

    Images are scaled to 224×224 bilinearly and normalised with ImageNet's mean and standard deviation.

    Args:
        weights: from `get_weights`.
        batches: uint8 N×3×S×S, 0 … 255; one batch at a time is on the device.
        device: where the network runs.

    Returns:
        float32 N×4096, N over all batches; no value is negative.
    """
    import torch
    from torch.nn import functional

    from pipeline.data.pixels import to_network
    from pipeline.hardware.float32 import full_float32
    from pipeline.losses.loss_network.network import build_prefix

    convolutions = build_prefix(weights, LAYERS[-1:])
    convolutions.to(device=device).to(memory_format=torch.channels_last)
    fully_connected = [(weights[f"classifier.{i}.weight"].to(device), weights[f"classifier.{i}.bias"].to(device))
                       for i in (0, 3)]
    rows = [np.empty((0, len(fully_connected[-1][1])), np.float32)]
    with torch.inference_mode(), full_float32():
        for pixels in batches:
            images = to_network(torch.as_tensor(pixels).to(device))
            images = functional.interpolate(images, (PIXELS, PIXELS), mode="bilinear")
            x = functional.max_pool2d(convolutions(images)[LAYERS[-1]], 2, 2).flatten(1)  # 512×7×7
            for weight, bias in fully_connected:
                x = functional.linear(x, weight, bias).relu()
            rows.append(x.cpu().numpy())
    return np.concatenate(rows)


class Block(NamedTuple):
    """N images whose features are computed together."""

    number: int
    pixels: np.ndarray  # uint8 N×3×S×S


def activations_by_blocks(weights: "Weights", blocks: Iterable[np.ndarray], parts: Path,
                          parallel_map: ParallelMap = in_this_process,
                          progress: Callable[[int], object] = lambda images: None) -> np.ndarray:
    """Compute `activations` of many images, on a GPU where there is one.

    Args:
        weights: from `get_weights`.
        blocks: uint8 N×3×S×S each, read in this process.
        parts: a folder that keeps one file of features per block. An interrupted run that starts again with the same
            weights, images and folder computes only the missing blocks.
        parallel_map: where blocks are computed. The files are written in this process.
        progress: called with the number of images of each finished block.

    Returns:
        float32 N×4096, N over all blocks.
    """
    sizes: list[int] = []

    def missing() -> Iterator[Block]:
        for number, pixels in enumerate(blocks):
            sizes.append(len(pixels))
            if (parts / part_name(number)).is_file():
                progress(len(pixels))
            else:
                yield Block(number, pixels)

    for number, rows in parallel_map(activations_of_block, weights, missing(), memory=bytes_of_block):
        with replacing(parts / part_name(number)) as temporary, open(temporary, "wb") as file:
            np.save(file, rows)
        progress(len(rows))
    x, start = np.empty((sum(sizes), CLASSIFIER["classifier.3.bias"][0]), np.float32), 0
    for number, size in enumerate(sizes):
        x[start:start + size] = np.load(parts / part_name(number))
        start += size
    return x


def activations_of_block(weights: "Weights", block: Block) -> tuple[int, np.ndarray]:
    """Return the number of a block and its features, float32 N×4096."""
    from pipeline.hardware.gpu import best_device

    batches = (block.pixels[start:start + BATCH].copy()  # Ray hands over read-only arrays: torch would warn
               for start in range(0, len(block.pixels), BATCH))
    return block.number, activations(weights, batches, best_device())


def bytes_of_block(weights: "Weights", block: Block) -> int:
    """Return about how much memory a block takes, in bytes."""
    return BYTES


def part_name(number: int) -> str:
    """Return the file name of a block's features in the folder of parts."""
    return f"{number:05}.npy"


def weights_sha256(weights: "Weights") -> str:
    """Return the SHA-256 of the names and values of weights, 64 hexadecimal digits."""
    found = hashlib.sha256()
    for name, tensor in sorted(weights.items()):
        found.update(name.encode())
        found.update(np.ascontiguousarray(tensor.numpy()).data)
    return found.hexdigest()
