"""What decides a record in MLflow: two experiments in which it is equal have the same record."""

import json
from pathlib import Path

from pipeline.config import ReportPlan, Variant, read_section
from pipeline.json_file import read_json
from pipeline.plan import code
from pipeline.workspace import digest, sha256

PLAN, SHARDS = Path("plan/pipeline"), Path("data/shards")
LOSS_NETWORK = Path("models/loss_network.safetensors")  # scores are measured by it
# Of what a variant has: the sections of the plan that decide, and the stages whose code does.
SECTIONS, STAGES = ("sampling",), ("samples",)
SECTIONS_OF_ENCODERS, STAGES_OF_ENCODERS = ("attributes", "evaluate"), ("latents", "attributes", "evaluate")
PATHS = {"inception", "file"}  # parameters that are paths: what the files hold decides


class Undecided(FileNotFoundError):
    """A file that decides is missing, or cannot be read; or the code cannot, since somebody is changing it."""


def results_key(variant: Variant) -> str:
    """Of a trained variant's scores, samples and pictures: of its training, the plan behind it, code and data.

    It can be told as soon as training is done. Raises Undecided.
    """
    try:
        return key_of_results(variant)
    except Exception as error:  # of many kinds; a training that is done shall not fail by any
        raise Undecided(f"which record has the results of {variant.name} cannot be told ({error})") from error


def key_of_results(variant: Variant) -> str:
    sections, stages, views = SECTIONS, STAGES, "view=aligned"
    if variant.encodes:
        sections, stages, views = sections + SECTIONS_OF_ENCODERS, stages + STAGES_OF_ENCODERS, "view=*"
    manifests = sorted(SHARDS.glob(f"{views}/_manifest.json"))
    if not manifests:
        raise FileNotFoundError(f"{SHARDS} has no view")
    return digest(
        variant.planned(), variant.label, LOSS_NETWORK, Path("models") / variant.name / "model.safetensors",
        Path("metrics/train") / f"{variant.name}.json", Path("training") / variant.name / "epochs.csv",
        *map(section, sections),
        *(code.path_of(stage, variant.name) for stage in stages),
        code.written(code.Code().of("figures", [variant])),
        str(read_section(ReportPlan, PLAN / "report.json").seed),  # by which faces are chosen for pictures
        *(f"{manifest.parent.name} {read_json(manifest)['sha256']}" for manifest in manifests),
        *map(sha256, inception()))


def report_key(variants: list[Variant]) -> str:
    """Of the report of these variants: of their results and labels, of what compares them, and of its plan and code.

    To be asked for when the report is there. Raises Undecided.
    """
    warnings = [Path("training") / variant.name / "warnings.json" for variant in variants]
    tables = [path for folder in ("baselines", "multi_view") for path in sorted(Path(folder).rglob("*"))
              if path.is_file()]
    return digest(*map(results_key, variants), *map(section, ("report", "multi_view", "loss_network")),
                  *(code.path_of(stage) for stage in ("figures", "multi_view", "vgg_fc", "report")),
                  *warnings, *tables)


def section(name: str) -> str:
    """A section of the plan, without paths."""
    return json.dumps({key: value for key, value in read_json(PLAN / f"{name}.json").items() if key not in PATHS})


def inception() -> list[Path]:
    """The file of Inception's weights, where one is given."""
    file = read_json(PLAN / "sampling.json")["inception"]
    return [Path(file)] if file else []
