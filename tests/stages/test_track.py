"""The stage track: a record of each variant's results, one of the report, and what training could not deliver."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from pipeline.config.loading import load_params
from pipeline.config.plans import (
    AttributesPlan,
    BaselinesPlan,
    EvaluatePlan,
    LossNetworkPlan,
    TeachingPlan,
    ViewGainsPlan,
)
from pipeline.files.json_file import write_json
from pipeline.models.build import build_model
from pipeline.models.weights_file import write_weights
from pipeline.tracking import models, runs, training_run
from pipeline.tracking.errors import NoAnswer
from pipeline.tracking.keys import results_key
from pipeline.tracking.results import RESULTS_RUN, join_known_results
from pipeline.training import runs as training_runs
from pipeline.workspace.dvc_lock import dvc_lock_entry
from pipeline.workspace.project import in_project
from pipeline.workspace.records import machine, write_record
from stages import track
from tests import tiny
from tests.tracking.conftest import artifacts, get, history, runs_of

pytestmark = pytest.mark.slow

TRAININGS = {"dfc": "a" * 32, "dcgan": "b" * 32}
STEPS = [{"step": step, "epoch": 1, "learning_rate": 0.1, "loss": 1 / step} for step in range(1, 8)]
RECORD = {"precision": "fp32", "device": "a laptop", "workers": 1, "seconds": 9.0, "images_per_second": 70.0}


@pytest.fixture
def all_stages_done(planned, config) -> Path:
    """Make the working tree as it is when all earlier stages have run."""
    params = yaml.safe_load(Path("params.yaml").read_text())
    params["tracking"] |= {"experiment": config.experiment, "patience": 0}
    Path("params.yaml").write_text(yaml.safe_dump(params))
    loaded = load_params()
    plans = {"attributes": AttributesPlan(**dict(loaded.attributes), seed=0),
             "evaluate": EvaluatePlan(**dict(loaded.evaluate) | {"lpips": None}, reference_rms={}, seed=0),
             "baselines": BaselinesPlan(**dict(loaded.baselines), svm_c=[1.0], image_size=32, latent_dim=4,
                                        channels=[4, 4, 8, 8], layers=[], train_seed=0, seed=0),
             "loss_network": LossNetworkPlan(source="random", width=1.0, file=None, calibration_images=8, seed=0),
             "view_gains": ViewGainsPlan(**dict(loaded.view_gains) | {"variants": ["dfc"]}, labels={"dfc": "VAE-123"})}
    plans["teaching"] = TeachingPlan(recipe=None)
    for name, plan in plans.items():
        Path(f"plan/pipeline/{name}.json").write_text(plan.model_dump_json())
    for name in ("figures/dfc/curves.png", "figures/dfc/prior.png", "figures/dcgan/curves.png", "figures/samples.png",
                 "figures/removed/curves.png", "attributes/dfc/correlation.csv", "attributes/dfc/vectors.parquet",
                 "attributes/dcgan/notes.json", "evaluation/dfc/svm_aligned.csv", "view_gains/gains.csv",
                 "baselines/pca.csv", "baselines/notes.json", "report/index.html", "dvc.lock", "teaching/epochs.csv",
                 "explorer/index.html"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("{}")
    Path("dvc.lock").write_text("stages: {train@dfc: {cmd: after}, train@dcgan: {cmd: after}}")
    Path("evaluation/dcgan").mkdir()
    for name, training in TRAININGS.items():
        write_json(Path(f"metrics/train/{name}.json"), {"loss": 0.3, "active_units": 4})
        write_json(Path(f"metrics/samples/{name}.json"), {"prior": {"frechet_distance": 2.0}})
        write_json(Path(f"samples/{name}/protocol.json"), {"networks": {"loss_network": {"sha256": "0123"}},
                                                           "trained_on": ["relu1_1", "relu2_1"]})
        write_json(Path(f"training/{name}/warnings.json"), [])
        for table, rows in (("steps", [*STEPS, {"step": 8, "learning_rate": 0.1, "loss": 0.3, "kl": 2.0}]),
                            ("epochs", [{"step": 8, "learning_rate": 0.1, "loss": 0.5}])):
            pd.DataFrame(rows).to_csv(f"training/{name}/{table}.csv", index=False)
        write_record("train", name, training=training, **RECORD, epochs=[{"seconds": 8.5, "images_per_second": 75.0}])
    write_json(Path("metrics/evaluate/dfc.json"), {"svm": {"aligned": {"accuracy": 0.9}}, "reconstruction": None})
    write_json(Path("metrics/evaluate/dcgan.json"), {"svm": {}, "reconstruction": None})
    write_json(Path("metrics/view_gains.json"), {"dfc": {"aligned+eyes": 0.8}})
    write_json(Path("metrics/teach.json"), {"valid_landmark_pixels": 2.5})
    write_json(Path("metrics/baselines.json"), {"pca": {"accuracy": 0.7}})
    return planned


def only_run(config, kind: str, variant: str = ""):
    """Return the only run of a kind and variant."""
    [found] = [run for run in runs_of(config)
               if run.data.tags["kind"] == kind and run.data.tags.get("variant", "") == variant]
    return found


def without_tags(run) -> tuple:
    """Return all that a run has, except its tags."""
    return run.data.metrics, run.data.params, dict(run.info)


def log_some_steps(config, variant, steps: list[dict]) -> str:
    """Log some steps of a training to its run, and return MLflow's id of it: then MLflow is away."""
    run_id = training_run.start_or_resume_run(config, variant, TRAININGS[variant.name], {}, {})
    logger = training_run.live_logger(config, run_id)
    logger.on_steps(steps)
    logger.close()
    return run_id


