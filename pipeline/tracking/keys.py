"""Keys of records in MLflow: digests of all that decides a record. Experiments with equal keys share the record."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline import paths
from pipeline.config.plans import ReportPlan, read_plan
from pipeline.config.variant import Variant
from pipeline.files.hashes import digest, sha256
from pipeline.files.json_file import read_json
from pipeline.plan import code
from pipeline.plan.modules import Modules

# What decides a variant's results: these sections of the plan, and the code of these stages.
SECTIONS: tuple[str, ...] = ("sampling",)
STAGES: tuple[str, ...] = ("samples",)
SECTIONS_OF_ENCODERS, STAGES_OF_ENCODERS = ("attributes", "evaluate"), ("latents", "attributes", "evaluate")
PATH_PARAMETERS = {"inception", "lpips", "file"}  # the contents of these files decide, not where they lie


class Undecided(FileNotFoundError):
    """A file that decides is missing or cannot be read, or the code cannot be read because somebody is changing it."""


def results_key(variant: Variant) -> str:
    """Return the key of one variant's results; see `results_keys`."""
    return results_keys([variant])[variant.name]


def results_keys(variants: Sequence[Variant]) -> dict[str, str]:
    """Return the keys of trained variants' scores, samples and pictures, by the variants' names.

    A key depends on the training, the plan behind it, code and data. It is known as soon as training is done.

    Raises:
        Undecided: For any error: no error here may fail a training that is done.
    """
    keys: dict[str, str] = {}
    modules = None
    for variant in variants:
        try:
            modules = modules or Modules()  # takes seconds
            keys[variant.name] = compute_results_key(variant, modules)
        except Exception as error:
            raise Undecided(f"the key of the record with the results of {variant.name} cannot be computed ({error})"
                            ) from error
    return keys


def compute_results_key(variant: Variant, modules: Modules) -> str:
    """Return the key of a variant's results.

    Args:
        variant: A trained one.
        modules: The project's code, for that of the variant's pictures.
    """
    sections, stages, views = SECTIONS, STAGES, "view=aligned"
    if variant.encodes:
        sections, stages, views = sections + SECTIONS_OF_ENCODERS, stages + STAGES_OF_ENCODERS, "view=*"
    manifests = sorted(paths.SHARDS.glob(f"{views}/_manifest.json"))
    if not manifests:
        raise FileNotFoundError(f"{paths.SHARDS} has no view")
    return digest(
        variant.planned(), variant.label, paths.LOSS_NETWORK,  # scores are measured by the loss network
        paths.weights(variant.name), paths.metrics("train", variant.name), paths.epochs(variant.name),
        *map(section_without_paths, sections),
        *(code.path_of(stage, variant.name) for stage in stages), code.path_of("photographs"),
        code.as_text(code.stage_digest(modules, "figures", [variant])),
        str(read_plan(ReportPlan).seed),  # chooses the faces of pictures
        *(f"{manifest.parent.name} {read_json(manifest).get('sha256', 'no images')}" for manifest in manifests),
        *map(sha256, weights_of_metrics(sections)))


def report_key(keys_of_results: Mapping[str, str]) -> str:
    """Return the key of the report: of its variants' results, of what compares them, and of its plan and code.

    Args:
        keys_of_results: The keys of the report's variants, in the report's order, from `results_keys`.

    Raises:
        FileNotFoundError: The report, or something that it depends on, is not there yet.
    """
    warnings = map(paths.warnings, keys_of_results)
    tables = [path for folder in (paths.TEACHING, paths.BASELINES, paths.VIEW_GAINS)
              for path in sorted(folder.rglob("*")) if path.is_file()]
    sections = ("report", "view_gains", "baselines", "teaching", "loss_network")
    return digest(*keys_of_results.values(), *map(section_without_paths, sections),
                  *(code.path_of(stage) for stage in ("figures", "view_gains", "baselines", "report", "explorer")),
                  *warnings, *tables)


def section_without_paths(name: str) -> str:
    """Return a section of the plan as JSON, without its paths."""
    section = read_json(paths.section_plan(name))
    return json.dumps({key: value for key, value in section.items() if key not in PATH_PARAMETERS})


def weights_of_metrics(sections: Sequence[str]) -> list[Path]:
    """Return the files of Inception's and LPIPS's weights, as far as these sections of the plan name them."""
    files = [read_json(paths.section_plan(section)).get(parameter)
             for section, parameter in (("sampling", "inception"), ("evaluate", "lpips")) if section in sections]
    return [Path(file) for file in files if file]
