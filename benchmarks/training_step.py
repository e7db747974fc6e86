"""Throughput of a training step of VAE-123, compared with a plain version of the same model.

The plain version is written without care for speed: float32, the whole VGG-19, and a graph for the features of both
images. Both are timed by turns.
Run as: python -m benchmarks.training_step [--rounds 7] [--steps 3] [--batch-size 64] [--precision auto] [--variant dfc]
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torchvision

from pipeline.config.loading import load_params
from pipeline.config.variant import Variant
from pipeline.data.pixels import to_network
from pipeline.hardware.allocator import keep_freed_memory
from pipeline.losses.build import build_objective
from pipeline.losses.kl import kl_per_dimension
from pipeline.losses.loss_network.file import Weights, write_loss_network
from pipeline.losses.loss_network.sources import random_weights
from pipeline.models.architectures.vae import VAE
from pipeline.models.vgg19 import IMAGENET_MEAN, IMAGENET_STD
from pipeline.models.vgg19_layers import RELU_INDEX
from pipeline.training import precision
from pipeline.training.loop import device_name
from pipeline.vocabulary import LAYERS

Step = Callable[[torch.Tensor, torch.Tensor], None]


def ours(variant: Variant, network: Path, dtype: torch.dtype) -> Step:
    """Return the step of pipeline.training.loop, without its bookkeeping."""
    objective = build_objective(variant, network).train()
    objective.precision = dtype
    optimizer = torch.optim.Adam([p for p in objective.parameters() if p.requires_grad], 5e-4, fused=True)

    def step(pixels: torch.Tensor, noise: torch.Tensor) -> None:
        optimizer.zero_grad(set_to_none=True)
        objective(to_network(pixels), noise)[0].backward()
        optimizer.step()

    return step


def plain(variant: Variant, weights: Weights) -> Step:
    """Return a step of the same model and loss, written without care for speed."""
    vae = VAE()
    vgg = torchvision.models.vgg19(weights=None).features.requires_grad_(False).eval()
    vgg.load_state_dict({name.removeprefix("features."): tensor for name, tensor in weights.items()})
    for module in vgg:
        if isinstance(module, torch.nn.ReLU):
            module.inplace = False
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    wanted = [RELU_INDEX[layer] for layer in variant.loss.layers]
    optimizer = torch.optim.Adam(vae.parameters(), 5e-4)

    def features(images: torch.Tensor) -> list[torch.Tensor]:
        x, activations = ((images + 1) / 2 - mean) / std, []
        for index, module in enumerate(vgg):
            x = module(x)
            if index in wanted:
                activations.append(x)
        return activations

    def step(pixels: torch.Tensor, noise: torch.Tensor) -> None:
        images = (pixels.float() / 127.5 - 1).requires_grad_()  # so both sides have a graph
        mu, logvar = vae.encode(images)
        reconstruction = vae.decode(mu + noise * (logvar / 2).exp())
        pairs = zip(features(reconstruction), features(images), strict=True)
        distance = sum((a - b).square().mean() / 2 for a, b in pairs)
        loss = kl_per_dimension(mu, logvar).sum(dim=1).mean() + 0.5 * distance
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def images_per_second(step: Step, pixels: torch.Tensor, noise: torch.Tensor, steps: int) -> float:
    """Time a number of steps."""
    started = time.perf_counter()
    for _ in range(steps):
        step(pixels, noise)
    return steps * len(pixels) / (time.perf_counter() - started)


def main() -> None:
    """Time both versions and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="timings of each version (default %(default)s)")
    parser.add_argument("--steps", type=int, default=3, help="steps in one timing (default %(default)s)")
    parser.add_argument("--batch-size", type=int, default=64, help="images in a step (default %(default)s)")
    parser.add_argument("--precision", choices=["auto", *precision.DTYPES], default="auto",
                        help="of the pipeline's version (default %(default)s)")
    parser.add_argument("--variant", default="dfc", help="must have a feature loss (default %(default)s: VAE-123)")
    options = parser.parse_args()

    keep_freed_memory()  # holds for the whole process, so also for the plain version
    torch.manual_seed(0)
    variant = load_params().variant(options.variant)
    chosen = precision.choose(options.precision, "", torch.device("cpu"), "")
    weights = random_weights(0)
    pixels = torch.randint(0, 256, (options.batch_size, 3, 64, 64), dtype=torch.uint8)
    noise = torch.randn(options.batch_size, variant.model.latent_dim)
    with tempfile.TemporaryDirectory() as folder:
        network = Path(folder) / "loss_network.safetensors"
        write_loss_network(network, weights, dict.fromkeys(LAYERS, 1.0), "random")
        steps = {"plain": plain(variant, weights), "ours": ours(variant, network, precision.DTYPES[chosen.name])}
    for step in steps.values():
        step(pixels, noise)  # not timed, since the first step chooses kernels

    speeds: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(options.rounds):
        for name, step in steps.items():
            speeds[name].append(images_per_second(step, pixels, noise, options.steps))
    ratios = [ours / plain for ours, plain in zip(speeds["ours"], speeds["plain"], strict=True)]
    print(f"training step of {variant.label}, 64×64, batch {options.batch_size}, {options.rounds} rounds by turns, on "
          f"{device_name(torch.device('cpu'))}; ours in {chosen.name} ({chosen.reason})")
    print(f"{'':10}{'min':>10}{'median':>10}{'max':>10}")
    for name, values in [*speeds.items(), ("ratio", ratios)]:
        unit = "" if name == "ratio" else " images/s"
        print(f"{name:10}{min(values):10.2f}{statistics.median(values):10.2f}{max(values):10.2f}{unit}")


if __name__ == "__main__":
    main()
