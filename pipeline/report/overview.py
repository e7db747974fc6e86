"""The top of the page: what was run in a few lines, what came out, and where to look further."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import paths
from pipeline.report.contents import Report, VariantResults
from pipeline.report.numbers import number, percent
from pipeline.report.run_facts import trainings_in_words
from pipeline.vocabulary import counted

# Files beside the page that open in a browser or a table program, each with what it is.
BESIDE: tuple[tuple[Path, str], ...] = (
    (paths.EXPLORER / "index.html", "the explorer, a page in which the trained decoders run and faces move"),
    (paths.REPORT / "table1.csv", "Table 1 as numbers"),
    (paths.PARAMS, "the parameters of this run"),
)
# Commands that show more, in the project's folder.
COMMANDS = (
    ("make ui", "opens MLflow: the curves and pictures of every training, all runs side by side; this report is there "
                "too, as the run of the kind report"),
    ("dvc exp show", "lists all experiments with their parameters and metrics"),
    ("dvc metrics show", "prints the numbers; dvc metrics diff compares them with another commit"),
    ("dvc plots show", "draws the curves and scores as a page"),
    ("dvc repro", "runs again what a change of parameters, code or data has touched"),
)
NETWORKS = {"random": "random weights", "taught": "taught here", "imagenet": "VGG-19, trained on ImageNet"}
SPLITS = ("train", "valid", "test")
IN_WORDS = {"train": "training", "valid": "validation", "test": "test"}


def overview(report: Report) -> dict[str, str]:
    """Return what was run and what came out, in at most five lines by their names; what is unknown is left out."""
    lines = {"Images": images(report.data), "Models": models(report.variants),
             "Loss network": loss_network(report.loss_network),
             "Training": "; ".join(f"{labels}: {how}" for labels, how in trainings_in_words(report.variants).items()),
             "Best results": best_results(report.variants)}
    return {name: line for name, line in lines.items() if line}


def images(data: Mapping[str, Any]) -> str:
    """Return the numbers of images, their size and their source."""
    counts = [f"{number(data[f'{split} images'])} {IN_WORDS[split]}" for split in SPLITS if f"{split} images" in data]
    size = f" of {data['image size']}×{data['image size']} pixels" if "image size" in data else ""
    source = f", source: {data['source']}" if "source" in data else ""
    return f"{', '.join(counts)} images{size}{source}" if counts else ""


def models(variants: Sequence[VariantResults]) -> str:
    """Return the labels and names of the models, and for how many epochs they were trained."""
    if not variants:
        return ""
    epochs = sorted({variant.parameters.get("train", {}).get("epochs") or 0 for variant in variants} - {0})
    trained = f"; {counted(epochs[0], 'epoch')}" if len(epochs) == 1 else \
        f"; {epochs[0]} to {epochs[-1]} epochs" if epochs else ""
    return f"{', '.join(f'{variant.label} ({variant.name})' for variant in variants)}{trained}"


def loss_network(facts: Mapping[str, Any]) -> str:
    """Return what the loss network is."""
    if not facts:
        return ""
    source = NETWORKS.get(facts["source"], f"the weights of {facts.get('file') or facts['source']}")
    learned = f", learned from {facts['learned from']}" if "learned from" in facts else ""
    return f"{source}{learned}"


def best_results(variants: Sequence[VariantResults]) -> str:
    """Return which model is best by accuracy, PSNR and Fréchet distance; "" where nothing is measured."""
    parts = []
    if scored := [(v.reported_svm["accuracy"], v) for v in variants if v.reported_svm]:
        accuracy, best = max(scored, key=lambda pair: pair[0])
        parts.append(f"attributes, SVM accuracy of view set {best.view_set}: {best.label}, {percent(accuracy)} % "
                     f"(majority class {percent(best.reported_svm['majority'])} %)")
    if scored := [(psnr, v) for v in variants if (psnr := v.reconstruction.get("psnr")) is not None]:
        psnr, best = max(scored, key=lambda pair: pair[0])
        parts.append(f"reconstructions, PSNR: {best.label}, {number(psnr)} dB")
    if scored := [(distance, v) for v in variants
                  if (distance := v.samples.get("prior", {}).get("frechet_distance")) is not None]:
        frechet, best = min(scored, key=lambda pair: pair[0])
        parts.append(f"samples from N(0, I), Fréchet distance, lower is better: {best.label}, {number(frechet)}")
    return "; ".join(parts)
