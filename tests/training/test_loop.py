"""The training loop: it learns, it resumes as if it had not been interrupted, and workers share its batches."""

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.errors import InputError
from pipeline.files.folder import Folder
from pipeline.hardware.processor import processor_name
from pipeline.losses.build import build_objective
from pipeline.losses.objective import Objective
from pipeline.training import checkpoints, loop
from pipeline.training.divergence import Diverged
from pipeline.training.history import History, trained_by
from pipeline.training.loop import train
from pipeline.training.randomness import epoch_order, noise
from tests import tiny

IMAGES, BATCH = 43, 8          # five whole batches, and three images over
STEPS = IMAGES // BATCH
NOTHING = np.empty((0, 3, tiny.SIZE, tiny.SIZE), np.uint8)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return tiny.write_loss_network(tmp_path_factory.mktemp("models") / "loss_network.safetensors")


@pytest.fixture
def run(network, tmp_path):
    """run(variant, folder="run", **options of train) → the trained weights, a copy, and the history."""
    def run(variant=None, folder: str = "run", objective=None, **options) -> tuple[dict[str, torch.Tensor], History]:
        variant = variant or tiny.variant()
        objective = objective or build_objective(variant, network)
        history = train(variant, objective, tiny.faces(IMAGES), tiny.faces(10, seed=1), tmp_path / folder,
                        **{"checkpoint_steps": 2, "progress": False, **options})
        return {name: tensor.clone() for name, tensor in objective.model.state_dict().items()}, history
    return run


class Recording(Objective):
    """An objective that remembers which images it saw, where every pixel of image i is i, and the noise."""

    def __init__(self):
        model = nn.Linear(1, 1)
        model.latent_dim = 4
        super().__init__(model, nn.Identity(), kl_weight=1.0, rec_weight=1.0)
        self.images, self.noise = [], []

    def forward(self, images, noise, player):
        self.images.append(((images[:, 0, 0, 0] + 1) * 127.5).round().int().tolist())
        self.noise.append(noise.clone())
        loss = self.model.weight.sum() + images.mean()
        return loss, {"kl": loss.detach(), "loss": loss.detach()}


def record(directory, images: int = IMAGES, rank: int = 0, workers: int = 1, **recipe) -> Recording:
    numbered = np.broadcast_to(np.arange(images, dtype=np.uint8)[:, None, None, None], (images, 3, 4, 4)).copy()
    objective = Recording()
    train(tiny.variant(**recipe), objective, numbered, NOTHING, directory, rank=rank, workers=workers, progress=False)
    return objective


class Interrupted(Exception):
    pass


def test_the_loss_falls(run):
    weights, history = run(tiny.variant(epochs=10, learning_rate=0.01))
    first, last = history.epochs[0], history.epochs[-1]
    for term in ("loss", "relu1_1", "valid_loss"):
        assert last[term] < 0.9 * first[term], term
    assert all(tensor.isfinite().all() for tensor in weights.values())


def test_the_history_has_every_step_and_every_epoch(run):
    seen_rows, seen_epochs = [], []
    _, history = run(tiny.variant(lr_decay=0.5), on_steps=seen_rows.extend, on_epoch=seen_epochs.append)
    assert [row["step"] for row in history.steps] == list(range(1, 3 * STEPS + 1))
    assert [row["epoch"] for row in history.steps] == [1] * STEPS + [2] * STEPS + [3] * STEPS
    assert [row["learning_rate"] for row in history.steps[::STEPS]] == [0.005, 0.0025, 0.00125]
    assert seen_rows == history.steps and seen_epochs == history.epochs
    assert [row["step"] for row in history.epochs] == [STEPS, 2 * STEPS, 3 * STEPS]
    second = history.steps[STEPS:2 * STEPS]
    assert history.epochs[1]["relu1_1"] == pytest.approx(np.mean([row["relu1_1"] for row in second]))
    assert set(history.steps[0]) == {"step", "epoch", "learning_rate", "kl", "relu1_1", "loss"}
    assert {"valid_kl", "valid_loss", "active_units", "seconds", "images_per_second"} <= set(history.epochs[0])


def test_the_first_step_has_the_learning_rate_of_its_epoch(run, network):
    """Adam's first step moves every weight by the learning rate, whatever the gradient."""
    start = build_objective(tiny.variant(), network).model.decoder[-1].bias.detach().clone()
    weights, _ = run(tiny.variant(epochs=1, batch_size=IMAGES, learning_rate=0.003))
    moved = (list(weights.values())[-1] - start).abs()
    torch.testing.assert_close(moved, torch.full_like(moved, 0.003), rtol=1e-2, atol=0)


