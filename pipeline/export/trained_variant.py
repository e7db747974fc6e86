"""All that is exported of a variant, read from the outputs of the pipeline's stages."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from safetensors import safe_open

from pipeline import paths
from pipeline.config.plans import EvaluatePlan, LossNetworkPlan, ReportPlan, read_plan
from pipeline.config.variant import Variant
from pipeline.data import shards
from pipeline.errors import InputError
from pipeline.evaluation.svm_file import NamedSVMs, read_svms
from pipeline.export.agreement import BATCHES
from pipeline.export.latent_space_file import LatentSpace
from pipeline.export.trained_names import refuse_untrained
from pipeline.files.yaml_file import parse_yaml
from pipeline.latent_space.latents import read_latents
from pipeline.latent_space.sampling import read_mixture
from pipeline.models.interface import Model
from pipeline.models.weights_file import METADATA_KEY, TRAINED_ON, load_trained
from pipeline.report.contents import VariantResults
from pipeline.report.gathering import data_facts, loss_network_facts, read_results

VIEW = "aligned"  # the view of which models are trained


class TrainedVariant(NamedTuple):
    """A trained variant with its results."""

    variant: Variant
    model: Model  # on the CPU
    faces: np.ndarray  # uint8 N×3×S×S: faces to check the graphs with; none without an encoder
    latents: np.ndarray  # float32 M×D: means of faces; none without an encoder
    space: LatentSpace
    svm_set: str | None  # the set of views of its SVMs; None without SVMs
    view_sets: Mapping[str, list[str]]  # set → its views, of all SVMs that were scored
    results: VariantResults
    data: Mapping[str, object]  # `report.gathering.data_facts`
    loss_network: Mapping[str, object]  # `report.gathering.loss_network_facts`; empty if the loss reads none
    manifest: Mapping[str, Any]  # of the view aligned


def read_trained_variant(name: str) -> TrainedVariant:
    """Read a variant and its results from the working tree.

    Raises:
        InputError: it is not trained, or results are missing, are of another training, or cannot be read.
    """
    refuse_untrained(name)
    model, trained = load_trained(paths.weights(name))
    refuse_missing_results(trained)
    plan = read_plan(ReportPlan)
    variant = trained.model_copy(update={"label": plan.variants.get(name, name)})
    manifest = shards.manifest(paths.SHARDS, VIEW)
    refuse_other_training(variant, manifest)
    results = read_results(variant, variant.label, [], plan.view_set, manifest["attributes"])
    faces, latents = np.empty((0, 3, 1, 1), np.uint8), np.empty((0, model.latent_dim), np.float32)
    if variant.encodes:
        faces, latents = some_faces(manifest["images"]), read_latents(paths.latents(name, VIEW)).mu[:max(BATCHES)]
    mixture = paths.mixture(name)
    svm_set, svms = read_aligned_svms(name) if variant.encodes else (None, None)
    space = LatentSpace(results.vectors, svms, read_mixture(mixture) if mixture.is_file() else None)
    network = loss_network_facts(read_plan(LossNetworkPlan)) if variant.loss.reconstruction == "feature" else {}
    return TrainedVariant(variant, model, faces, latents, space, svm_set,
                          read_plan(EvaluatePlan).view_sets, results, data_facts(), network, manifest)


def refuse_missing_results(variant: Variant) -> None:
    """Raise InputError unless the files that an export reads are there."""
    name = variant.name
    needed = [paths.variant_plan(name), *map(paths.section_plan, ("report", "evaluate", "loss_network")),
              *(paths.metrics(stage, name) for stage in ("train", "samples", "evaluate")), paths.protocol(name),
              *(paths.variant_notes(folder, name) for folder in (paths.ATTRIBUTES, paths.SAMPLES)),
              paths.of_stage(paths.RECORDS, "train", name), paths.SHARDS / shards.manifest_name(VIEW)]
    if variant.loss.reconstruction == "feature":
        needed.append(paths.LOSS_NETWORK)
    if variant.encodes:
        needed += [paths.attribute_vectors(name), paths.latents(name, VIEW), paths.flips(name),
                   paths.entanglement(name), paths.preservation_table(name)]
    missing = [path for path in needed if not path.is_file()]
    if missing:
        more = f" and {len(missing) - 1} more of {name} are" if missing[1:] else " is"
        raise InputError(f"{missing[0]}{more} missing; run `dvc repro`, or `dvc pull` if the results were made "
                         "elsewhere")


def refuse_other_training(variant: Variant, manifest: Mapping[str, Any]) -> None:
    """Raise InputError unless data, plan and results are those of the weights."""
    path = paths.weights(variant.name)
    with safe_open(path, "numpy") as file:
        metadata = json.loads(file.metadata()[METADATA_KEY])
    trained_on = metadata.get(TRAINED_ON, {}).get("sha256", manifest["sha256"])
    if trained_on != manifest["sha256"]:
        raise InputError(f"{path} was trained on other images than those in {paths.SHARDS}; run `dvc repro`, which "
                         "makes all results again")
    if paths.variant_plan(variant.name).read_text() != variant.planned():
        raise InputError(f"{path} was trained with other parameters than {paths.variant_plan(variant.name)} has; run "
                         "`dvc repro`, which makes all results again")
    if stale := stages_of_other_weights(variant.name):
        raise InputError(f"the results of {' and '.join(stale)} are of an earlier training; run `dvc repro`, which "
                         "makes them again")


def stages_of_other_weights(name: str) -> list[str]:
    """Return the stages of a variant that have last run with other inputs than there are now, as dvc.lock says."""
    if not paths.DVC_LOCK.is_file():
        return []
    stages: Mapping[str, Any] = (parse_yaml(paths.DVC_LOCK.read_text()) or {}).get("stages") or {}
    made = {out["path"]: out.get("md5") for stage in stages.values() for out in stage.get("outs", ())}
    return [stage for stage in (f"{kind}@{name}" for kind in ("latents", "attributes", "samples", "evaluate"))
            if any(made.get(dep["path"], dep.get("md5")) != dep.get("md5")
                   for dep in stages.get(stage, {}).get("deps", ()) if not dep["path"].startswith(("plan", "code")))]


def some_faces(images: Mapping[str, int]) -> np.ndarray:
    """Return prepared faces, uint8 N×3×S×S, as many as the largest batch has: test faces if there are any.

    Args:
        images: split → number of images.
    """
    split = next(split for split in ("test", "valid", "train") if images.get(split))
    return shards.pixels_at(paths.SHARDS, VIEW, split, np.arange(min(max(BATCHES), images[split])))


def read_aligned_svms(name: str) -> tuple[str | None, NamedSVMs | None]:
    """Return the set of views that is the view aligned alone, and the SVMs on it; None where there are none."""
    for view_set, views in read_plan(EvaluatePlan).view_sets.items():
        path = paths.svm_weights(paths.EVALUATION / name, view_set)
        if views == [VIEW] and path.is_file() and (svms := read_svms(path)).names:
            return view_set, svms
    return None, None
