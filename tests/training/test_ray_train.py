"""One training in this process, and what Ray's errors hold. tests/test_two_nodes.py has real workers."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pipeline.config.running import Cluster
from pipeline.config.variant import Variant
from pipeline.data import shard_files, shards
from pipeline.data.attributes import no_attributes
from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.files.folder import Folder
from pipeline.losses.build import build_objective
from pipeline.training import ray_train
from pipeline.training.inputs import StartWeights
from pipeline.training.randomness import epoch_order, noise
from pipeline.training.worker import make_objective, node_soon_lost
from tests import tiny
from tests.models.test_start_weights import begins_with, write_trained

IMAGES = {"train": 16, "valid": 4}


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """Shards of a few faces, and a loss network."""
    root = tmp_path_factory.mktemp("project")
    for split, count in IMAGES.items():
        ids = np.array([f"{split}-{number}.jpg" for number in range(count)])
        shard_files.write_part(root / "shards", "aligned", split, 0, ids, tiny.faces(count, seed=len(split)),
                               no_attributes(count), None, about={})
    (root / "shards" / shards.manifest_name("aligned")).write_text(
        json.dumps({"image_size": tiny.SIZE, "view": "aligned", "images": IMAGES, "attributes": []}))
    tiny.write_loss_network(root / "loss_network.safetensors")
    return root


@pytest.fixture
def job(project, tmp_path):
    """job(variant, **changes) → a job whose checkpoints lie in a folder of its own."""
    def job(variant: Variant, **changes) -> ray_train.Job:
        return ray_train.Job(**{
            "variant": variant, "shards": Folder.of(project / "shards"), "loss_network": Folder.of(project),
            "directory": Folder.of(tmp_path / "checkpoints" / "dfc-0"), "checkpoint_steps": 1,
            "on_steps": lambda rows: None, "on_epoch": lambda row: None, **changes})
    return job


def cluster(workers: int = 0) -> Cluster:
    return Cluster(address=None, workers=workers, gpus_per_worker=0, storage="", checkpoint_steps=1, processes=0,
                   retries=0)


def first_batches(project: Path, variant: Variant, steps: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Images and noise of the first steps, over all workers."""
    faces = to_network(torch.from_numpy(shards.load(project / "shards", "aligned", "train").pixels))
    order = epoch_order(variant.train.seed, 0, len(faces)).reshape(-1, variant.train.batch_size)
    return [(faces[rows], noise(variant.train.seed, step, len(rows), 4)) for step, rows in enumerate(order[:steps])]


def test_zero_workers_train_in_this_process(project, job):
    rows, epochs = [], []
    variant = tiny.variant(epochs=4)
    weights, history = ray_train.fit(job(variant, on_steps=rows.extend, on_epoch=epochs.append), cluster())
    assert [row["step"] for row in rows] == list(range(1, 9)) and len(epochs) == 4
    assert history.steps == rows and history.epochs == epochs
    assert epochs[-1]["loss"] < epochs[0]["loss"]
    objective = build_objective(variant, project / "loss_network.safetensors")
    expected = objective(*first_batches(project, variant, 1)[0])[1]
    assert rows[0]["loss"] == pytest.approx(expected["loss"].item(), rel=1e-4)
    assert weights.keys() == objective.model.state_dict().keys()
    assert not torch.equal(weights["mu.weight"], objective.model.state_dict()["mu.weight"])


def test_training_in_this_process_loads_neither_ray_nor_mlflow_nor_the_compiler(project, job, tmp_path):
    code = ("import pickle, sys\nfrom pipeline.config.running import Cluster\nfrom pipeline.training import ray_train\n"
            "job, cluster = pickle.load(open(sys.argv[1], 'rb'))\nray_train.fit(ray_train.Job(**job, on_steps=print, "
            "on_epoch=print), cluster)\nprint('loaded', [name for name in ('ray', 'mlflow', 'torch._dynamo', 'sympy', "
            "'pandas', 'sklearn', 'torchvision') if name in sys.modules])")
    whole = job(tiny.variant(epochs=1))
    fields = {name: getattr(whole, name) for name in ("variant", "shards", "loss_network", "directory",
                                                      "checkpoint_steps")}
    (tmp_path / "job").write_bytes(pickle.dumps((fields, cluster())))
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "job"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded []"