def test_a_run_is_a_function_of_its_seed(run):
    one, same = run(folder="one"), run(folder="same")
    other = run(tiny.variant(seed=1), folder="other")
    assert all(torch.equal(one[0][name], same[0][name]) for name in one[0]) and one[1].steps == same[1].steps
    assert other[1].steps != one[1].steps


# With a checkpoint every 2 steps, and one at the end of every epoch of 5.
@pytest.mark.parametrize(("stop_at", "resumes_after"), [
    (2, 0),    # before the first checkpoint
    (4, 2),    # in the first epoch
    (8, 6),    # in the second
    (5, 4),    # at the first epoch's last step, before its checkpoint
    (10, 8),
    (15, 14),  # at the very last step
])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_interrupted_and_resumed_is_as_if_undisturbed(run, stop_at, resumes_after, precision):
    variant = tiny.variant(precision=precision)
    undisturbed, history = run(variant, folder="undisturbed")

    def interrupt(rows):
        if rows[-1]["step"] >= stop_at:
            raise Interrupted

    with pytest.raises(Interrupted):
        run(variant, folder="interrupted", on_steps=interrupt)
    again = []
    resumed, resumed_history = run(variant, folder="interrupted", on_steps=again.extend)
    assert again[0]["step"] == resumes_after + 1
    assert_the_same(undisturbed, history, resumed, resumed_history)


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_interrupted_between_two_epochs(run, epoch):
    """After the epoch's checkpoint, when its row goes out."""
    undisturbed, history = run(folder="undisturbed")

    def interrupt(row):
        if row["epoch"] == epoch:
            raise Interrupted

    with pytest.raises(Interrupted):
        run(folder="interrupted", on_epoch=interrupt)
    again = []
    resumed, resumed_history = run(folder="interrupted", on_steps=again.extend)
    assert [row["step"] for row in again] == list(range(epoch * STEPS + 1, 3 * STEPS + 1))
    assert_the_same(undisturbed, history, resumed, resumed_history)


