"""Add what came after training to each variant's MLflow run: figures, tables, scores, the report.

In one stage, since MLflow takes seconds to load; and so that a server that is away costs no other stage.
"""

from pathlib import Path

from pipeline import tracking
from pipeline.config import ReportPlan, load_params, read_section, read_variant
from pipeline.errors import one_sentence
from pipeline.json_file import read_json


def main() -> None:
    config = load_params().tracking
    names = read_section(ReportPlan, "plan/pipeline/report.json").variants
    for name in names:
        metrics = tracking.flat({**read_json(Path("metrics/evaluate") / f"{name}.json"),
                                 "samples": read_json(Path("metrics/samples") / f"{name}.json")})
        variant = read_variant(f"plan/{name}.json")
        tracking.add_to_run(config, Path("models") / name / "mlflow_run.json", variant, metrics, {
            "attributes": files(Path("figures") / name / "latent_space", Path("attributes") / name),
            "samples": files(Path("samples") / name),
            "evaluation": files(Path("evaluation") / name, Path("multi_view")),
            "report": files(Path("report")),
        })
    print(f"MLflow: {len(names)} runs in {tracking.store_uri(config)} have their figures, scores and the report")


def files(*folders: Path) -> list[Path]:
    """Pictures, tables and pages; vectors and mixtures stay with DVC."""
    return [path for folder in folders for path in sorted(folder.iterdir())
            if path.suffix in (".png", ".jpg", ".csv", ".md", ".html")]


if __name__ == "__main__":
    with one_sentence():
        main()