def test_the_stage_delivers_what_training_could_not(config, all_stages_done):
    run_id = log_some_steps(config, tiny.variant(), STEPS[:3])
    for _ in range(2):
        track.main()
    run = only_run(config, "training", "dfc")
    assert run.info.run_id == run_id and run.info.status == "FINISHED" and len(run.outputs.model_outputs) == 1
    assert run.data.params["name"] == "dfc" and run.data.params["data.source"] == "synthetic"
    assert run.data.metrics["train/loss"] == 0.3 and history(config, run_id, "train/active_units") == [(0, 4.0)]
    assert (run.data.tags["precision"], run.data.tags["device"], run.data.tags["workers"]) == ("fp32", "a laptop", "1")
    assert {name: run.data.tags[name] for name in machine()} == machine()
    assert run.data.tags["training"] == TRAININGS["dfc"] and not {"epochs", "seconds"} & set(run.data.tags)
    assert run.data.metrics["train/seconds"] == 9.0 and run.data.metrics["train/images_per_second"] == 70.0
    assert history(config, run_id, "epoch/seconds") == [(8, 8.5)]
    assert history(config, run_id, "step/loss") == [*((row["step"], row["loss"]) for row in STEPS), (8, 0.3)]
    assert history(config, run_id, "step/kl") == [(8, 2.0)] and history(config, run_id, "epoch/loss") == [(8, 0.5)]


def test_each_variant_has_a_record_and_the_report_one(config, all_stages_done, capsys):
    track.main()
    assert "MLflow: none has a training and results of 2 variants, and a report, in sqlite" in capsys.readouterr().out
    assert len(runs_of(config)) == 5
    record, report = only_run(config, "results", "dfc"), only_run(config, "report")
    for run in runs_of(config):
        assert run.info.status == "FINISHED" and run.data.tags["experiment.none"] == "made it"
    assert record.data.metrics == {"svm/aligned/accuracy": 0.9, "samples/prior/frechet_distance": 2.0,
                                   "train/loss": 0.3, "train/active_units": 4.0}
    assert record.data.params.items() >= {"name": "dfc", "data.source": "synthetic", "attributes.per_class": "1000",
                                          "protocol.networks.loss_network.sha256": "0123",
                                          "protocol.trained_on": "relu1_1,relu2_1",
                                          "seed": str(load_params().seed)}.items()
    assert record.data.tags["device"] == "a laptop" and record.data.tags["processor"] == machine()["processor"]
    assert not {"training", "epochs", "seconds"} & set(record.data.tags)
    assert {folder: [Path(path).name for path in artifacts(config, record.info.run_id, folder)]
            for folder in ("figures", "attributes", "evaluation", "pipeline")} == {
        "figures": ["curves.png", "prior.png"], "attributes": ["correlation.csv"],
        "evaluation": ["svm_aligned.csv"], "pipeline": ["dvc.lock", "params.yaml"]}
    assert only_run(config, "results", "dcgan").data.metrics.keys() == {
        "samples/prior/frechet_distance", "train/loss", "train/active_units"}
    assert report.data.metrics == {"baselines/pca/accuracy": 0.7, "view_gains/dfc/alignedwitheyes": 0.8,
                                   "teach/valid_landmark_pixels": 2.5}
    assert report.data.params["teaching.epochs"] == str(load_params().teaching.epochs)
    assert report.data.params["baselines.view"] == "landmark"
    assert {folder: [Path(path).name for path in artifacts(config, report.info.run_id, folder)]
            for folder in ("report", "explorer", "baselines", "view_gains", "teaching", "pipeline")} == {
        "report": ["index.html", "samples.png"], "explorer": ["index.html"], "baselines": ["pca.csv"],
        "view_gains": ["gains.csv"], "teaching": ["epochs.csv"], "pipeline": ["dvc.lock", "params.yaml"]}
    trained = only_run(config, "training", "dfc")
    assert trained.info.end_time - trained.info.start_time >= 1000 * RECORD["seconds"]  # MLflow's Duration
    assert trained.data.tags[RESULTS_RUN] == record.info.run_id
    assert record.data.tags["training_run"] == trained.info.run_id
    assert trained.data.metrics["svm/aligned/accuracy"] == 0.9
    assert history(config, trained.info.run_id, "train/loss") == [(0, 0.3)]


