"""Rows: what follows a training. Latents, attribute SVMs, features for distances, scores of reconstructions."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from benchmarks.faces import Faces
from benchmarks.measuring import Row, compare
from benchmarks.plain import PlainVGG19
from pipeline.data.pixels import to_network, to_uint8
from pipeline.evaluation import linear_svm
from pipeline.evaluation.blur import FILTER_SIZE
from pipeline.evaluation.loss_network_features import loss_network_features
from pipeline.evaluation.reconstruction import reconstruction_quality
from pipeline.latent_space.encoding import encode
from pipeline.losses.loss_network.file import Weights
from pipeline.losses.reconstruction.feature import feature_loss
from pipeline.models.architectures.vae import VAE
from pipeline.vocabulary import LAYERS

FEATURE_LAYERS = ["relu1_1", "relu2_1", "relu3_1"]  # evaluate.feature_layers
FRECHET_LAYER = "relu4_1"                           # sampling.frechet_layer
REPEATS, NOISE = 5, 0.5  # of each face among the rows of the SVMs; of the noise on them, in standard deviations


def measuring_rows(faces: Faces, network: Path, weights: Weights, device: torch.device, rounds: int) -> Iterator[Row]:
    """Yield the rows. network: the file of the loss network, weights: the same."""
    torch.manual_seed(0)
    vae, vgg = VAE().to(device, memory_format=torch.channels_last).eval(), PlainVGG19(weights).to(device)
    yield latents_row(vae, faces.pixels, device, rounds)
    yield svm_row(vae, faces, rounds)
    yield features_row(network, vgg, faces.pixels, device, rounds)
    yield reconstruction_row(vae, network, vgg, faces.pixels, device, rounds)


def latents_row(vae: VAE, pixels: np.ndarray, device: torch.device, rounds: int) -> Row:
    """Return the row of encoding images."""
    slow = VAE().to(device).eval()

    def plain() -> None:
        for image in pixels:
            mu, logvar = slow.encode(torch.from_numpy(image).to(device).float()[None] / 127.5 - 1)
            mu.tolist(), logvar.tolist()

    return compare("latents", len(pixels), lambda: encode(vae, pixels), plain, rounds,
                   note="plain: one image after the other, with a graph")


def svm_row(vae: VAE, faces: Faces, rounds: int) -> Row:
    """Return the row of 40 SVMs with C 1: two thirds of the rows train, one third tests."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    mu = np.tile(encode(vae, faces.pixels)[0], (REPEATS, 1))
    x = mu + NOISE * mu.std(axis=0) * np.random.default_rng(0).standard_normal(mu.shape)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = np.tile(faces.attributes.values, (REPEATS, 1))
    test = np.arange(len(x)) % 3 == 0
    train = ~test
    columns = np.flatnonzero(y[train].any(axis=0) & ~y[train].all(axis=0))  # LinearSVC wants two classes
    y = y[:, columns]
    accuracy: dict[str, float] = {}

    def ours() -> None:
        svms = linear_svm.fit(x[train], y[train], 1.0).svms
        accuracy["ours"] = float((svms.predict(x[test]) == y[test]).mean())

    def plain() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            right = [LinearSVC(C=1.0, dual=False).fit(x[train], of).predict(x[test]) == truth
                     for of, truth in zip(y[train].T, y[test].T, strict=True)]
        accuracy["plain"] = float(np.mean(right))

    row = compare(f"{len(columns)} SVMs", len(columns), ours, plain, rounds, "SVMs/s")
    row.note = (f"plain: scikit-learn's LinearSVC; {train.sum():,} rows of {x.shape[1]} features, accuracy "
                f"{accuracy['ours']:.1%} and {accuracy['plain']:.1%}")
    row.more = {"accuracy": accuracy}
    return row


def features_row(network: Path, vgg: PlainVGG19, pixels: np.ndarray, device: torch.device, rounds: int) -> Row:
    """Return the row of features for the Fréchet distance."""
    features, images = loss_network_features(network, FRECHET_LAYER, device), pixels[:64]

    def plain() -> None:
        for start in range(0, len(images), 16):
            batch = torch.from_numpy(images[start:start + 16]).to(device).float() / 127.5 - 1
            vgg(batch.requires_grad_(), [FRECHET_LAYER])[0].mean(dim=(2, 3)).tolist()

    return compare(f"features at {FRECHET_LAYER}", len(images), lambda: features(images), plain, rounds,
                   note="plain: the whole VGG-19 with a graph, batches of 16")


def reconstruction_row(vae: VAE, network: Path, vgg: PlainVGG19, pixels: np.ndarray, device: torch.device,
                       rounds: int) -> Row:
    """Return the row of PSNR, SSIM, blur and feature distance."""
    from skimage.measure import blur_effect
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    distance = feature_loss(network, FEATURE_LAYERS, dict.fromkeys(LAYERS, 1.0), "evaluate.feature_layers").to(device)
    images = pixels[:64]

    def score(image: np.ndarray) -> list[float]:
        x = to_network(torch.from_numpy(image[None]).to(device))
        y = vae(x).clamp(-1, 1)
        a, b = (((side + 1) / 2)[0].detach().cpu().numpy() for side in (x, y))
        pairs = zip(vgg(y, FEATURE_LAYERS), vgg(x, FEATURE_LAYERS), strict=True)
        return [peak_signal_noise_ratio(a, b, data_range=1.0),
                structural_similarity(a, b, channel_axis=0, data_range=1.0, gaussian_weights=True, sigma=1.5,
                                      use_sample_covariance=False),
                blur_effect(to_uint8(y)[0].cpu().numpy(), h_size=FILTER_SIZE, channel_axis=0),
                sum((p - q).square().mean().item() / 2 for p, q in pairs)]

    return compare("scores of reconstructions", len(images),
                   lambda: reconstruction_quality(vae, distance.total_distance, [images]),
                   lambda: np.mean([score(image) for image in images], axis=0), rounds,
                   note="plain: skimage and the whole VGG-19, one image after the other")
