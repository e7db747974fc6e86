"""Sentences for the user: the last lines of stages, what trains on what, and why a training has ended."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Scores = Mapping[str, Any]  # numbers by name

PRECISION_BEGUN, PRECISION_ASKED = "in which it began", "as train.precision says"


def precision_auto(multiplied: bool, ratio: float) -> str:
    """Return the reason for the choice of train.precision: auto.

    Args:
        multiplied: whether the hardware multiplies bf16 without emulation.
        ratio: how many times as fast as fp32 it does that.
    """
    which = "its matrix products are" if multiplied else "matrix products in bf16 are emulated,"
    return f"auto: {which} {ratio:.2g} times as fast as fp32"


def emulated_as_asked(ratio: float) -> str:
    """Return the warning about bf16 that train.precision asks for and the hardware emulates."""
    return (f"train.precision is bf16, which the hardware emulates, {ratio:.2g} times as fast as fp32; set it to auto "
            "or fp32")


def emulated_as_begun(ratio: float, anew: str) -> str:
    """Return the warning about bf16 in which a run began and which the hardware emulates. anew: how to start anew."""
    return (f"it began in bf16, which the hardware emulates, {ratio:.2g} times as fast as fp32; it goes on in bf16; "
            f"{anew}")


def training_begins(label: str, trained: Mapping[str, str | int], precision: str, reason: str) -> str:
    """Return the first line of a training: what trains on what. trained: `History.trained`."""
    device, workers = trained["device"], trained["workers"]
    where = f"1 worker, on {device}" if workers == 1 else f"{workers} workers, the first on {device}"
    return f"{label}: {where}, in {precision} ({reason})"


def diverged(what: str, step: float, name: str, last_checkpoint: str, adversary: bool) -> str:
    """Return why a training has ended, and what to do.

    Args:
        what: what is no longer finite, or beyond all bounds.
        step: the first step at which it was seen.
        name: of the variant.
        last_checkpoint: the newest one, "" if there is none.
        adversary: whether the variant has one.
    """
    good = f"the last good checkpoint is {last_checkpoint}" if last_checkpoint else "no checkpoint had been written"
    remedy = "train.learning_rate" + (" or adversary.learning_rate" if adversary else "")
    return f"training of {name} diverged: {what} at step {step}; {good}; lower {remedy} and run again."


def trained(label: str, path: Path, metrics: Scores, units: int, images_per_second: float, precision: str,
            run_id: str) -> str:
    """Return the last line of train. units: latent dimensions. metrics: as in metrics/train."""
    parts = [f"loss {metrics['loss']:.4g}"]
    if "valid_kl" in metrics:
        parts += [f"KL {metrics['valid_kl']:.1f} nats (validation)",
                  f"{metrics['active_units']} of {units} units active"]
    if "wasserstein" in metrics:
        parts += [f"Wasserstein estimate {metrics['wasserstein']:.3g}"]
    return f"{path}: {label}, {', '.join(parts)}, {images_per_second:.0f} images/s in {precision}; MLflow run {run_id}"


def loss_network(path: Path, source: str, rms: Mapping[str, float], faces: int) -> str:
    """Return the last line of loss_network. rms: of each layer, the deepest last."""
    measured = ", ".join(f"{layer} {value:.4g}" for layer, value in rms.items() if layer.endswith("_1"))
    return f"{path}: VGG-19 up to {list(rms)[-1]}, {source} weights; RMS over {faces} faces: {measured}"


def evaluated(label: str, folder: Path, metrics: Scores) -> str:
    """Return the last line of evaluate. metrics: as in metrics/evaluate."""
    quality, sets = metrics["reconstruction"], metrics["svm"]
    accuracies = ", ".join(f"{name} {scores['accuracy']:.1%} (C {scores['C']:g})" for name, scores in sets.items())
    return (f"{folder}: SVM accuracy of {label}: {accuracies}, majority class "
            f"{next(iter(sets.values()))['majority']:.1%}; PSNR {quality['psnr']:.2f} dB, SSIM {quality['ssim']:.3f}, "
            f"feature distance {quality['feature_distance']:.0f}, over {quality['images']} test images")


def flips(folder: Path, averages: Scores) -> str:
    """Return the line of evaluate on attribute vectors. averages: those of flips, as in metrics/evaluate."""
    if not averages["attributes"]:
        return f"{folder}: along no attribute vector could flips be measured; flips.csv says why"
    decoded = ("" if averages["decoded"] is None else
               f"; {averages['decoded']:.1%} of the decoded pictures agree, {averages['unmoved']:.1%} without moving, "
               f"and they keep {averages['kept']:.0%} of the change")
    return (f"{folder}: over {averages['attributes']} attribute vectors, the SVM's answer flips at a mean median α of "
            f"{averages['median_alpha']:.2f}, within α ≤ 1 for {averages['flipped']:.1%} of the test faces, and "
            f"{averages['others']:.1%} of the other answers with it{decoded}")


def sampled(label: str, folder: Path, metrics: Scores, layer: str, images: int) -> str:
    """Return the last line of samples. metrics: as in metrics/samples."""
    scores = "; ".join(f"{source} {quality['frechet_distance']:.4g} and {quality['blur']:.3f}"
                       for source, quality in metrics.items() if source != "test_images")
    test = metrics["test_images"]
    return (f"{folder}: {images} samples of {label} from each source, Fréchet distance ({layer}) and blur: {scores}; "
            f"blur of {test['images']} test images {test['blur']:.3f}")


def views_added(label: str, folder: Path, steps: Sequence[Scores]) -> str:
    """Return the last line of view_gains. steps: rows of its table."""
    best = max(steps, key=lambda step: step["accuracy"])
    return (f"{folder}: SVM accuracy {steps[0]['accuracy']:.1%} with view {steps[0]['step']} of {label}, at best "
            f"{best['accuracy']:.1%} ({best['step']}, {best['dimensions']} dimensions, C {best['C']:g}); majority "
            f"class {best['majority']:.1%}")


def loss_network_source(source: str) -> str:
    """Return in words where a loss network comes from. source: random, imagenet, file, or the name of a file."""
    return {"random": "the random network", "imagenet": "torchvision's network",
            "file": "the file of loss_network.file"}.get(source, source)


def counts(images: Mapping[str, int]) -> str:
    """Return the images of each split in words: "2,009 train, 245 valid"."""
    return ", ".join(f"{count:,} {split}" for split, count in images.items())


def without_password(uri: str) -> str:
    """Return a URI without the user name and password in it."""
    return re.sub("//[^/@]*@", "//", uri)