def test_interrupted_while_validating(run, monkeypatch):
    """After an epoch's last step, which is a multiple of checkpoint_steps: the epoch's row must not be lost."""
    undisturbed, history = run(folder="undisturbed")
    validate, calls = loop.validate, []

    def interrupt(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise Interrupted
        return validate(*arguments)

    with monkeypatch.context() as patched, pytest.raises(Interrupted):
        patched.setattr(loop, "validate", interrupt)
        run(folder="interrupted")
    assert_the_same(undisturbed, history, *run(folder="interrupted"))


def assert_the_same(weights, history, other_weights, other_history):
    assert weights.keys() == other_weights.keys()
    assert all(torch.equal(weights[name], other_weights[name]) for name in weights)
    assert history.steps == other_history.steps
    assert [without_time(row) for row in history.epochs] == [without_time(row) for row in other_history.epochs]


def without_time(row: dict) -> dict:
    return {name: value for name, value in row.items() if name not in ("seconds", "images_per_second")}


def test_checkpoints_hold_the_model_and_not_the_loss_network(run, tmp_path):
    weights, history = run()
    assert checkpoints.checkpoint_names(Folder.of(tmp_path / "run")) == ["step-00000014.pt", "step-00000015.pt"]
    saved = checkpoints.read_newest_checkpoint(Folder.of(tmp_path / "run"))
    assert all(torch.equal(saved["players"]["model"][name], weights[name]) for name in weights)
    assert saved["players"]["model"].keys() == weights.keys() and saved["steps"] == history.steps


class TurnsNaN(Objective):
    """An objective whose one term is no longer finite from a step on."""

    def __init__(self, objective: Objective, term: str, step: int, value: float):
        super().__init__(objective.model, objective.reconstruction, objective.kl_weight, objective.rec_weight)
        self.term, self.step, self.value, self.calls = term, step, value, 0

    def forward(self, images, noise, player):
        loss, terms = super().forward(images, noise, player)
        self.calls += self.training
        if self.training and self.calls >= self.step:
            terms = {**terms, self.term: torch.tensor(self.value), "loss": torch.tensor(float("nan"))}
        return loss, terms


@pytest.mark.parametrize(("term", "step", "value", "newest"), [
    ("kl", 4, float("nan"), 2), ("relu1_1", 7, float("inf"), 6), ("relu1_1", 1, float("-inf"), None),
    ("kl", 5, float("nan"), 4), ("kl", 6, float("nan"), 5)])
def test_divergence_names_term_and_step_and_leaves_the_checkpoint(run, network, tmp_path, term, step, value, newest):
    objective = TurnsNaN(build_objective(tiny.variant(), network), term, step, value)
    with pytest.raises(Diverged, match=f"dfc diverged: {term} is {value} at step {step}; .*train.learning_rate"):
        run(objective=objective)
    saved = checkpoints.read_newest_checkpoint(Folder.of(tmp_path / "run"))
    assert (saved and saved["step"]) == newest
    assert saved is None or all(tensor.isfinite().all() for tensor in saved["players"]["model"].values())


def test_a_learning_rate_far_too_high_ends_in_a_sentence_and_leaves_a_good_checkpoint(run, network, tmp_path):
    """The loss of a step is still finite when its update is not. There is a checkpoint at every step."""
    def explode(rows):
        if rows[-1]["step"] == 2:
            with torch.no_grad():
                objective.model.mu.weight.mul_(float("inf"))

    objective = build_objective(tiny.variant(), network)
    with pytest.raises(Diverged, match=r"dfc diverged: the model's \S+ is not finite at step 2; the last good "
                                       r"checkpoint is \S+step-00000001.pt; lower train.learning_rate and run again"):
        run(objective=objective, on_steps=explode, checkpoint_steps=1)
    saved = checkpoints.read_newest_checkpoint(Folder.of(tmp_path / "run"))
    assert saved["step"] == 1 and all(tensor.isfinite().all() for tensor in saved["players"]["model"].values())
    with pytest.raises(Diverged, match=r"at step \d+; no checkpoint had been written"):
        run(tiny.variant(learning_rate=1e18), folder="at_once", checkpoint_steps=100)


def test_a_critic_that_explodes_ends_in_a_sentence(run, network, tmp_path):
    variant = tiny.variant("vae_wgan", adversary={"penalty_weight": 1e-9, "learning_rate": 50.0})
    with pytest.raises(Diverged, match=r"vae_wgan diverged: the critic has exploded, wasserstein is \S+, beyond 1109, "
                                       r"at step \d+; .* lower train.learning_rate or adversary.learning_rate"):
        run(variant, objective=build_objective(variant, network))


@pytest.mark.parametrize("name", ["dcgan", "vae_wgan"])
def test_a_variant_with_an_adversary_resumes_as_if_undisturbed(run, name):
    variant = tiny.variant(name, adversary={"updates_per_step": 2})
    undisturbed, history = run(variant, folder="undisturbed")

    def interrupt(rows):
        if rows[-1]["step"] >= 8:
            raise Interrupted

    with pytest.raises(Interrupted):
        run(variant, folder="interrupted", on_steps=interrupt)
    assert_the_same(undisturbed, history, *run(variant, folder="interrupted"))


class Turns(Recording):
    """A recording of two players, the adversary with two updates in a step."""

    def __init__(self):
        super().__init__()
        self.adversary = nn.Linear(1, 1)
        self.adversary.after_update = lambda: None
        self.turns, self.noise_width, self.player = ("adversary", "adversary", "model"), 9, []

    def forward(self, images, noise, player):
        self.player.append(player)
        if player == "adversary":
            self.images.append(((images[:, 0, 0, 0] + 1) * 127.5).round().int().tolist())
            self.noise.append(noise.clone())
            loss = self.adversary.weight.sum()
            return loss, {"critic": loss.detach()}
        return super().forward(images, noise, player)


def test_in_a_step_each_update_has_its_own_images_and_noise(tmp_path):
    objective = Turns()
    numbered = np.broadcast_to(np.arange(IMAGES, dtype=np.uint8)[:, None, None, None], (IMAGES, 3, 4, 4)).copy()
    before = [player.weight.item() for player in (objective.model, objective.adversary)]
    history = train(tiny.variant("dcgan", epochs=1, learning_rate=0.1, lr_decay=1.0, adversary={"learning_rate": 0.01}),
                    objective, numbered, NOTHING, tmp_path, progress=False)
    assert objective.player == ["adversary", "adversary", "model"] * STEPS
    order = epoch_order(tiny.variant().train.seed, 0, IMAGES)[:STEPS * BATCH].reshape(STEPS, BATCH).tolist()
    assert objective.images[2::3] == order                         # the model's: every image once
    assert objective.images[1::3] == order[1:] + order[:1]
    assert objective.images[0::3] == order[2:] + order[:2]
    assert len({tuple(drawn.ravel().tolist()) for drawn in objective.noise}) == 3 * STEPS
    assert {"critic", "kl", "loss"} < set(history.steps[0])
    # Adam moves a weight whose gradient is constant by the learning rate at each update.
    players = objective.model, objective.adversary
    moved = [start - player.weight.item() for start, player in zip(before, players, strict=True)]
    assert moved == pytest.approx([0.1 * STEPS, 0.01 * 2 * STEPS], rel=1e-3)


def test_the_last_partial_batch_is_dropped(tmp_path):
    recorded = record(tmp_path, epochs=2)
    assert [len(batch) for batch in recorded.images] == [BATCH] * 2 * STEPS
    for epoch in range(2):
        seen = [image for batch in recorded.images[epoch * STEPS:(epoch + 1) * STEPS] for image in batch]
        assert seen == epoch_order(tiny.variant().train.seed, epoch, IMAGES)[:STEPS * BATCH].tolist()


def test_every_step_has_its_own_noise(tmp_path):
    recorded = record(tmp_path, epochs=2)
    for step, drawn in enumerate(recorded.noise):
        assert torch.equal(drawn, noise(tiny.variant().train.seed, step, BATCH, 4))


def test_fewer_images_than_a_batch_are_one_batch(tmp_path):
    recorded = record(tmp_path, images=6, epochs=2)
    assert [len(batch) for batch in recorded.images] == [6, 6]


def test_workers_share_every_batch(tmp_path):
    """Two workers, which run one after the other here, see together what one alone sees, and nothing twice."""
    alone = record(tmp_path / "alone", epochs=2)
    first, second = (record(tmp_path / str(rank), rank=rank, workers=2, epochs=2) for rank in range(2))
    assert len(first.images) == len(second.images) == len(alone.images)
    for whole, one, other in zip(alone.images, first.images, second.images, strict=True):
        assert len(one) == len(other) == BATCH // 2 and not set(one) & set(other)
        assert one + other == whole
    for whole, one, other in zip(alone.noise, first.noise, second.noise, strict=True):
        assert torch.equal(torch.cat([one, other]), whole)


def test_only_the_first_worker_writes_and_reports(tmp_path):
    rows, epochs = [], []
    numbered = np.zeros((16, 3, 4, 4), np.uint8)
    train(tiny.variant(epochs=1), Recording(), numbered, NOTHING, tmp_path / "run", 1, rank=1, workers=2,
          on_steps=rows.extend, on_epoch=epochs.append, progress=False)
    assert not rows and len(epochs) == 1 and not (tmp_path / "run").exists()


def test_a_batch_that_the_workers_cannot_share_evenly(tmp_path):
    with pytest.raises(InputError, match="train.batch_size is 8, which 3 workers.*multiple of cluster.workers"):
        record(tmp_path, workers=3)


def test_no_images(tmp_path):
    with pytest.raises(InputError):
        record(tmp_path, images=0)


def test_the_name_of_a_processor_says_how_many_threads_are_used(monkeypatch):
    assert loop.device_name(torch.device("cpu")).endswith(f", {torch.get_num_threads()} thread"
                                                          + "s" * (torch.get_num_threads() > 1))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    assert loop.device_name(torch.device("cpu")) == f"{processor_name()}, 8 threads"
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"a GPU, number {device.index}")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert loop.device_name(torch.device("cuda", 0)) == "a GPU, number 0, 8 threads"


