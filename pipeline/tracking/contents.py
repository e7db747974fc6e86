"""What a record of results says, gathered from the working tree."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from pipeline import paths
from pipeline.config.params import Params
from pipeline.config.plans import BaselinesPlan, EvaluatePlan, ReportPlan, ViewGainsPlan, read_plan
from pipeline.config.variant import Variant
from pipeline.files.json_file import read_json
from pipeline.tracking import runs, training_run
from pipeline.tracking.datasets import Dataset, datasets
from pipeline.tracking.keys import SECTIONS, SECTIONS_OF_ENCODERS
from pipeline.workspace.records import SPEED, machine, read_record

UPLOADED = (".png", ".jpg", ".csv", ".md", ".html")  # vectors and mixtures stay with DVC


class Contents(NamedTuple):
    """What a record says."""

    metrics: Mapping[str, float]
    parameters: Mapping[str, Any]
    files: Mapping[str, Sequence[Path]]  # local files by the record's folder
    tags: Mapping[str, str | int | float]
    datasets: Mapping[str, Dataset] = MappingProxyType({})  # by split
    reference: str = "test"  # the split that samples are compared with


def results_contents(variant: Variant, params: Params) -> Contents:
    """Return what the record of a variant's results says."""
    name, of_encoders = variant.name, SECTIONS_OF_ENCODERS if variant.encodes else ()
    sections = (*training_run.sections(params), *SECTIONS, *of_encoders)
    scores = {**read_json(paths.metrics("evaluate", name)),
              "samples": read_json(paths.metrics("samples", name)),
              "train": read_json(paths.metrics("train", name))}
    return Contents(
        metrics=runs.flatten(scores),
        parameters={**runs.variant_parameters(variant, with_possible_views(params), *sections), "seed": params.seed,
                    **protocol_parameters(name)},
        files={"figures": uploaded_files(paths.FIGURES / name), "attributes": uploaded_files(paths.ATTRIBUTES / name),
               "evaluation": uploaded_files(paths.EVALUATION / name), **pipeline_files()},
        tags=machine_tags(read_record("train", name)), datasets=datasets(data_parameters(params)),
        reference=params.sampling.reference)


def data_parameters(params: Params) -> dict[str, Any]:
    """Return the parameters of the data, by dotted names."""
    return runs.flatten({"data": params.data.model_dump()}, ".")


def with_possible_views(params: Params) -> Params:
    """Return the parameters with the views that the plan has: images without landmarks lack some."""
    evaluate, baselines = read_plan(EvaluatePlan), read_plan(BaselinesPlan)
    gains, report = read_plan(ViewGainsPlan), read_plan(ReportPlan)
    return params.model_copy(update={
        "evaluate": params.evaluate.model_copy(update={"view_sets": evaluate.view_sets}),
        "baselines": params.baselines.model_copy(update={"view": baselines.view}),
        "view_gains": params.view_gains.model_copy(update={"views": gains.views}),
        "report": params.report.model_copy(update={"view_set": report.view_set})})


def protocol_parameters(variant: str) -> dict[str, Any]:
    """Return how samples were scored, by dotted names: what must be equal for two distances to be compared."""
    protocol = runs.flatten({"protocol": read_json(paths.protocol(variant))}, ".")
    return {name: value for name, value in protocol.items() if value != []}


def report_contents(params: Params) -> Contents:
    """Return what the record of the report says."""
    sections = (*training_run.sections(params), "baselines", "view_gains", "report")
    scores = runs.flatten({"teach": read_json(paths.TEACH_METRICS), "baselines": read_json(paths.BASELINES_METRICS),
                           "view_gains": read_json(paths.VIEW_GAINS_METRICS)})
    return Contents(
        metrics={name.replace("+", "with"): value  # MLflow takes no plus in a name, and would get an underscore
                 for name, value in scores.items()},
        parameters=runs.flatten({section: getattr(with_possible_views(params), section).model_dump()
                                 for section in sections}, "."),
        files={"report": uploaded_files(paths.REPORT, paths.FIGURES), "explorer": uploaded_files(paths.EXPLORER),
               "baselines": uploaded_files(paths.BASELINES), "teaching": uploaded_files(paths.TEACHING),
               "view_gains": uploaded_files(paths.VIEW_GAINS), **pipeline_files()},
        tags=machine(), datasets=datasets(data_parameters(params)))


def machine_tags(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return tags for the machine that made a result and for what trained the model.

    Args:
        record: As in records/train.
    """
    return {name: value for name, value in record.items() if name not in ("training", "epochs", *SPEED)}


def pipeline_files() -> dict[str, list[Path]]:
    """Return the files with which `dvc pull` gets all results of a record, by the record's folder."""
    return {"pipeline": [path for path in (paths.DVC_LOCK, paths.PARAMS) if path.is_file()]}


def uploaded_files(*folders: Path) -> list[Path]:
    """Return the pictures, tables and pages directly in some folders."""
    return [path for folder in folders for path in sorted(folder.iterdir()) if path.suffix in UPLOADED]
