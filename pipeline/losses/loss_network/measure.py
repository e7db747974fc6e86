"""The RMS of a loss network's activations over prepared faces, as a command.

    python -m pipeline.losses.loss_network.measure WEIGHTS SHARDS [--split train …] [--last relu3_4]

It prints lines as `loss.reference_rms` in params.yaml has them. WEIGHTS is any file that loss_network.file may name, or
the stage's models/loss_network.safetensors; SHARDS is a folder that the stage prepare wrote.
"""

import argparse
from pathlib import Path

import torch

from pipeline.data import shards
from pipeline.errors import InputError, exit_on_input_error
from pipeline.losses.loss_network.calibration import measure_rms
from pipeline.losses.loss_network.file import Weights
from pipeline.losses.loss_network.layers import layers_held
from pipeline.losses.loss_network.sources import get_weights
from pipeline.models.vgg19_layers import parameter_shapes
from pipeline.vocabulary import LAYERS, SPLITS

VIEW = "aligned"      # on which models train
IMAGES_AT_ONCE = 512  # of which the RMS is measured and then averaged


def rms_over_shards(weights: Weights, root: Path, splits: list[str]) -> tuple[dict[str, float], int]:
    """Measure the RMS of every layer over whole splits of prepared faces.

    Args:
        weights: An unbroken prefix of VGG-19 by torchvision's names.
        root: Folder of the shards.
        splits: Any of train, valid and test.

    Returns:
        Layer → RMS over all images, channels and places; and the number of images.

    Raises:
        InputError: There are no such shards.
    """
    squares: dict[str, float] = {}
    images = 0
    for split in splits:
        for _, pixels in shards.batches(root, VIEW, split, IMAGES_AT_ONCE):
            for layer, rms in measure_rms(weights, torch.from_numpy(pixels)).items():
                squares[layer] = squares.get(layer, 0.0) + rms**2 * len(pixels)
            images += len(pixels)
    return {layer: (total / images) ** 0.5 for layer, total in squares.items()}, images


def main() -> None:
    """Print the RMS of each layer."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.losses.loss_network.measure", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", help="VGG-19's weights: models/loss_network.safetensors, or as loss_network.file")
    parser.add_argument("shards", type=Path, help="folder of prepared faces, such as data/shards")
    parser.add_argument("--split", nargs="+", choices=SPLITS, default=["train"])
    parser.add_argument("--last", choices=LAYERS, help="deepest layer to measure")
    arguments = parser.parse_args()
    weights = get_weights("file", arguments.weights, seed=0, width=None)
    if arguments.last:
        if arguments.last not in (held := layers_held(weights)):
            raise InputError(f"--last is {arguments.last}, but {arguments.weights} holds VGG-19 only up to {held[-1]}")
        weights = {name: weights[name] for name in parameter_shapes(arguments.last)}
    rms, images = rms_over_shards(weights, arguments.shards, arguments.split)
    print(f"# RMS over {images:,} faces ({', '.join(arguments.split)})")
    for layer, value in rms.items():
        print(f"{layer}: {value:.6g}")


if __name__ == "__main__":
    with exit_on_input_error():
        main()