def test_another_experiment_with_other_results_of_one_variant_shares_the_rest(config, all_stages_done, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    track.main()
    before = {run.info.run_id: run for run in runs_of(config)}
    monkeypatch.setenv("DVC_EXP_NAME", "wordy-colt")
    write_record("train", "dcgan", training="c" * 32, **RECORD, epochs=[{"seconds": 8.5, "images_per_second": 75.0}])
    dcgan = tiny.variant("dcgan")
    write_weights(Path("models/dcgan/model.safetensors"), build_model(dcgan).eval().state_dict(), dcgan)
    write_json(Path("metrics/samples/dcgan.json"), {"prior": {"frechet_distance": 1.0}})
    track.main()
    new = [run for run in runs_of(config) if run.info.run_id not in before]
    assert sorted((run.data.tags["kind"], run.data.tags.get("variant", "")) for run in new) == [
        ("report", ""), ("results", "dcgan"), ("training", "dcgan")]
    for run_id, run in before.items():
        now = get(config, run_id)
        assert without_tags(now) == without_tags(run)
        shared = {"experiment.wordy-colt": "took it over"} if now.data.tags.get("variant") == "dfc" else {}
        assert now.data.tags == run.data.tags | shared
    for run in new:
        assert run.data.tags["experiment.wordy-colt"] == "made it" and "experiment.puffy-loon" not in run.data.tags


def test_other_numbers_from_the_same_files_have_records_of_their_own(config, all_stages_done):
    """Another machine may compute other numbers."""
    track.main()
    before = {run.info.run_id: run for run in runs_of(config)}
    write_json(Path("metrics/evaluate/dfc.json"), {"svm": {"aligned": {"accuracy": 0.8}}, "reconstruction": None})
    for _ in range(2):
        track.main()
    [new] = [run for run in runs_of(config) if run.info.run_id not in before]
    assert new.data.tags["kind"] == "results" and new.data.metrics["svm/aligned/accuracy"] == 0.8
    assert all(without_tags(get(config, run_id)) == without_tags(run) for run_id, run in before.items())


def test_checkpoints_of_complete_trainings_that_dvc_has_recorded_are_deleted(config, all_stages_done):
    then = {"dfc": "", "dcgan": dvc_lock_entry("train@dcgan")}
    storage = in_project(load_params().cluster.storage)
    trainings = {name: training_runs.begin_or_resume_run(storage, f"{name}-0123456789abcdef", "") for name in then}
    for name, training in trainings.items():
        training.folder.write("finished", then[name].encode())
    track.main()
    assert [training.folder.has("finished") for training in trainings.values()] == [False, True]


def test_a_training_that_is_forced_finds_its_scores_by_the_same_key(config, all_stages_done):
    """The stage train looks for them when it has given equal weights."""
    track.main()
    again = training_run.start_or_resume_run(config, tiny.variant(), "c" * 32, {}, {})
    assert join_known_results(config, results_key(tiny.variant()), again)
    assert get(config, again).data.metrics["svm/aligned/accuracy"] == 0.9


def test_runs_that_a_killed_stage_began_are_completed(config, all_stages_done, monkeypatch):
    def killed(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(models, "log_model", killed)
        track.main()
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(runs, "upload_files", killed)
        track.main()
    assert only_run(config, "results", "dfc").info.status == "RUNNING"
    track.main()
    assert len(runs_of(config)) == 5 and {run.info.status for run in runs_of(config)} == {"FINISHED"}
    assert history(config, only_run(config, "training", "dfc").info.run_id, "step/loss")[:7] == [
        (row["step"], row["loss"]) for row in STEPS]


def test_a_server_that_is_away_is_one_sentence(all_stages_done, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(NoAnswer, match="has not answered"):
        track.main()
