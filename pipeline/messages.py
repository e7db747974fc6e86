"""Sentences for the user: the last lines of stages, what trains on what, and why a training has ended."""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.vocabulary import counted

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


def training_begins(label: str, trained: Mapping[str, str | int], precision: str, reason: str, start: str = "",
                    adversary: bool = False) -> str:
    """Return the first line of a training: what trains on what.

    Args:
        label: of the variant.
        trained: `History.trained`.
        precision: bf16, tf32 or fp32.
        reason: why.
        start: the weights file from which it starts, "" for new weights.
        adversary: whether the variant has one.
    """
    device, workers = trained["device"], trained["workers"]
    where = f"1 worker, on {device}" if workers == 1 else f"{workers} workers, the first on {device}"
    new = "a new optimiser and adversary" if adversary else "a new optimiser"
    begun = f", begun with the model's weights in {start} and {new}" if start else ""
    return f"{label}: {where}, in {precision} ({reason}){begun}"


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
    """Return the last line of train. units: latent dimensions. metrics: as in metrics/train. run_id: "" for none."""
    parts = [f"loss {metrics['loss']:.4g}"]
    if "valid_kl" in metrics:
        parts += [f"KL {metrics['valid_kl']:.1f} nats (validation)",
                  f"{metrics['active_units']} of {units} units active"]
    if "wasserstein" in metrics:
        parts += [f"Wasserstein estimate {metrics['wasserstein']:.3g}"]
    return f"{path}: {label}, {', '.join(parts)}, {images_per_second:.0f} images/s in {precision}; " \
        + (f"MLflow run {run_id}" if run_id else "the stage track tells MLflow")


def loss_network(path: Path, source: str, rms: Mapping[str, float], faces: int, converted_from: str = "",
                 learned_from: str = "") -> str:
    """Return the last line of loss_network.

    source, converted_from, learned_from: as in the metadata of the file `path`; "" for what is not there. rms: of each
    layer over so many faces, the deepest last.
    """
    said = ((" converted from", converted_from), (", learned from", learned_from))
    more = "".join(f"{how} {what}" for how, what in said if what)
    measured = ", ".join(f"{layer} {value:.4g}" for layer, value in rms.items() if layer.endswith("_1"))
    return f"{path}: VGG-19 up to {list(rms)[-1]}, {source} weights{more}; RMS over {faces} faces: {measured}"


def evaluated(label: str, folder: Path, metrics: Scores) -> str:
    """Return the last line of evaluate. metrics: as in metrics/evaluate; svm is empty without attributes."""
    quality, sets = metrics["reconstruction"], metrics["svm"]
    pictures = (f"PSNR {quality['psnr']:.2f} dB, SSIM {quality['ssim']:.3f}, feature distance "
                f"{quality['feature_distance']:.0f}")
    over = f"over {counted(quality['images'], 'test image')}"
    if not sets:
        return f"{folder}: reconstructions of {label}: {pictures}, {over}"
    accuracies = ", ".join(f"{name} {share(scores['accuracy'])} (C {scores['C']:g})" for name, scores in sets.items())
    majority = share(next(iter(sets.values()))["majority"])
    return (f"{folder}: SVM accuracy of {label}: {accuracies}, majority class {majority}; {pictures}, "
            f"{answers_kept(metrics['preservation'])}, {over}")


def share(value: float) -> str:
    """Return a share, 0 … 1, in percent; NaN is not measured."""
    return "not measured" if math.isnan(value) else f"{value:.1%}"


def answers_kept(averages: Scores) -> str:
    """Return how many of the SVMs' answers reconstructions keep. averages: preservation, as in metrics/evaluate."""
    kappa = "" if averages["kappa"] is None else f", κ {averages['kappa']:.2f}"
    return f"{share(averages['agreement'])} of the SVMs' answers kept ({share(averages['chance'])} by chance{kappa})"


def baseline_scored(table: Path, label: str, view: str, averages: Mapping[str, float], images: int) -> str:
    """Return a line of baselines. averages: of its rows; C is NaN for a baseline without SVMs."""
    penalty = f"C {averages['C']:g}, " if averages["C"] == averages["C"] else ""
    return (f"{table}: accuracy of {label} on view {view}: {share(averages['accuracy'])} ({penalty}balanced "
            f"{share(averages['balanced_accuracy'])}), majority class {share(averages['majority'])}, over {images} "
            "images")


