"""The stage track: a record of each variant's results and one of the report; and what training could not deliver."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from pipeline.config import AttributesPlan, EvaluatePlan, LossNetworkPlan, MultiViewPlan, load_params
from pipeline.json_file import write_json
from pipeline.models.build import build_model
from pipeline.models.trained import save_weights
from pipeline.records import machine, write_record
from pipeline.tracking import runs, store, training_run
from pipeline.tracking.keys import results_key
from pipeline.tracking.results import RESULTS_RUN, join_results
from pipeline.training import runs as training_runs
from pipeline.workspace import lasting, recorded
from stages import track
from tests import tiny
from tests.tracking.conftest import artifacts, get, history, runs_of

TRAININGS = {"dfc": "a" * 32, "dcgan": "b" * 32}
STEPS = [{"step": step, "epoch": 1, "learning_rate": 0.1, "loss": 1 / step} for step in range(1, 8)]
RECORD = {"precision": "fp32", "device": "a laptop", "workers": 1, "seconds": 9.0, "images_per_second": 70.0}


@pytest.fixture
def made(planned, config) -> Path:
    """The working tree when all stages before it have run."""
    params = yaml.safe_load(Path("params.yaml").read_text())
    params["tracking"] |= {"experiment": config.experiment, "patience": 0}
    Path("params.yaml").write_text(yaml.safe_dump(params))
    loaded = load_params()
    plans = {"attributes": AttributesPlan(**dict(loaded.attributes), seed=0),
             "evaluate": EvaluatePlan(**dict(loaded.evaluate), reference_rms={}),
             "loss_network": LossNetworkPlan(source="random", file=None, calibration_images=8, seed=0),
             "multi_view": MultiViewPlan(**dict(loaded.multi_view) | {"variants": ["dfc"]}, labels={"dfc": "VAE-123"})}
    for name, plan in plans.items():
        Path(f"plan/pipeline/{name}.json").write_text(plan.model_dump_json())
    for name in ("figures/dfc/curves.png", "figures/dfc/prior.png", "figures/dcgan/curves.png", "figures/samples.png",
                 "figures/removed/curves.png", "attributes/dfc/correlation.csv", "attributes/dfc/vectors.parquet",
                 "attributes/dcgan/notes.json", "evaluation/dfc/svm_aligned.csv", "multi_view/gains.csv",
                 "report/index.html", "dvc.lock"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("{}")
    Path("dvc.lock").write_text("stages: {train@dfc: {cmd: after}, train@dcgan: {cmd: after}}")
    Path("evaluation/dcgan").mkdir()
    for name, training in TRAININGS.items():
        write_json(Path(f"metrics/train/{name}.json"), {"loss": 0.3, "active_units": 4})
        write_json(Path(f"metrics/samples/{name}.json"), {"prior": {"frechet_distance": 2.0}})
        write_json(Path(f"training/{name}/warnings.json"), [])
        for table, rows in (("steps", [*STEPS, {"step": 8, "learning_rate": 0.1, "loss": 0.3, "kl": 2.0}]),
                            ("epochs", [{"step": 8, "learning_rate": 0.1, "loss": 0.5}])):
            pd.DataFrame(rows).to_csv(f"training/{name}/{table}.csv", index=False)
        write_record("train", name, training=training, **RECORD, epochs=[{"seconds": 8.5, "images_per_second": 75.0}])
    write_json(Path("metrics/evaluate/dfc.json"), {"svm": {"aligned": {"accuracy": 0.9}}, "reconstruction": None})
    write_json(Path("metrics/evaluate/dcgan.json"), {"svm": {}, "reconstruction": None})
    write_json(Path("metrics/multi_view.json"), {"dfc": {"aligned+eyes": 0.8}})
    return planned


def kept(config, kind: str, variant: str = ""):
    """The one run of a kind and variant."""
    [found] = [run for run in runs_of(config)
               if run.data.tags["kind"] == kind and run.data.tags.get("variant", "") == variant]
    return found


def content(run) -> tuple:
    """All that a run says, but its tags."""
    return run.data.metrics, run.data.params, dict(run.info)


def interrupted(config, variant, steps: list[dict]) -> str:
    """MLflow's id of a training's run, for which it was away after a few steps."""
    run_id = training_run.start(config, variant, TRAININGS[variant.name], {}, {})
    logger = training_run.live_logger(config, run_id)
    logger.on_steps(steps)
    logger.close()
    return run_id


def test_it_delivers_what_training_could_not(config, made):
    run_id = interrupted(config, tiny.variant(), STEPS[:3])
    for _ in range(2):
        track.main()
    run = kept(config, "training", "dfc")
    assert run.info.run_id == run_id and run.info.status == "FINISHED" and training_run.has_model(config, run_id)
    assert run.data.params["name"] == "dfc" and run.data.params["data.source"] == "synthetic"
    assert run.data.metrics["train/loss"] == 0.3 and history(config, run_id, "train/active_units") == [(0, 4.0)]
    assert (run.data.tags["precision"], run.data.tags["device"], run.data.tags["workers"]) == ("fp32", "a laptop", "1")
    assert {name: run.data.tags[name] for name in machine()} == machine()
    assert run.data.tags["training"] == TRAININGS["dfc"] and not {"epochs", "seconds"} & set(run.data.tags)
    assert run.data.metrics["train/seconds"] == 9.0 and run.data.metrics["train/images_per_second"] == 70.0
    assert history(config, run_id, "epoch/seconds") == [(8, 8.5)]
    assert history(config, run_id, "step/loss") == [*((row["step"], row["loss"]) for row in STEPS), (8, 0.3)]
    assert history(config, run_id, "step/kl") == [(8, 2.0)] and history(config, run_id, "epoch/loss") == [(8, 0.5)]


def test_each_variant_has_a_record_and_the_report_one(config, made, capsys):
    track.main()
    assert "MLflow: none has a training and results of 2 variants, and a report, in sqlite" in capsys.readouterr().out
    assert len(runs_of(config)) == 5
    record, report = kept(config, "results", "dfc"), kept(config, "report")
    for run in runs_of(config):
        assert run.info.status == "FINISHED" and run.data.tags["experiment.none"] == "made it"
    assert record.data.metrics == {"svm/aligned/accuracy": 0.9, "samples/prior/frechet_distance": 2.0,
                                   "train/loss": 0.3, "train/active_units": 4.0}
    assert record.data.params.items() >= {"name": "dfc", "data.source": "synthetic", "attributes.per_class": "1000",
                                          "seed": str(load_params().seed)}.items()
    assert record.data.tags["device"] == "a laptop" and record.data.tags["processor"] == machine()["processor"]
    assert not {"training", "epochs", "seconds"} & set(record.data.tags)
    assert {folder: [Path(path).name for path in artifacts(config, record.info.run_id, folder)]
            for folder in ("figures", "attributes", "evaluation", "pipeline")} == {
        "figures": ["curves.png", "prior.png"], "attributes": ["correlation.csv"],
        "evaluation": ["svm_aligned.csv"], "pipeline": ["dvc.lock", "params.yaml"]}
    assert kept(config, "results", "dcgan").data.metrics.keys() == {
        "samples/prior/frechet_distance", "train/loss", "train/active_units"}
    assert report.data.metrics == {"multi_view/dfc/alignedwitheyes": 0.8}
    assert {folder: [Path(path).name for path in artifacts(config, report.info.run_id, folder)]
            for folder in ("report", "multi_view", "pipeline")} == {
        "report": ["index.html", "samples.png"], "multi_view": ["gains.csv"], "pipeline": ["dvc.lock", "params.yaml"]}
    trained = kept(config, "training", "dfc")
    assert trained.data.tags[RESULTS_RUN] == record.info.run_id
    assert record.data.tags["training_run"] == trained.info.run_id
    assert trained.data.metrics["svm/aligned/accuracy"] == 0.9
    assert history(config, trained.info.run_id, "train/loss") == [(0, 0.3)]


def test_another_experiment_with_other_results_of_one_variant_shares_the_rest(config, made, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    track.main()
    before = {run.info.run_id: run for run in runs_of(config)}
    monkeypatch.setenv("DVC_EXP_NAME", "wordy-colt")
    write_record("train", "dcgan", training="c" * 32, **RECORD, epochs=[{"seconds": 8.5, "images_per_second": 75.0}])
    dcgan = tiny.variant("dcgan")
    save_weights(Path("models/dcgan/model.safetensors"), build_model(dcgan).eval().state_dict(), dcgan)
    write_json(Path("metrics/samples/dcgan.json"), {"prior": {"frechet_distance": 1.0}})
    track.main()
    new = [run for run in runs_of(config) if run.info.run_id not in before]
    assert sorted((run.data.tags["kind"], run.data.tags.get("variant", "")) for run in new) == [
        ("report", ""), ("results", "dcgan"), ("training", "dcgan")]
    for run_id, run in before.items():
        now = get(config, run_id)
        assert content(now) == content(run)
        shared = {"experiment.wordy-colt": "took it over"} if now.data.tags.get("variant") == "dfc" else {}
        assert now.data.tags == run.data.tags | shared
    for run in new:
        assert run.data.tags["experiment.wordy-colt"] == "made it" and "experiment.puffy-loon" not in run.data.tags


def test_other_numbers_from_the_same_files_have_records_of_their_own(config, made):
    """As another machine computes them."""
    track.main()
    before = {run.info.run_id: run for run in runs_of(config)}
    write_json(Path("metrics/evaluate/dfc.json"), {"svm": {"aligned": {"accuracy": 0.8}}, "reconstruction": None})
    for _ in range(2):
        track.main()
    [new] = [run for run in runs_of(config) if run.info.run_id not in before]
    assert new.data.tags["kind"] == "results" and new.data.metrics["svm/aligned/accuracy"] == 0.8
    assert all(content(get(config, run_id)) == content(run) for run_id, run in before.items())


def test_complete_trainings_that_dvc_has_recorded_lose_their_checkpoints(config, made):
    then = {"dfc": "", "dcgan": recorded("train@dcgan")}
    trainings = {name: training_runs.begin(lasting(load_params().cluster.storage), f"{name}-0123456789abcdef", "")
                 for name in then}
    for name, training in trainings.items():
        training.folder.write("finished", then[name].encode())
    track.main()
    assert [training.folder.has("finished") for training in trainings.values()] == [False, True]


def test_a_training_that_is_forced_finds_the_scores_by_the_same_key(config, made):
    """As the stage train looks for them, when it has given equal weights."""
    track.main()
    again = training_run.start(config, tiny.variant(), "c" * 32, {}, {})
    assert join_results(config, results_key(tiny.variant()), again)
    assert get(config, again).data.metrics["svm/aligned/accuracy"] == 0.9


def test_what_a_killed_run_has_begun_is_completed(config, made, monkeypatch):
    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(track.training_run, "log_model", killed)
        track.main()
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(runs, "upload_files", killed)
        track.main()
    assert kept(config, "results", "dfc").info.status == "RUNNING"
    track.main()
    assert len(runs_of(config)) == 5 and {run.info.status for run in runs_of(config)} == {"FINISHED"}
    assert history(config, kept(config, "training", "dfc").info.run_id, "step/loss")[:7] == [
        (row["step"], row["loss"]) for row in STEPS]


def test_a_server_that_is_away_is_one_sentence(made, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(store.NoAnswer, match="has not answered"):
        track.main()
