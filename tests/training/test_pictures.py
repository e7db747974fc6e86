"""Pictures that a training takes: which, when, each once, and without an effect on what is trained."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.data.pixels import to_network, to_uint8
from pipeline.losses.build import build_objective
from pipeline.training.history import History
from pipeline.training.loop import train
from pipeline.training.pictures import COLUMNS, GAP, SEED, Album, Picture, Z, png_of_grid, write_pictures
from pipeline.training.randomness import PICTURES, noise
from tests import tiny

FACES = tiny.faces(6, seed=3)
EPOCH = 9  # steps
DUE = [0, 1, 2, 4, 9, 18]  # the start; 1/8, 1/4 and 1/2 of the first epoch; and the ends of both
TIMES = ("seconds", "images_per_second")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return tiny.write_loss_network(tmp_path_factory.mktemp("models") / "loss_network.safetensors")


@pytest.fixture
def run(network, tmp_path):
    """run(variant, folder="run", album=None, **options) → the objective and the history."""
    def run(name: str = "dfc", folder: str = "run", album=None, **options):
        variant = tiny.variant(name, epochs=2)
        objective = build_objective(variant, network)
        history = train(variant, objective, tiny.faces(8 * EPOCH), tiny.faces(10, seed=1), tmp_path / folder,
                        checkpoint_steps=3, progress=False, album=album, **options)
        return objective, history
    return run


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def cell(sheet: np.ndarray, row: int, column: int) -> np.ndarray:
    """Return an image of a grid, uint8 3×S×S."""
    top, left = row * (tiny.SIZE + GAP), column * (tiny.SIZE + GAP)
    return sheet[top:top + tiny.SIZE, left:left + tiny.SIZE].transpose(2, 0, 1)


def test_pictures_show_the_same_faces_and_the_same_z_as_the_model_sees_them(run):
    objective, history = run(album=Album(FACES))
    assert [(picture.kind, picture.step) for picture in history.pictures] == [
        (kind, step) for step in DUE for kind in ("reconstructions", "samples")]
    reconstructed, sampled = (pixels(picture.png) for picture in history.pictures[-2:])
    model = objective.model.eval()
    with torch.no_grad():
        rebuilt = to_uint8(model(to_network(torch.from_numpy(FACES)))).numpy()
        samples = to_uint8(model.decode(noise(SEED, 0, Z, model.latent_dim, PICTURES))).numpy()
    for number in range(len(FACES)):
        row, column = divmod(number, COLUMNS)
        assert (cell(reconstructed, 2 * row, column) == FACES[number]).all()
        assert (cell(reconstructed, 2 * row + 1, column) == rebuilt[number]).all()
    assert (cell(reconstructed, 3, 2) == 255).all()  # there are six faces
    assert all((cell(sampled, *divmod(number, COLUMNS)) == samples[number]).all() for number in range(Z))
    first = pixels(history.pictures[0].png)
    assert (cell(first, 0, 0) == FACES[0]).all() and (cell(first, 1, 0) != rebuilt[0]).any()  # it has learned since


@pytest.mark.parametrize("name", ["dfc", "dcgan", "vae_wgan"])
def test_pictures_change_nothing_that_is_trained(run, name):
    with_them, history = run(name, "with", Album(FACES[:0] if name == "dcgan" else FACES))
    without, plain = run(name, "without")
    for player, module in without.players().items():
        state = with_them.players()[player].state_dict()
        assert all(torch.equal(value, state[key]) for key, value in module.state_dict().items())
    assert history.steps == plain.steps and plain.pictures == [] and with_them.training
    for row, same in zip(history.epochs, plain.epochs, strict=True):
        assert {**row, **dict.fromkeys(TIMES)} == {**same, **dict.fromkeys(TIMES)}


def test_a_model_without_an_encoder_has_samples_alone(run):
    _, history = run("dcgan", album=Album(FACES[:0]))
    assert [(picture.kind, picture.step) for picture in history.pictures] == [("samples", step) for step in DUE]


@pytest.mark.parametrize("stop_at", [4, 9, 18])
def test_a_resumed_run_has_each_picture_once_and_the_same(run, stop_at):
    class Interrupted(Exception):
        pass

    def interrupt(pictures):
        if pictures[0].step >= stop_at:
            raise Interrupted

    undisturbed = run(folder="undisturbed", album=Album(FACES))[1]
    with pytest.raises(Interrupted):
        run(album=Album(FACES, interrupt))
    told: list[Picture] = []
    resumed = run(album=Album(FACES, told.extend))[1]
    assert resumed.pictures == undisturbed.pictures and resumed.steps == undisturbed.steps
    assert told == resumed.pictures[-len(told):]  # what it had before is not told again


@pytest.mark.parametrize(("steps_per_epoch", "due"), [(1, [1, 2, 3]), (2, [1, 2, 4, 6]), (16, [2, 4, 8, 16, 32, 48])])
def test_when_pictures_are_due(steps_per_epoch, due):
    assert [step for step in range(1, 3 * steps_per_epoch + 1) if Album.due(step, steps_per_epoch)] == due


def test_pictures_become_files_and_take_the_place_of_others(tmp_path):
    png = png_of_grid([FACES[:4], FACES[4:]])
    assert pixels(png).shape == (2 * tiny.SIZE + GAP, COLUMNS * (tiny.SIZE + GAP) - GAP, 3)
    history = History(pictures=[Picture("samples", step, png) for step in (3, 100)])
    write_pictures(tmp_path / "dfc", [*history.pictures, Picture("reconstructions", 7, png)])
    write_pictures(tmp_path / "dfc", history.pictures)
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*"))
    assert files == ["dfc/samples/100.png", "dfc/samples/3.png"]
    assert (tmp_path / "dfc/samples/3.png").read_bytes() == png
