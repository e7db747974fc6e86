"""A training's run: while it trains, as it ends, and what is completed afterwards."""

import numpy as np
import pytest
import torch

from pipeline.config import Tracking, load_params
from pipeline.models.architectures.vae import VAE
from pipeline.models.trained import example
from pipeline.tracking import store, training_run
from tests import tiny
from tests.tracking.conftest import AWAY, TRAINING, answers_lost, begun, get, history, runs_of


def test_a_run_has_the_whole_configuration_and_its_tags(config):
    variant = tiny.variant()
    parameters = training_run.parameters(variant, load_params(tiny.PARAMS))
    run = get(config, training_run.start(config, variant, TRAINING, parameters, {"data_sha256": "abc"}))
    assert run.data.params["loss.layers"] == "relu1_1" and run.data.params["train.batch_size"] == "8"
    assert run.data.params["loss.reference_rms.relu1_1"] == "50.2" and run.data.params["name"] == "dfc"
    assert run.data.params["data.source"] == "synthetic" and run.data.params["loss_network.source"] == "random"
    assert run.data.tags.items() >= {
        "training": TRAINING, "kind": "training", "variant": "dfc", "label": "VAE-123", "data_sha256": "abc",
        "git_commit": "none", "experiment": "none", "experiment.none": "made it"}.items()
    assert run.info.run_name == "none: dfc, training" and run.info.status == "RUNNING"


def test_dvcs_experiment_is_a_tag_and_in_the_name(config, monkeypatch):
    monkeypatch.setenv("DVC_EXP_NAME", "puffy-loon")
    run = get(config, begun(config))
    assert run.data.tags["experiment"] == "puffy-loon" and run.data.tags["experiment.puffy-loon"] == "made it"
    assert run.info.run_name == "puffy-loon: dfc, training"


def test_an_interrupted_run_goes_on(config):
    first = begun(config)
    with pytest.raises(KeyboardInterrupt), training_run.ended_as_it_ends(config, first):
        raise KeyboardInterrupt
    assert get(config, first).info.status == "KILLED"
    assert begun(config) == first
    assert get(config, first).info.status == "RUNNING" and len(runs_of(config)) == 1


def test_each_training_has_a_run_of_its_own(config):
    assert begun(config) != begun(config, "b" * 32) and len(runs_of(config)) == 2


def test_a_run_ends_as_its_block_ends(config):
    run_id = begun(config)
    with pytest.raises(ValueError), training_run.ended_as_it_ends(config, run_id):
        raise ValueError
    assert get(config, run_id).info.status == "FAILED"
    with training_run.ended_as_it_ends(config, run_id):
        pass
    assert get(config, run_id).info.status == "FINISHED"


def test_a_training_whose_run_is_gone_when_it_ends_does_not_fail_by_that(config):
    """Its weights are there; the stage train takes Refused for a warning."""
    run_id = begun(config)
    with pytest.raises(store.Refused, match="Run with id=0+ not found"), training_run.ended_as_it_ends(config, run_id):
        training_run.complete(config, "0" * 32, [{"step": 1, "loss": 2.0}], [])
    assert get(config, run_id).info.status == "RUNNING"


def test_a_run_that_was_deleted_is_begun_anew(config):
    gone = begun(config)
    store.client(config).delete_run(gone)
    run_id = begun(config)
    assert run_id != gone and begun(config) == run_id


def test_a_run_of_another_store_gets_one_stand_in(config):
    """Results that were pulled: their run is in somebody else's MLflow."""
    stand_in, again = (training_run.found_or_created(config, tiny.variant(), TRAINING, {"name": "dfc"}, {})
                       for _ in range(2))
    assert stand_in.info.run_id == again.info.run_id and len(runs_of(config)) == 1
    assert again.data.params["name"] == "dfc" and again.data.tags["training"] == TRAINING
    assert training_run.found_or_created(config, tiny.variant(), "e" * 32, {}, {}).info.run_id != stand_in.info.run_id