@pytest.mark.parametrize("name", ["dfc", "vae_wgan"])
def test_the_model_is_that_of_the_file_and_all_else_is_new(job, tmp_path, name):
    file = write_trained(tmp_path / "trained.safetensors")
    variant, held = begins_with(file, tiny.variant(name)), load_file(file)
    start = StartWeights(Folder.of(tmp_path), file.name)
    given, new = (make_objective(job(variant, start=of), torch.device("cpu"), workers=1) for of in (start, None))
    assert all(torch.equal(tensor, held[name]) for name, tensor in given.model.state_dict().items())
    assert not torch.equal(new.model.state_dict()["mu.weight"], held["mu.weight"])
    others = [{name: tensor for name, tensor in objective.state_dict().items() if not name.startswith("model.")}
              for objective in (given, new)]
    assert all(torch.equal(tensor, others[1][name]) for name, tensor in others[0].items())
    assert any(name.startswith("adversary.") for name in others[0]) == (name == "vae_wgan")


def test_the_first_loss_is_that_of_the_weights_that_a_training_starts_from(project, job, tmp_path, capsys):
    file = write_trained(tmp_path / "trained.safetensors")
    variant = begins_with(file, tiny.variant(epochs=1))
    objective = build_objective(variant, project / "loss_network.safetensors")
    images, z = first_batches(project, variant, 1)[0]
    of_new_weights = objective(images, z)[1]["loss"].item()
    objective.model.load_state_dict(load_file(file))
    expected = objective(images, z)[1]["loss"].item()
    rows: list[dict[str, float]] = []
    ray_train.fit(job(variant, start=StartWeights(Folder.of(tmp_path), file.name), on_steps=rows.extend), cluster())
    assert rows[0]["loss"] == pytest.approx(expected, rel=1e-4) != pytest.approx(of_new_weights, rel=1e-4)
    assert f"begun with the model's weights in {file} and a new optimiser\n" in capsys.readouterr().err


def test_a_checkpoint_takes_the_place_of_the_weights_to_start_from(job, tmp_path):
    def interrupt(rows):
        if rows[-1]["step"] == 3:
            raise KeyboardInterrupt

    file = write_trained(tmp_path / "trained.safetensors")
    variant, start = begins_with(file, tiny.variant(epochs=2)), StartWeights(Folder.of(tmp_path), file.name)
    with pytest.raises(KeyboardInterrupt):
        ray_train.fit(job(variant, start=start, on_steps=interrupt), cluster())
    resumed, history = ray_train.fit(job(variant, start=start), cluster())
    whole, undisturbed = ray_train.fit(job(variant, start=start, directory=Folder.of(tmp_path / "another")), cluster())
    assert history.steps == undisturbed.steps
    assert all(torch.equal(tensor, whole[name]) for name, tensor in resumed.items())


def test_without_gpus_to_use_the_device_is_the_cpu(job):
    _, history = ray_train.fit(job(tiny.variant(epochs=1)), cluster())
    assert history.trained["workers"] == 1 and "thread" in history.trained["device"]


def test_a_fit_that_was_interrupted_goes_on(job):
    def interrupt(rows):
        if rows[-1]["step"] == 3:
            raise KeyboardInterrupt

    rows, variant = [], tiny.variant(epochs=2)
    with pytest.raises(KeyboardInterrupt):
        ray_train.fit(job(variant, on_steps=interrupt), cluster())
    _, history = ray_train.fit(job(variant, on_steps=rows.extend), cluster())
    assert [row["step"] for row in rows] == [3, 4] and [row["step"] for row in history.steps] == [1, 2, 3, 4]


def test_an_input_error_in_the_loop_arrives_as_one(job, tmp_path):
    with pytest.raises(InputError, match="no shards at") as error:
        ray_train.fit(job(tiny.variant(), shards=Folder.of(tmp_path / "nowhere")), cluster())
    assert "\n" not in str(error.value) and error.value.__cause__ is None


def test_any_other_error_stays_what_it_is(job):
    def bug(rows):
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        ray_train.fit(job(tiny.variant(), on_steps=bug), cluster())


