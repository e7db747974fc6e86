"""What records of results say of a data set without attributes and landmarks."""

from pathlib import Path

import pandas as pd

from pipeline.config.loading import load_params
from pipeline.config.params import Params
from pipeline.files.json_file import write_json
from pipeline.paths import section_plan
from pipeline.plan.resolve import plan_sections
from pipeline.tracking.contents import report_contents, results_contents
from pipeline.tracking.results import write_or_join_results
from tests import tiny
from tests.tracking.conftest import get, start_run


def write_plan_of_a_folder() -> Params:
    """Write the plan for a folder of photographs without landmarks, which have fewer views; return its parameters."""
    params = load_params()
    params = params.model_copy(update={"data": params.data.model_copy(update={"source": "folder"})})
    for section in plan_sections(params, {name: params.variant(name) for name in params.variants}):
        write_json(section_plan(section.section), section.model_dump())
    return params


def test_without_attributes_a_record_has_the_other_metrics_and_the_empty_tables(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("params.yaml").write_text(tiny.PARAMS.read_text())
    write_json(Path("metrics/evaluate/dfc.json"), {
        "svm": {}, "reconstruction": {"psnr": 18.5}, "preservation": None, "posterior": {"kl": 3.5}, "flips": None,
        "vector_correlation": None})
    write_json(Path("metrics/samples/dfc.json"), {})
    write_json(Path("metrics/train/dfc.json"), {"loss": 0.5})
    write_json(Path("samples/dfc/protocol.json"), {})
    write_json(Path("records/train/dfc.json"), {"device": "a laptop"})
    for folder in ("figures/dfc", "evaluation/dfc", "attributes/dfc", "baselines", "view_gains", "report", "explorer"):
        Path(folder).mkdir(parents=True)
    pd.DataFrame({"attribute": []}).to_csv("evaluation/dfc/flips.csv", index=False)
    write_json(Path("teaching/none.json"), {})
    for name in ("baselines", "view_gains", "teach"):
        write_json(Path(f"metrics/{name}.json"), {})
    params, variant = write_plan_of_a_folder(), tiny.variant()
    contents = results_contents(variant, params)
    assert contents.metrics == {"reconstruction/psnr": 18.5, "posterior/kl": 3.5, "train/loss": 0.5}
    assert [path.name for path in contents.files["evaluation"]] == ["flips.csv"] and contents.files["attributes"] == []
    assert not [name for name in contents.parameters if name.startswith("evaluate.view_sets.l")]
    assert contents.parameters["evaluate.view_sets.aligned"] == ["aligned"]
    report = report_contents(params)
    assert report.metrics == {} and report.parameters["report.view_set"] == "aligned"
    assert report.parameters["view_gains.views"] == ["aligned", "flipped"]
    assert report.parameters["baselines.view"] == "aligned"
    record = write_or_join_results(config, variant, "key", start_run(config), contents)
    assert get(config, record).info.status == "FINISHED" and get(config, record).data.metrics["posterior/kl"] == 3.5
