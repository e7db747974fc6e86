"""Write what came after training to MLflow: a record of each variant's scores, samples and pictures, and one of the
report; and what training itself could not deliver, because the server was away.

In one stage, since MLflow takes seconds to load; and so that a server that is away costs no other stage.
"""

import csv
from pathlib import Path
from typing import Any

from pipeline.config import Params, Tracking, Variant, load_params, read_variants
from pipeline.errors import InputError, one_sentence
from pipeline.json_file import read_json
from pipeline.plan import code
from pipeline.records import SPEED, machine, read_record
from pipeline.removed_variants import delete_results_of_removed_variants
from pipeline.tracking import runs, training_run
from pipeline.tracking.keys import SECTIONS, SECTIONS_OF_ENCODERS, report_key, results_key
from pipeline.tracking.live import shown
from pipeline.tracking.results import Contents, write_report, write_results
from pipeline.tracking.store import store_uri
from pipeline.training.own_runs import delete_recorded_runs
from pipeline.workspace import lasting, recorded


def main() -> None:
    params, variants = load_params(), read_variants()
    code.checked("track", variants)
    delete_results_of_removed_variants()
    try:
        keys = {variant.name: results_key(variant) for variant in variants}
        key_of_report = report_key(variants)
    except FileNotFoundError as error:
        raise InputError(f"{error}; run `dvc pull` if results came from elsewhere, or `dvc repro`") from error
    for variant in variants:
        record = read_record("train", variant.name)
        run_id = track_training(params, variant, record)
        write_results(params.tracking, variant, keys[variant.name], run_id, results_of(variant, params, record))
        delete_recorded_runs(lasting(params.cluster.storage), variant.name, recorded(f"train@{variant.name}"))
    write_report(params.tracking, key_of_report, report_of(params))
    print(f"MLflow: {runs.experiment_name()} has a training and results of {len(variants)} variants, and a report, in "
          f"{shown(store_uri(params.tracking))}")


def track_training(params: Params, variant: Variant, record: dict[str, Any]) -> str:
    """MLflow's id of a training's run, whole: it is completed if training could not, as the server was away.

    record: as in records/train.
    """
    config = params.tracking
    run = training_run.found_or_created(config, variant, record["training"],
                                        training_run.parameters(variant, params), {})
    run_id = run.info.run_id
    if run.info.status != "FINISHED":
        complete(config, variant, run, record)
    runs.add_to_experiment(config, run)
    return run_id


def complete(config: Tracking, variant: Variant, run, record: dict[str, Any]) -> None:
    """Add what a training's run lacks: curves, metrics, tags and the model. Then it is finished."""
    folder, run_id = Path("training") / variant.name, run.info.run_id
    speed = {key: record[key] for key in SPEED}
    steps, epochs = rows(folder / "steps.csv"), rows(folder / "epochs.csv")
    training_run.complete(config, run_id, steps,
                          [epoch | speed for epoch, speed in zip(epochs, record["epochs"], strict=True)])
    last_epoch = read_json(Path("metrics/train") / f"{variant.name}.json")
    runs.add_metrics(config, run, training_run.metrics(last_epoch, speed))
    runs.add_tags(config, run, by_what(record))
    if not training_run.has_model(config, run_id):
        from pipeline.models.trained import example, load_model

        model = load_model(Path("models") / variant.name / "model.safetensors", variant)
        training_run.log_model(config, run_id, model, example(model, variant.encodes))
    runs.finish(config, run)


def results_of(variant: Variant, params: Params, record: dict[str, Any]) -> Contents:
    """What the record of a variant's results says. record: as in records/train."""
    name, of_encoders = variant.name, SECTIONS_OF_ENCODERS if variant.encodes else ()
    sections = (*training_run.SECTIONS, *SECTIONS, *of_encoders)
    return Contents(
        metrics=runs.flat({**read_json(Path("metrics/evaluate") / f"{name}.json"),
                           "samples": read_json(Path("metrics/samples") / f"{name}.json"),
                           "train": read_json(Path("metrics/train") / f"{name}.json")}),
        parameters=runs.variant_parameters(variant, params, *sections) | {"seed": params.seed},
        files={"figures": files(Path("figures") / name), "attributes": files(Path("attributes") / name),
               "evaluation": files(Path("evaluation") / name), **of_pipeline()},
        tags=by_what(record))


def report_of(params: Params) -> Contents:
    """What the record of the report says."""
    sections = ("data", "loss_network", "multi_view", "report")
    return Contents(
        metrics={name.replace("+", "with"): value  # MLflow takes no plus in a name, and would get an underscore
                 for name, value in runs.flat({"multi_view": read_json(Path("metrics/multi_view.json"))}).items()},
        parameters=runs.flat({section: getattr(params, section).model_dump() for section in sections}, "."),
        files={"report": files(Path("report"), Path("figures")), "multi_view": files(Path("multi_view")),
               **of_pipeline()},
        tags=machine())


def by_what(record: dict[str, Any]) -> dict[str, Any]:
    """Tags for the machine that made a result, and what trained the model. record: as in records/train."""
    return {name: value for name, value in record.items() if name not in ("training", "epochs", *SPEED)}


def of_pipeline() -> dict[str, list[Path]]:
    """With dvc.lock, `dvc pull` gets all results from a record."""
    return {"pipeline": [path for path in (Path("dvc.lock"), Path("params.yaml")) if path.is_file()]}


def files(*folders: Path) -> list[Path]:
    """Pictures, tables and pages; vectors and mixtures stay with DVC."""
    return [path for folder in folders for path in sorted(folder.iterdir())
            if path.suffix in (".png", ".jpg", ".csv", ".md", ".html")]


def rows(table: Path) -> list[dict[str, float]]:
    """A table's rows, without their empty cells."""
    with table.open(newline="") as file:
        return [{name: float(value) for name, value in row.items() if value} for row in csv.DictReader(file)]


if __name__ == "__main__":
    with one_sentence():
        main()
