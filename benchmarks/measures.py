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
from pipeline.evaluation.feature_table import Table
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
VIEWS = 5  # whose latents are the correlated features
AT_ONCE = 64  # images of the plain versions
MORE = 20     # times as many images on a GPU


def measuring_rows(faces: Faces, network: Path, weights: Weights, device: torch.device, rounds: int) -> Iterator[Row]:
    """Yield the rows. network: the file of the loss network, weights: the same."""
    torch.manual_seed(0)
    vae, vgg = VAE().to(device, memory_format=torch.channels_last).eval(), PlainVGG19(weights).to(device)
    for x, y in (latent_features(vae, faces), correlated_features(*((5000, 40) if rounds > 1 else (300, 10)))):
        yield svm_row(x, y, rounds)
    yield features_row(network, vgg, faces.pixels, device, rounds)
    yield reconstruction_row(vae, network, vgg, faces.pixels, device, rounds)


def latents_row(pixels: np.ndarray, device: torch.device, rounds: int) -> Row:
    """Return the row of encoding images."""
    vae, slow = VAE().to(device, memory_format=torch.channels_last).eval(), VAE().to(device).eval()
    if device.type == "cuda":
        pixels = np.tile(pixels, (MORE, 1, 1, 1))

    @torch.no_grad()
    def plain() -> None:
        for start in range(0, len(pixels), AT_ONCE):
            batch = torch.from_numpy(pixels[start:start + AT_ONCE]).to(device).float() / 127.5 - 1
            for head in slow.encode(batch):
                head.cpu().numpy()

    return compare("latents", len(pixels), lambda: encode(vae, pixels), plain, rounds,
                   note=f"plain: torch's defaults (convolutions of a GPU in TF32), batches of {AT_ONCE}",
                   wait=torch.cuda.synchronize if device.type == "cuda" else lambda: None)


def latent_features(vae: VAE, faces: Faces) -> tuple[np.ndarray, np.ndarray]:
    """Return latents with noise, float64 N×D, and the attributes, bool N×40."""
    mu = np.tile(encode(vae, faces.pixels)[0], (REPEATS, 1))
    noise = np.random.default_rng(0).standard_normal(mu.shape)
    return mu + NOISE * mu.std(axis=0) * noise, np.tile(faces.attributes.values, (REPEATS, 1))


def correlated_features(rows: int, labels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return features like the latents of several views of a face, float64 N×500, and labels of theirs, bool N×labels.

    Each view has the same 100 numbers of a face, with noise of its own. A label is a direction among the 100, with
    noise; one in two to one in twenty is true.
    """
    random = np.random.default_rng(0)
    shared = random.standard_normal((rows, 100))
    x = np.hstack([shared + NOISE * random.standard_normal(shared.shape) for _ in range(VIEWS)])
    scores = shared @ random.standard_normal((100, labels)) / 10 + random.standard_normal((rows, labels))
    return x, scores > np.quantile(scores, np.linspace(0.5, 0.95, labels), axis=0).diagonal()


def svm_row(x: np.ndarray, y: np.ndarray, rounds: int) -> Row:
    """Return the row of the SVMs with C 1, one for each column of y: two thirds of the rows train, one third tests.

    Both versions get the same standardised features in float64, stop at the tolerance that is their default, and
    predict the test rows.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    test = np.arange(len(x)) % 3 == 0
    train = ~test
    x = (x - x[train].mean(axis=0)) / x[train].std(axis=0)  # as ours does again
    columns = np.flatnonzero(y[train].any(axis=0) & ~y[train].all(axis=0))  # LinearSVC wants two classes
    y = y[:, columns]
    accuracy: dict[str, float] = {}
    stopped = {"plain": 0}

    def ours() -> None:
        svms = linear_svm.fit_standardised(Table.whole(x[train]), y[train], [1.0])[0].svms
        accuracy["ours"] = float((svms.predict(x[test]) == y[test]).mean())

    def plain() -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConvergenceWarning)
            right = [LinearSVC(C=1.0, dual=False).fit(x[train], of).predict(x[test]) == truth
                     for of, truth in zip(y[train].T, y[test].T, strict=True)]
        accuracy["plain"] = float(np.mean(right))
        stopped["plain"] = sum(issubclass(warning.category, ConvergenceWarning) for warning in caught)

    row = compare(f"{len(columns)} SVMs, {x.shape[1]} features", len(columns), ours, plain, rounds, "SVMs/s")
    row.note = (f"plain: scikit-learn's LinearSVC; {train.sum():,} rows to train on, accuracy "
                f"{accuracy['ours']:.1%} and {accuracy['plain']:.1%}")
    if stopped["plain"]:
        row.note += f"; {stopped['plain']} of the plain ones stop at 1,000 iterations, before their minimum"
    row.more = {"accuracy": accuracy, "not_converged_plain": stopped["plain"]}
    return row


def features_row(network: Path, vgg: PlainVGG19, pixels: np.ndarray, device: torch.device, rounds: int) -> Row:
    """Return the row of features for the Fréchet distance."""
    features, images = loss_network_features(network, FRECHET_LAYER, device), pixels[:64]

    @torch.no_grad()
    def plain() -> None:
        for start in range(0, len(images), AT_ONCE):
            batch = torch.from_numpy(images[start:start + AT_ONCE]).to(device).float() / 127.5 - 1
            vgg(batch, [FRECHET_LAYER])[0].mean(dim=(2, 3)).cpu().numpy()

    return compare(f"features at {FRECHET_LAYER}", len(images), lambda: features(images), plain, rounds,
                   note=f"plain: torchvision's VGG-19 up to that layer, batches of {AT_ONCE}")


def reconstruction_row(vae: VAE, network: Path, vgg: PlainVGG19, pixels: np.ndarray, device: torch.device,
                       rounds: int) -> Row:
    """Return the row of PSNR, SSIM, blur and feature distance."""
    from skimage.measure import blur_effect
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    distance = feature_loss(network, FEATURE_LAYERS, dict.fromkeys(LAYERS, 1.0), "evaluate.feature_layers").to(device)
    images = pixels[:64]

    @torch.no_grad()
    def plain() -> dict[str, float]:
        x = to_network(torch.from_numpy(images).to(device))
        y = vae(x).clamp(-1, 1)
        features = zip(vgg(y, FEATURE_LAYERS), vgg(x, FEATURE_LAYERS), strict=True)
        distances = sum((p - q).square().mean(dim=(1, 2, 3)) / 2 for p, q in features)
        pairs = list(zip(*(((side + 1) / 2).cpu().numpy() for side in (x, y)), strict=True))
        scores = {"psnr": [peak_signal_noise_ratio(a, b, data_range=1.0) for a, b in pairs],
                  "ssim": [structural_similarity(a, b, channel_axis=0, data_range=1.0, gaussian_weights=True, sigma=1.5,
                                                 use_sample_covariance=False) for a, b in pairs],
                  "blur": [blur_effect(image, h_size=FILTER_SIZE, channel_axis=0)
                           for image in to_uint8(y).cpu().numpy()],
                  "feature_distance": distances.tolist()}
        return {name: float(np.mean(values)) for name, values in scores.items()}

    def ours() -> dict[str, float]:
        return reconstruction_quality(vae, distance.total_distance, [images])

    row = compare("scores of reconstructions", len(images), ours, plain, rounds,
                  note="plain: torchvision's VGG-19 in one batch, and skimage, one image after the other")
    row.more = {"scores": ours(), "scores_plain": plain()}
    return row
