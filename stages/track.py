"""Add what came after training to each variant's MLflow run: figures, tables, scores, the report; and what training
itself could not deliver, because the server was away.

In one stage, since MLflow takes seconds to load; and so that a server that is away costs no other stage.
"""

import csv
from pathlib import Path

from pipeline import tracking
from pipeline.config import Tracking, Variant, load_params, read_variants
from pipeline.errors import one_sentence
from pipeline.json_file import read_json
from pipeline.leftovers import delete_results_of_removed_variants
from pipeline.plan import code
from pipeline.records import SPEED, read_record


def main() -> None:
    config, variants = load_params().tracking, read_variants()
    code.checked("track", variants)
    delete_results_of_removed_variants()
    for variant in variants:
        track(config, variant)
    where = tracking.shown(tracking.store_uri(config))
    print(f"MLflow: {len(variants)} runs in {where} have their figures, scores and the report")


def track(config: Tracking, variant: Variant) -> None:
    """All of one variant's results. With dvc.lock, `dvc pull` gets them from its run."""
    name = variant.name
    record = read_record("train", name)
    trained_as, speeds = record.pop("mlflow_run"), record.pop("epochs")
    speed = {key: record.pop(key) for key in SPEED}
    metrics = tracking.flat({**read_json(Path("metrics/evaluate") / f"{name}.json"),
                             "samples": read_json(Path("metrics/samples") / f"{name}.json"),
                             "train": read_json(Path("metrics/train") / f"{name}.json") | speed})
    run_id = tracking.add_to_run(config, trained_as, variant, metrics, {
        "figures": files(Path("figures") / name),
        "attributes": files(Path("attributes") / name),
        "evaluation": files(Path("evaluation") / name, Path("multi_view")),
        "report": files(Path("report"), Path("figures")),
        "pipeline": [path for path in (Path("dvc.lock"), Path("params.yaml")) if path.is_file()],
    }, record)
    steps, epochs = (rows(Path("training") / name / table) for table in ("steps.csv", "epochs.csv"))
    tracking.complete(config, run_id, steps, [epoch | speed for epoch, speed in zip(epochs, speeds, strict=True)])
    if not tracking.has_model(config, run_id):
        from pipeline.models.trained import example, load_model

        model = load_model(Path("models") / name / "model.safetensors", variant)
        tracking.log_model(config, run_id, model, example(model, variant.encodes))
    tracking.finish(config, run_id)


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
