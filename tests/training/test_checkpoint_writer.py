"""Checkpoints are written by a thread, of the step at which they were asked for, and not too often."""

import threading
import time

import pytest
import torch
from torch import distributed, multiprocessing

from pipeline.files.folder import Folder
from pipeline.losses.build import build_objective
from pipeline.training import checkpoints, loop
from pipeline.training.checkpoint_writer import CheckpointWriter
from pipeline.training.divergence import Diverged
from pipeline.training.history import History
from pipeline.training.loop import train
from pipeline.training.step import learning_rates, make_optimizers
from tests import tiny


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return tiny.write_loss_network(tmp_path_factory.mktemp("models") / "loss_network.safetensors")


@pytest.fixture
def state(network):
    """A history, an objective and its optimisers."""
    variant = tiny.variant()
    objective = build_objective(variant, network)
    return History([{"step": 1}], [], {"precision": "fp32"}), objective, make_optimizers(
        objective, learning_rates(variant), 0.5)


@pytest.fixture
def held(monkeypatch):
    """An event without which nothing is written."""
    go, write = threading.Event(), checkpoints.write_checkpoint_and_delete_others

    def slow(*arguments):
        assert go.wait(10)
        return write(*arguments)

    monkeypatch.setattr(checkpoints, "write_checkpoint_and_delete_others", slow)
    yield go
    go.set()


def writer(folder, steps=1, seconds=0.0) -> CheckpointWriter:
    return CheckpointWriter(Folder.of(folder), tiny.variant(), steps, seconds)


def test_what_is_written_is_the_state_when_it_was_asked_for(tmp_path, state, held):
    history, objective, optimizers = state
    before = {name: tensor.clone() for name, tensor in objective.model.state_dict().items()}
    with writer(tmp_path) as writing:
        writing.hand_over(1, history, objective, optimizers)  # returns, although nothing can be written yet
        history.steps.append({"step": 2})
        with torch.no_grad():
            for parameter in objective.parameters():
                parameter.add_(1)
        assert checkpoints.checkpoint_names(Folder.of(tmp_path)) == []
        held.set()
    saved = checkpoints.read_newest_checkpoint(Folder.of(tmp_path))
    assert saved["steps"] == [{"step": 1}]
    assert all(torch.equal(saved["players"]["model"][name], before[name]) for name in before)


def test_while_one_is_written_no_other_is_due(tmp_path, state, held):
    with writer(tmp_path, seconds=1e-9) as writing:
        assert writing.due(1)
        writing.hand_over(1, *state)
        assert not writing.due(2)
        held.set()
        writing.wait()
        assert writing.due(3)


def test_when_a_worker_will_be_lost_neither_steps_nor_seconds_have_to_pass(tmp_path, state, held):
    with writer(tmp_path, steps=5, seconds=1000) as writing:
        assert not writing.due(3)
        writing.soon_lost = True
        assert writing.due(3) and not writing.due(3, looked=False)
        writing.hand_over(3, *state)
        assert not writing.due(4)
        held.set()
        writing.wait()
        assert writing.due(4)


def test_steps_and_seconds_both_have_to_pass(tmp_path, state):
    with writer(tmp_path, steps=5, seconds=1000) as writing:
        assert not writing.due(5)
        writing.last -= 1000
        assert writing.due(5) and not writing.due(6)
        writing.hand_over(5, *state)
        assert not writing.due(10)


def test_an_error_of_the_thread_ends_training(tmp_path, state, monkeypatch):
    def full(*arguments):
        raise OSError("no space left on device")

    monkeypatch.setattr(checkpoints, "write_checkpoint_and_delete_others", full)
    with pytest.raises(OSError, match="no space left"), writer(tmp_path) as writing:
        writing.hand_over(1, *state)
    with pytest.raises(KeyboardInterrupt), writer(tmp_path) as writing:  # what ended training is what is raised
        writing.hand_over(1, *state)
        raise KeyboardInterrupt


def test_to_settle_is_to_wait_and_raises_nothing(tmp_path, state, held, monkeypatch):
    with writer(tmp_path) as writing:
        writing.settle()  # nothing is being written
        writing.hand_over(1, *state)
        threading.Timer(0.2, held.set).start()
        writing.settle()
        assert len(checkpoints.checkpoint_names(Folder.of(tmp_path))) == 1
        monkeypatch.setattr(checkpoints, "write_checkpoint_and_delete_others", lambda *arguments: 1 / 0)
        writing.hand_over(2, *state)
        writing.settle()
        with pytest.raises(ZeroDivisionError):
            writing.wait()


def worker(rank: int, folder) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    with writer(folder) as writing:
        if rank == 0:
            writing.writing = writing.thread.submit(write_slowly, folder / "written")
        writing.settle()
        (folder / f"{rank}").write_text(str((folder / "written").exists()))
    distributed.destroy_process_group()


def write_slowly(path) -> None:
    time.sleep(0.5)
    path.touch()


@pytest.mark.slow
def test_all_workers_wait_for_the_first_ones_thread(tmp_path):
    multiprocessing.spawn(worker, (tmp_path,), nprocs=2)
    assert [(tmp_path / rank).read_text() for rank in "01"] == ["True", "True"]


def test_divergence_names_the_checkpoint_that_was_being_written(tmp_path, network, held):
    variant = tiny.variant()
    objective = build_objective(variant, network)

    def explode(rows):
        if rows[-1]["step"] == 2:  # the checkpoint of the step before is still held back
            with torch.no_grad():
                objective.model.mu.weight.mul_(float("inf"))
            threading.Timer(0.2, held.set).start()

    with pytest.raises(Diverged, match=r"at step 3; the last good checkpoint is \S+step-00000001.pt"):
        train(variant, objective, tiny.faces(40), tiny.faces(4), Folder.of(tmp_path), 1, progress=False,
              checkpoint_seconds=1e-9, on_steps=explode)


def test_weights_that_are_not_finite_are_not_written(tmp_path, state):
    with torch.no_grad():
        state[1].model.mu.weight.mul_(float("nan"))
    with pytest.raises(Diverged, match="is not finite at step 3"), writer(tmp_path) as writing:
        writing.hand_over(3, *state)
    assert checkpoints.checkpoint_names(Folder.of(tmp_path)) == []


def test_with_short_steps_only_the_ends_of_epochs_are_written(tmp_path, network, monkeypatch):
    written = []
    monkeypatch.setattr(loop.CheckpointWriter, "hand_over", lambda self, step, *state: written.append(step))
    for seconds in (0, 1000):
        variant = tiny.variant(epochs=2)
        train(variant, build_objective(variant, network), tiny.faces(40), tiny.faces(4), Folder.of(tmp_path), 2,
              progress=False, checkpoint_seconds=seconds)
    assert written == [2, 4, 5, 6, 8, 10, 5, 10]  # with each of both