def flips(folder: Path, averages: Scores) -> str:
    """Return the line of evaluate on attribute vectors. averages: those of flips, as in metrics/evaluate."""
    if not averages["attributes"]:
        return f"{folder}: along no attribute vector could flips be measured; flips.csv says why"
    decoded = ("" if averages["decoded"] is None else
               f"; {averages['decoded']:.1%} of the decoded pictures agree, {averages['unmoved']:.1%} without moving, "
               f"and they keep {averages['kept']:.0%} of the change")
    others = "" if averages["others"] is None else f", and {averages['others']:.1%} of the other answers with it"
    return (f"{folder}: over {counted(averages['attributes'], 'attribute vector')}, the SVM's answer flips at a mean "
            f"median α of {averages['median_alpha']:.2f}, within α ≤ 1 for {averages['flipped']:.1%} of the test faces"
            f"{others}{decoded}")


def sampled(label: str, folder: Path, metrics: Scores, of_photographs: Scores, layer: str,
            photographs: str) -> str:
    """Return the last line of samples.

    Args:
        label: of the variant.
        folder: the stage's output.
        metrics: source of z → its scores.
        of_photographs: as in photographs/floor.json.
        layer: in which the distances are measured.
        photographs: that samples are compared with, in words.
    """
    scores = "; ".join(f"{source} {quality['frechet_distance']:.4g}, {quality['kid']:.3g} and {quality['blur']:.3f}"
                       for source, quality in metrics.items())
    reference, floor = of_photographs["photographs"], of_photographs["floor"]
    return (f"{folder}: {metrics['prior']['images']} samples of {label} from each source, Fréchet distance ({layer}), "
            f"KID and blur: {scores}; {floor['images']} training images {floor['frechet_distance']:.4g} and "
            f"{floor['kid']:.3g}; blur of {reference['images']} {photographs} {reference['blur']:.3f}")


def floor_measured(folder: Path, floor: Scores, layer: str, images: int, photographs: str) -> str:
    """Return the last line of photographs.

    Args:
        folder: the stage's output.
        floor: scores of training images.
        layer: in which the distances are measured.
        images: number of the photographs that samples are compared with.
        photographs: the same in words.
    """
    return (f"{folder}: the floor in {layer}, {floor['images']} training images against {images} {photographs}: "
            f"Fréchet distance {floor['frechet_distance']:.4g}, KID {floor['kid']:.3g}")


def views_added(label: str, folder: Path, steps: Sequence[Scores], chosen: str) -> str:
    """Return the last line of view_gains. steps: rows of its table. chosen: the step chosen on validation, or ""."""
    said = f"{folder}: SVM accuracy {share(steps[0]['accuracy'])} with view {steps[0]['step']} of {label}"
    for step in steps:
        if step["step"] == chosen:
            said += (f"; chosen on validation: {chosen}, {step['accuracy']:.1%} ({step['dimensions']} dimensions, "
                     f"C {step['C']:g})")
    return f"{said}; majority class {share(steps[0]['majority'])}"


def reported(page: Path, variants: int, view_set: str, accuracies: Mapping[str, float], network: str) -> str:
    """Return the last line of report.

    Args:
        page: index.html.
        variants: their number.
        view_set: as in report.view_set.
        accuracies: label → average accuracy of the SVMs on that set.
        network: what is to be said of the loss network, such as "with random weights"; "" for nothing.
    """
    averages = ", ".join(f"{label} {accuracy:.1%}" for label, accuracy in accuracies.items()) or "not measured"
    said = f"{page}: {counted(variants, 'variant')}; average SVM accuracy, {view_set}: {averages}"
    return f"{said}; loss network {network}" if network else said


def loss_network_source(source: str) -> str:
    """Return in words where a loss network comes from. source: as in loss_network.source, or the name of a file."""
    return {"random": "the random network", "taught": "the taught network", "imagenet": "torchvision's network",
            "file": "the file of loss_network.file"}.get(source, source)


def counts(images: Mapping[str, int]) -> str:
    """Return the images of each split in words: "2,009 train, 245 valid"."""
    return ", ".join(f"{count:,} {split}" for split, count in images.items())


def without_password(uri: str) -> str:
    """Return a URI without the user name and password in it."""
    return re.sub("//[^/@]*@", "//", uri)
