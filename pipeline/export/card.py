"""README.md: the model card, as model hubs read it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from pipeline.export.licences import licence_of
from pipeline.export.templates import rendered
from pipeline.export.trained_variant import TrainedVariant
from pipeline.report.contents import VariantResults
from pipeline.report.numbers import metric_in_words
from pipeline.report.protocol import protocol_in_words
from pipeline.report.run_facts import LONG, flatten, trainings_in_words
from pipeline.report.sample_table import sample_table
from pipeline.report.tables import Cell, Table

KINDS = {"feature": "a DFC-VAE: a variational autoencoder whose loss compares features of a frozen network",
         "pixel": "a variational autoencoder with a pixel loss", "none": "a generator, trained against a discriminator"}
NETWORKS = {  # loss_network.source → in words
    "taught": "taught on {}", "imagenet": "with torchvision's weights, learned on ImageNet",
    "random": "with random weights", "file": "with weights from a file"}
LEFT_OUT = ("loss.reference_rms", "loss.extra", "model.options", "adversary.options",
            "train.start_from", "train.deterministic", "train.precision")


def model_card(trained: TrainedVariant, config: Mapping[str, Any], shown: str, files: Sequence[str]) -> str:
    """Return the text of the card.

    Args:
        trained: the variant.
        config: what config.json says.
        shown: what samples.png shows, as a sentence.
        files: the names of the files in the folder.
    """
    variant, results = trained.variant, without_folders(trained.results)
    start = results.trained.get("start_weights_of", "") if "start_weights" in results.trained else None
    licence = licence_of(trained.manifest["source"], None if start is None else str(start))
    front = {**licence.front_matter, "library_name": "onnx",
             "pipeline_tag": "image-to-image" if variant.encodes else "unconditional-image-generation",
             "tags": tags(trained)}
    return rendered(
        "card.md.j2", front=yaml.safe_dump(front, sort_keys=False, allow_unicode=True), variant=variant, config=config,
        kind=KINDS.get(variant.loss.reconstruction, "a generative model of faces"), shown=shown, files=files,
        licence=licence, results=results, data=trained.data, loss_network=loss_network_in_words(trained.loss_network),
        adversary=variant.adversary.kind, parameters=parameters(trained),
        trained="; ".join(trainings_in_words([results]).values()),
        samples=markdown(sample_table([results])), protocol=protocol_in_words([results]), view_sets=trained.view_sets,
        mixture_is_nearer=mixture_is_nearer(results.samples),
        notes=[note.partition(": ")[0] if len(note) > LONG else note for note in results.notes],
        attributes=trained.space.attributes, vectors=trained.space.usable(), epochs=results.training.get("epoch"),
        training={metric_in_words(name): value for name, value in results.training.items()
                  if name.startswith("valid_") or name in ("kl", "active_units", "loss")})


def without_folders(results: VariantResults) -> VariantResults:
    """Return results in which the weights that a training began with have a file's name alone, and no path."""
    start = results.trained.get("start_weights")
    if start is None:
        return results
    return replace(results, trained={**results.trained, "start_weights": Path(str(start)).name})


def mixture_is_nearer(samples: Mapping[str, Mapping[str, float | int]]) -> bool:
    """Whether samples from the mixture are nearer to test faces than those from N(0, I), by the Fréchet distance."""
    of_mixture, of_prior = (samples.get(source, {}).get("frechet_distance") for source in ("mixture", "prior"))
    return of_mixture is not None and of_prior is not None and of_mixture < of_prior


def tags(trained: TrainedVariant) -> list[str]:
    """Return tags by which a hub finds the model."""
    encoder = ["vae", "variational-autoencoder"] if trained.variant.encodes else ["gan", "dcgan"]
    loss = ["perceptual-loss"] if trained.variant.loss.reconstruction == "feature" else []
    adversary = ["wasserstein-gan"] if trained.variant.adversary.kind == "wasserstein" else []
    return ["onnx", "faces", "image-generation", *encoder, *loss, *adversary]


def parameters(trained: TrainedVariant) -> dict[str, str]:
    """Return the parameters that decided the training, by their dotted names; unused ones are left out."""
    variant = trained.variant
    flat = flatten(variant.model_dump(exclude={"name", "label", "encodes"}))
    unused = LEFT_OUT if variant.adversary.kind != "none" else (*LEFT_OUT, "adversary")
    return {name: value for name, value in flat.items()
            if not any(name == prefix or name.startswith(f"{prefix}.") for prefix in unused)}


def loss_network_in_words(facts: Mapping[str, object]) -> str:
    """Return what the frozen network of the loss is; "" for none. facts: `report.gathering.loss_network_facts`."""
    if not facts:
        return ""
    width = f"with {facts['width']}, " if "width" in facts else ""
    return f"VGG-19 {width}{NETWORKS[str(facts['source'])].format(facts.get('learned from', 'faces'))}"


def markdown(table: Table) -> str:
    """Return a table as Markdown; "" for one without rows."""
    def line(cells: Sequence[Cell]) -> str:
        return f"| {' | '.join(f'{cell.text}, {cell.small}' if cell.small else cell.text for cell in cells)} |"

    if not table.rows:
        return ""
    return "\n".join([line([Cell("what is scored"), *table.headings[1:]]), "|---" * len(table.headings) + "|",
                      *map(line, table.rows)])