def test_a_batch_that_the_workers_cannot_share_is_refused_before_ray_starts(job, monkeypatch):
    import ray

    monkeypatch.setattr(ray, "init", lambda **options: pytest.fail("Ray was started"))
    with pytest.raises(InputError, match="train.batch_size is 8, which 3 workers"):
        ray_train.fit(job(tiny.variant()), cluster(workers=3))


@pytest.mark.parametrize(("fewest", "size", "waits_below"), [(None, 8, 8), (1, 8, 1), (2, 8, 2), (3, 8, 4), (8, 8, 8)])
def test_training_waits_for_the_fewest_workers_that_share_a_batch(fewest, size, waits_below):
    assert ray_train.fewest_workers(cluster(workers=8).model_copy(update={"min_workers": fewest}), size) == waits_below


def test_a_batch_of_fewer_images_than_asked_for_is_what_workers_share(job):
    variant = tiny.variant(batch_size=32)
    assert ray_train.size_of_batch(job(variant), 4) == IMAGES["train"] == 16
    with pytest.raises(InputError, match="16, which 32 workers cannot share"):
        ray_train.size_of_batch(job(variant), 32)


def test_fixed_workers_are_rays_own_and_elastic_ones_have_our_policy(job, monkeypatch):
    monkeypatch.setenv(ray_train.START_TIMEOUT, "")  # so that it is as before afterwards
    monkeypatch.delenv(ray_train.START_TIMEOUT)
    work = job(tiny.variant(), checkpoint_steps=100)
    fixed = ray_train.make_trainer(work, cluster(workers=4), 0, 8)
    elastic = ray_train.make_trainer(work, cluster(workers=4).model_copy(update={"min_workers": 2}), 0, 8)
    assert type(fixed).__name__ == "TorchTrainer" and type(elastic).__name__ == "ElasticTrainer"
    assert (fixed.scaling_config.num_workers, elastic.scaling_config.num_workers) == (4, (2, 4))
    assert elastic.scaling_config.elastic_resize_monitor_interval_s == ray_train.GROW_SECONDS
    jobs = [trainer.train_loop_config["job"] for trainer in (fixed, elastic)]
    assert [job.checkpoint_steps for job in jobs] == [100, 10]


def test_an_input_error_is_found_wherever_ray_has_wrapped_it():
    """Errors of real workers come as a WorkerGroupError, by rank. To see one would take another half a minute."""
    from ray.train import WorkerGroupError

    sentence = InputError("the sentence")
    assert ray_train.own_error(sentence) is sentence
    assert ray_train.own_error(WorkerGroupError("Ray's own", {0: RuntimeError("other"), 1: sentence})) is sentence
    assert ray_train.own_error(WorkerGroupError("Ray's own", {0: SimpleNamespace(cause=sentence)})) is sentence
    assert ray_train.own_error(WorkerGroupError("Ray's own", {0: RuntimeError("other")})) is None
    chained = RuntimeError("outer")
    chained.__cause__ = sentence
    assert ray_train.own_error(chained) is sentence
    assert ray_train.own_error(RuntimeError("a bug")) is None


def test_lost_workers_are_told_of_once_and_an_input_error_ends_training(monkeypatch, capsys):
    callback, times = ray_train.end_at_input_error(), iter((100.0, 102.0, 104.0, 200.0))
    monkeypatch.setattr(ray_train.time, "monotonic", lambda: next(times))
    for _ in range(4):
        callback.after_exception(None, {1: RuntimeError("lost")})
    assert capsys.readouterr().out.count("1 training worker lost; unless cluster.retries are used up, Ray starts") == 2
    with pytest.raises(InputError, match="the sentence"):
        callback.after_exception(None, {0: RuntimeError("lost"), 1: InputError("the sentence")})


@pytest.mark.parametrize("has", [{}, {"get_train_context": SimpleNamespace}])
def test_a_ray_that_keeps_notices_elsewhere_gives_none_and_ends_no_training(monkeypatch, has):
    monkeypatch.setitem(sys.modules, "ray.train.v2._internal.execution.context", SimpleNamespace(**has))
    assert not node_soon_lost()
