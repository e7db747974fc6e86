"""Steps that are recorded and replayed are those that are taken one by one.

CUDA's graphs are played by the CPU here: to record runs the step and undoes it, to replay runs it again. So the tests
see what is given to a recording and what comes from it, but not what a GPU makes of it; `benchmarks.gpu` does.
"""

import contextlib
import copy

import pytest
import torch

from pipeline.losses.build import build_objective
from pipeline.training import recorded_step
from pipeline.training.batches import batches_of_worker
from pipeline.training.gpu_batches import PrefetchedBatches, ResidentBatches
from pipeline.training.recorded_step import FIRST, RecordedStep
from pipeline.training.step import learning_rates, make_optimizers, set_learning_rates, take_step
from tests import tiny

STEPS = 12


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return tiny.write_loss_network(tmp_path_factory.mktemp("models") / "loss_network.safetensors")


class Played:
    """A trial of steps, with a fake of CUDA's graphs."""

    def __init__(self, name, network, monkeypatch, kind=None):
        variant = tiny.variant(name)
        self.objective = build_objective(variant, network).train()
        self.rates = learning_rates(variant)
        self.optimizers = make_optimizers(self.objective, self.rates, 0.5)
        batches = batches_of_worker(variant, tiny.faces(43), 0, 1, self.objective.noise_width, torch.device("cpu"))
        self.batches = kind(batches, len(self.objective.turns)) if kind else batches
        self.said, self.replays, self.taken = [], 0, 0
        self.recorded = None
        if kind:
            self.fake(monkeypatch)
            self.recorded = RecordedStep(self.objective, self.optimizers, self.batches, self.said.append)
        monkeypatch.setattr(recorded_step, "take_step", self.counted)

    def fake(self, monkeypatch):
        played = self

        class Stream:
            def __init__(self, *device): pass
            def wait_stream(self, other): pass

        class Graph:
            def replay(self):
                played.replays += 1
                played.recorded.terms.copy_(played.recorded.step_on_inputs()[1])

        @contextlib.contextmanager
        def record(graph, stream, capture_error_mode):
            before = copy.deepcopy([part.state_dict() for part in (self.objective, *self.optimizers.values())])
            yield
            for part, state in zip((self.objective, *self.optimizers.values()), before, strict=True):
                part.load_state_dict(state)

        for name, fake in (("Stream", Stream), ("stream", contextlib.nullcontext), ("CUDAGraph", Graph),
                           ("graph", record), ("current_stream", Stream)):
            monkeypatch.setattr(torch.cuda, name, fake)

    def counted(self, *arguments):
        self.taken += 1
        return take_step(*arguments)

    def run(self):
        terms = []
        for step in range(STEPS):
            if step == 8:
                set_learning_rates(self.optimizers, self.rates, 0.5)
            terms.append(self.recorded.take(step) if self.recorded else
                         take_step(self.objective, self.optimizers, self.batches, step))
        self.batches.close()
        return terms, self.objective.state_dict()


@pytest.mark.parametrize("kind", [PrefetchedBatches, ResidentBatches])
@pytest.mark.parametrize("name", ["dfc", "dcgan", "vae_wgan"])
def test_a_replay_takes_the_same_step(network, monkeypatch, name, kind):
    wanted, weights = Played(name, network, monkeypatch).run()
    played = Played(name, network, monkeypatch, kind)
    terms, own = played.run()
    assert (played.taken, played.replays, played.said) == (FIRST, STEPS - FIRST, [])
    assert [dict(of_step) for of_step in terms] == wanted  # scalars: == is of their values
    assert all(torch.equal(weights[key], own[key]) for key in weights)


def test_what_cannot_be_recorded_is_said_once_and_taken_as_it_is(network, monkeypatch):
    played = Played("dfc", network, monkeypatch, ResidentBatches)
    wanted, weights = Played("dfc", network, monkeypatch).run()

    def refuse():
        raise RuntimeError("operation not permitted when stream is capturing\nmore")

    monkeypatch.setattr(recorded_step, "take_step", played.counted)
    monkeypatch.setattr(played.recorded, "step_on_inputs", refuse)
    terms, own = played.run()
    assert played.taken == STEPS and played.replays == 0 and len(played.said) == 1
    assert "cannot be recorded" in played.said[0] and "not permitted when stream is capturing)" in played.said[0]
    assert terms == wanted and all(torch.equal(weights[key], own[key]) for key in weights)
