"""A training's run: while it trains, as it ends, and what it gets afterwards."""

import pytest

from pipeline.config.loading import load_params
from pipeline.config.running import Tracking
from pipeline.tracking import store, training_run
from pipeline.tracking.errors import NoAnswer
from tests import tiny
from tests.tracking.conftest import AWAY, TRAINING, get, history, lose_answers, runs_of, start_run


def test_a_run_has_the_whole_configuration_and_its_tags(config):
    variant = tiny.variant()
    parameters = training_run.parameters(variant, load_params(tiny.PARAMS))
    run = get(config, training_run.start_or_resume_run(config, variant, TRAINING, parameters, {"data_sha256": "abc"}))
    assert run.data.params["loss.layers"] == "relu1_1" and run.data.params["train.batch_size"] == "8"
    assert run.data.params["loss.reference_rms.relu1_1"] == "50.2" and run.data.params["name"] == "dfc"
    assert run.data.params["data.source"] == "synthetic" and run.data.params["loss_network.source"] == "taught"
    assert run.data.tags.items() >= {
        "training": TRAINING, "kind": "training", "variant": "dfc", "label": "VAE-123", "data_sha256": "abc",
        "git_commit": "none", "experiment": "none", "experiment.none": "made it"}.items()
    assert run.info.run_name == "none: dfc, training" and run.info.status == "RUNNING"


def test_dvcs_experiment_is_a_tag_and_part_of_the_name(config, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    run = get(config, start_run(config))
    assert run.data.tags["experiment"] == "puffy-loon" and run.data.tags["experiment.puffy-loon"] == "made it"
    assert run.info.run_name == "puffy-loon: dfc, training"


def test_an_interrupted_run_is_resumed(config):
    first = start_run(config)
    training_run.mark_ended(config, first, "KILLED")
    assert get(config, first).info.status == "KILLED"
    assert start_run(config) == first
    assert get(config, first).info.status == "RUNNING" and len(runs_of(config)) == 1


def test_each_training_has_a_run_of_its_own(config):
    assert start_run(config) != start_run(config, "b" * 32) and len(runs_of(config)) == 2


def test_a_deleted_run_is_replaced_by_a_new_one(config):
    gone = start_run(config)
    store.client(config).delete_run(gone)
    run_id = start_run(config)
    assert run_id != gone and start_run(config) == run_id


def test_a_run_of_another_store_gets_one_stand_in(config):
    """The run of results that were pulled is in somebody else's MLflow."""
    stand_in, again = (training_run.find_or_create_training_run(config, tiny.variant(), TRAINING, {"name": "dfc"}, {})
                       for _ in range(2))
    assert stand_in.info.run_id == again.info.run_id and len(runs_of(config)) == 1
    assert again.data.params["name"] == "dfc" and again.data.tags["training"] == TRAINING
    other = training_run.find_or_create_training_run(config, tiny.variant(), "e" * 32, {}, {})
    assert other.info.run_id != stand_in.info.run_id


def test_a_run_that_is_finished_gets_no_more_parameters(config):
    """It keeps the parameters that it was trained with, whatever a later version of params.yaml knows."""
    run_id = start_run(config)
    later = {"name": "dfc", "later": 1}
    store.client(config).set_terminated(run_id, "FAILED")
    training_run.find_or_create_training_run(config, tiny.variant(), TRAINING, {"name": "dfc", "early": 1}, {})
    assert get(config, run_id).data.params == {"name": "dfc", "early": "1"}
    store.client(config).set_terminated(run_id, "FINISHED")
    assert training_run.find_or_create_training_run(config, tiny.variant(), TRAINING, later, {}).info.run_id == run_id
    assert get(config, run_id).data.params == {"name": "dfc", "early": "1"}


def test_missing_rows_are_logged(config):
    run_id = start_run(config)
    steps = [{"step": step, "epoch": 1, "learning_rate": 0.1, "loss": 1 / step} for step in range(1, 501)]
    epochs = [{"step": step, "epoch": step / 250, "learning_rate": 0.1, "valid_loss": 4.0} for step in (250, 500)]
    logger = training_run.live_logger(config, run_id)
    logger.on_steps(steps[:200])
    logger.on_steps(steps[350:400])
    logger.on_epoch(epochs[0])
    logger.close()
    for _ in range(2):
        training_run.log_missing_rows(config, run_id, steps, epochs)  # more metrics than one request may have
        assert history(config, run_id, "step/loss") == [(row["step"], row["loss"]) for row in steps]
        assert history(config, run_id, "epoch/valid_loss") == [(250, 4.0), (500, 4.0)]
    assert set(get(config, run_id).data.metrics) == {
        "step/epoch", "step/learning_rate", "step/loss", "epoch/epoch", "epoch/learning_rate", "epoch/valid_loss"}


def test_rows_whose_request_lost_its_answer_are_not_sent_again(config, monkeypatch):
    waits = config.model_copy(update={"patience": 5})
    run_id = start_run(config)
    lose_answers(monkeypatch, "log_batch")
    rows = [{"step": step, "learning_rate": 0.1, "loss": 2.0} for step in (1, 2)]
    training_run.log_missing_rows(waits, run_id, rows, [])
    assert history(config, run_id, "step/loss") == [(1, 2.0), (2, 2.0)]


def test_a_server_that_is_away_does_not_mark_a_run():
    with pytest.raises(NoAnswer):
        training_run.mark_ended(Tracking(uri=AWAY, experiment="e", patience=0), "0" * 32, "FINISHED")


def test_a_run_says_what_trains_it_while_it_trains(config):
    run_id = start_run(config)
    logger = training_run.live_logger(config, run_id)
    logger.on_start({"precision": "bf16", "device": "a GPU", "workers": 2})
    logger.on_steps([{"step": 1, "learning_rate": 0.1, "loss": 1.0}])
    logger.close()
    tags = get(config, run_id).data.tags
    assert (tags["precision"], tags["device"], tags["workers"]) == ("bf16", "a GPU", "2")
    assert history(config, run_id, "step/loss") == [(1, 1.0)]


def test_the_numbers_of_a_training():
    assert training_run.metrics({"loss": 0.3, "step": 8}, {"seconds": 9.0}) == {
        "train/loss": 0.3, "train/step": 8, "train/seconds": 9.0}
