"""Digests of the code on which a stage's result depends. DVC makes the stage depend on its digest.

Each is a file, code/<stage>.json, or code/<stage>/<variant>.json where the variant decides. It has the modules that the
stage reaches by its imports, also inside functions, each with a digest of its syntax (`plan.syntax`) and of the data
files that it names. `plan.exempt` lists what is left out.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from pipeline.config.data_plans import DatasetPlan
from pipeline.config.plans import read_plan, read_variants
from pipeline.config.variant import Variant
from pipeline.errors import InputError
from pipeline.paths import CODE, of_stage
from pipeline.plan.exempt import reason
from pipeline.plan.modules import PROJECT, Modules
from pipeline.vocabulary import (
    ADVERSARIES,
    ARCHITECTURES,
    BASELINES,
    RECONSTRUCTIONS,
    SOURCES,
    TERMS,
    VIEWS,
    choices,
    module_name,
)

OF_EACH_VARIANT = ("train", "latents", "attributes", "samples", "evaluate")
# These return at once for a variant without an encoder, which does not depend on what they import inside functions.
FOR_ENCODERS = ("latents", "attributes", "evaluate")

MODEL_BUILDER, LOSS_BUILDER = "pipeline.models.build", "pipeline.losses.build"
BUILDERS = {MODEL_BUILDER, LOSS_BUILDER}  # they import what a variant names
SOURCE_OPENER = "pipeline.data.source"  # it imports what data.source names

Digest = dict[str, str]  # module → digest of its file


def stages() -> list[str]:
    """Return the stages that have digests: all but plan, which depends on the whole code."""
    files = (PROJECT / "stages").glob("*.py")
    return sorted(path.stem for path in files if path.stem.isidentifier() and path.stem not in ("__init__", "plan"))


def path_of(stage: str, variant: str | None = None) -> Path:
    """Return the path of a stage's digest."""
    return of_stage(CODE, stage, variant)


def digests(variants: Sequence[Variant], source: str) -> dict[Path, Digest]:
    """Return the digests of all stages, by path. source: data.source."""
    modules = Modules()
    by_path: dict[Path, Digest] = {}
    for stage in stages():
        if stage in OF_EACH_VARIANT:
            by_path |= {path_of(stage, variant.name): stage_digest(modules, stage, [variant], source)
                        for variant in variants}
        else:
            by_path[path_of(stage)] = stage_digest(modules, stage, variants, source)
    return by_path


def stage_digest(modules: Modules, stage: str, variants: Sequence[Variant], source: str | None = None) -> Digest:
    """Return the digest of a stage.

    Args:
        modules: The project's code.
        stage: Its name in dvc.yaml, without a variant.
        variants: The variants for which it runs; none for all of the plan, if the stage builds models or losses.
        source: data.source; None for that of the plan, if the stage opens the data set.
    """
    top = f"stages.{stage}"
    only_top = stage in FOR_ENCODERS and not any(variant.encodes for variant in variants)
    loaded = modules.reached(top, named_modules(variants), only_top)
    if not variants and loaded & BUILDERS:
        loaded = modules.reached(top, named_modules(read_variants()), only_top)
    if SOURCE_OPENER in loaded:
        named = {SOURCE_OPENER: {module_name(SOURCES, source or read_plan(DatasetPlan).source)}}
        loaded |= modules.reached(SOURCE_OPENER, named, only_top=False)
    return {module: modules.digest(module) for module in sorted(loaded) if not reason(module, stage)}


def named_modules(variants: Sequence[Variant]) -> dict[str, set[str]]:
    """Return module → the modules that it imports by a name in params.yaml, for these variants."""
    of_loss: set[tuple[str, str]] = {(RECONSTRUCTIONS, variant.loss.reconstruction) for variant in variants}
    of_loss |= {(ADVERSARIES, variant.adversary.kind) for variant in variants}
    of_loss |= {(TERMS, term) for variant in variants for term in getattr(variant.loss, "extra", {})}
    return {
        MODEL_BUILDER: {module_name(ARCHITECTURES, variant.model.architecture) for variant in variants},
        LOSS_BUILDER: {module_name(*choice) for choice in of_loss if choice[1] != "none"},
        "pipeline.data.prepare": {module_name(VIEWS, view) for view in choices(VIEWS)},
        "stages.baselines": {module_name(BASELINES, method) for method in choices(BASELINES)},
    }


def as_text(digest: Digest) -> str:
    """Return a digest as it stands in its file."""
    return json.dumps(digest, indent=1) + "\n"


def refuse_unplanned_code(stage: str, variants: Sequence[Variant] = ()) -> str:
    """Return the text of a stage's digest file, if it is that of the code as it is now.

    Args:
        stage: Its name in dvc.yaml, without a variant.
        variants: The stage's own variant; none for all of the plan.

    Raises:
        InputError: The file is missing, or code has changed since the plan was made: DVC has not seen the code that
            would run.
    """
    path = path_of(stage, variants[0].name if stage in OF_EACH_VARIANT else None)
    if not path.is_file():
        raise InputError(f"{path} is missing; run `dvc repro`, which makes it in its stage plan")
    planned, now = json.loads(path.read_text()), stage_digest(Modules(), stage, variants)
    changed = sorted(name for name in planned.keys() | now.keys() if planned.get(name) != now.get(name))
    if changed:
        more = f" and {len(changed) - 1} more have" if len(changed) > 1 else " has"
        raise InputError(f"{changed[0]}{more} changed since the plan was made, and DVC would take the result for that "
                         "of the code before; run `dvc repro`, or `dvc repro plan` and then this stage alone")
    return as_text(planned)