def test_a_run_that_is_finished_gets_no_more_parameters(config):
    """Those that it was trained with stay, whatever a later version of params.yaml knows."""
    run_id = begun(config)
    later = {"name": "dfc", "later": 1}
    store.client(config).set_terminated(run_id, "FAILED")
    training_run.found_or_created(config, tiny.variant(), TRAINING, {"name": "dfc", "early": 1}, {})
    assert get(config, run_id).data.params == {"name": "dfc", "early": "1"}
    store.client(config).set_terminated(run_id, "FINISHED")
    assert training_run.found_or_created(config, tiny.variant(), TRAINING, later, {}).info.run_id == run_id
    assert get(config, run_id).data.params == {"name": "dfc", "early": "1"}


def test_what_is_missing_is_completed(config):
    run_id = begun(config)
    steps = [{"step": step, "epoch": 1, "learning_rate": 0.1, "loss": 1 / step} for step in range(1, 501)]
    epochs = [{"step": step, "epoch": step / 250, "learning_rate": 0.1, "valid_loss": 4.0} for step in (250, 500)]
    logger = training_run.live_logger(config, run_id)
    logger.on_steps(steps[:200])
    logger.on_steps(steps[350:400])
    logger.on_epoch(epochs[0])
    logger.close()
    for _ in range(2):
        training_run.complete(config, run_id, steps, epochs)  # more metrics than one request may have
        assert history(config, run_id, "step/loss") == [(row["step"], row["loss"]) for row in steps]
        assert history(config, run_id, "epoch/valid_loss") == [(250, 4.0), (500, 4.0)]
    assert set(get(config, run_id).data.metrics) == {
        "step/epoch", "step/learning_rate", "step/loss", "epoch/epoch", "epoch/learning_rate", "epoch/valid_loss"}


def test_rows_that_arrived_unanswered_are_not_sent_again(config, monkeypatch):
    waits = config.model_copy(update={"patience": 5})
    run_id = begun(config)
    answers_lost(monkeypatch, "log_batch")
    training_run.complete(waits, run_id, [{"step": step, "learning_rate": 0.1, "loss": 2.0} for step in (1, 2)], [])
    assert history(config, run_id, "step/loss") == [(1, 2.0), (2, 2.0)]


def test_the_reason_is_told_also_where_the_run_cannot_be_marked(capsys):
    config = Tracking(uri=AWAY, experiment="e", patience=0)
    with pytest.raises(ZeroDivisionError), training_run.ended_as_it_ends(config, "0" * 32):
        raise ZeroDivisionError
    assert "the run 00000000000000000000000000000000 is not marked FAILED" in capsys.readouterr().err
    with pytest.raises(store.NoAnswer), training_run.ended_as_it_ends(config, "0" * 32):
        pass


def test_a_run_says_what_trains_it_while_it_is_trained(config):
    run_id = begun(config)
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


@pytest.fixture
def vae() -> VAE:
    torch.manual_seed(0)
    vae = VAE(4, tiny.SIZE, (4, 4, 8, 8))
    vae(torch.randn(8, 3, tiny.SIZE, tiny.SIZE))
    return vae.eval().requires_grad_(False)


def test_a_logged_model_serves_without_this_project(config, vae, monkeypatch):
    import mlflow

    run_id = begun(config)
    assert not training_run.has_model(config, run_id)
    answers_lost(monkeypatch, "log_model_artifacts")
    training_run.log_model(config.model_copy(update={"patience": 60}), run_id, vae, example(vae, encodes=True))
    assert training_run.has_model(config, run_id)
    training_run.log_model(config, run_id, vae, example(vae, encodes=True))
    [logged] = store.client(config).search_logged_models([store.experiment_id(config)])
    assert logged.source_run_id == run_id and logged.name == "model" and logged.params["name"] == "dfc"
    assert logged.model_id in [model.model_id for model in get(config, run_id).outputs.model_outputs]
    served = mlflow.pyfunc.load_model(logged.model_uri)
    for number in (1, 5):  # the example had two images
        images = np.random.default_rng(0).uniform(-1, 1, (number, 3, tiny.SIZE, tiny.SIZE)).astype(np.float32)
        np.testing.assert_allclose(served.predict(images), vae(torch.from_numpy(images)).numpy(), atol=1e-5)
    assert get(config, run_id).info.status == "RUNNING"