def test_notice_of_a_loss_makes_a_checkpoint_at_each_look(run, tmp_path, capsys):
    """Every second step is a look. Without notice only the end of the epoch, step 5, has a checkpoint."""
    class Stop(Exception):
        pass

    for soon_lost, expected in ((lambda: False, []), (lambda: True, ["step-00000002.pt"])):
        looks = []

        def on_steps(rows, looks=looks):
            looks.append(rows[-1]["step"])
            if looks[-1] == 4:
                raise Stop

        folder = f"warned {bool(expected)}"
        with pytest.raises(Stop):
            run(folder=folder, on_steps=on_steps, soon_lost=soon_lost, checkpoint_seconds=1000)
        assert checkpoints.checkpoint_names(Folder.of(tmp_path / folder)) == expected
    assert capsys.readouterr().err.count("warning: VAE-123: a node of its workers will be taken away") == 1


def test_the_number_of_workers_of_each_part_of_a_run_is_kept():
    alone = trained_by({}, 0, "fp32", "a", 1)
    assert alone == trained_by(alone, 5, "fp32", "a", 1) == {"precision": "fp32", "device": "a", "workers": 1}
    grown = trained_by(trained_by(alone, 120, "fp32", "b", 2), 380, "fp32", "a", 4)
    assert grown == alone | {"workers": 4, "earlier_workers": "1 to step 120, 2 to step 380"}
