"""Drawn faces have CelebA's files and statistics, and every attribute shows in the picture."""

import io
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from pipeline.data.celeba_layout import TEMPLATE
from pipeline.drawn_faces.attributes import sample_attributes
from pipeline.drawn_faces.dataset import draw_numbered_face, partition, write_dataset
from pipeline.drawn_faces.draw import draw_face
from pipeline.errors import InputError
from pipeline.vocabulary import ATTRIBUTES

FILES = ["img_align_celeba.zip", "list_attr_celeba.txt", "list_eval_partition.txt", "list_landmarks_align_celeba.txt"]
IMAGES = 40  # more than one chunk of a worker
INDEX = {name: i for i, name in enumerate(ATTRIBUTES)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    write_dataset(folder, IMAGES, seed=3, processes=1, progress=False)
    return folder


@pytest.fixture(scope="module")
def people() -> np.ndarray:
    """bool 4000×40"""
    return np.stack([sample_attributes(np.random.default_rng([17, i])) for i in range(4000)])


def has(people: np.ndarray, name: str) -> np.ndarray:
    return people[:, INDEX[name]]


def test_bytes_do_not_depend_on_the_number_of_processes(folder, tmp_path):
    write_dataset(tmp_path, IMAGES, seed=3, processes=2, progress=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == FILES
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_an_image_depends_on_seed_and_number_only(folder, tmp_path):
    write_dataset(tmp_path / "fewer", 10, seed=3, processes=1, progress=False)
    write_dataset(tmp_path / "other", 10, seed=4, processes=1, progress=False)
    member = "img_align_celeba/000007.jpg"
    same, fewer, other = (zipfile.ZipFile(path / FILES[0]).read(member) for path in
                          (folder, tmp_path / "fewer", tmp_path / "other"))
    assert same == fewer
    assert same != other


def test_the_zip_has_celebas_form(folder):
    with zipfile.ZipFile(folder / FILES[0]) as archive:
        assert archive.namelist() == [f"img_align_celeba/{i:06d}.jpg" for i in range(1, IMAGES + 1)]
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
        image = Image.open(io.BytesIO(archive.read("img_align_celeba/000001.jpg")))
        assert (image.format, image.size, image.mode) == ("JPEG", (178, 218), "RGB")
        pixels = np.asarray(image, float)
    original = draw_numbered_face(3, 1)[1]
    assert np.abs(pixels - original).mean() < 3


def test_the_tables_have_celebas_form(folder):
    names = [f"{i:06d}.jpg" for i in range(1, IMAGES + 1)]
    expected = [draw_numbered_face(3, i) for i in (1, IMAGES)]

    lines = (folder / "list_attr_celeba.txt").read_text().split("\n")
    assert lines[0] == str(IMAGES)
    assert lines[1] == " ".join(ATTRIBUTES) + " "
    assert lines[-1] == "" and len(lines) == IMAGES + 3
    assert [line[:10] for line in lines[2:-1]] == names
    assert {len(line) for line in lines[2:-1]} == {10 + 3 * 40}  # every value has two places: " 1" or "-1"
    for line, (attributes, _, _) in zip((lines[2], lines[-2]), expected, strict=True):
        assert [int(value) for value in line.split()[1:]] == [1 if on else -1 for on in attributes]

    lines = (folder / "list_landmarks_align_celeba.txt").read_text().split("\n")
    assert lines[0] == str(IMAGES)
    assert lines[1] == ("lefteye_x lefteye_y righteye_x righteye_y nose_x nose_y "
                        "leftmouth_x leftmouth_y rightmouth_x rightmouth_y ")
    for line, (_, _, landmarks) in zip((lines[2], lines[-2]), expected, strict=True):
        assert [int(value) for value in line.split()[1:]] == landmarks.ravel().tolist()

    splits = dict(line.split() for line in (folder / "list_eval_partition.txt").read_text().splitlines())
    assert list(splits) == names
    assert list(splits.values()) == sorted(splits.values())


@pytest.mark.parametrize("images, counts", [(202_599, [162_770, 19_867, 19_962]), (4000, [3214, 392, 394]),
                                            (10, [8, 1, 1])])
def test_partition_has_celebas_proportions(images, counts):
    assert np.bincount(partition(images)).tolist() == counts


@pytest.mark.parametrize("images, seed, processes", [(9, 0, 1), (20, -1, 1), (20, 0, -1)])
def test_numbers_out_of_range_are_refused(tmp_path, images, seed, processes):
    with pytest.raises(InputError, match="it should be"):
        write_dataset(tmp_path / "none", images, seed, processes)
    assert not (tmp_path / "none").exists()


def test_a_failure_leaves_no_file(tmp_path, monkeypatch):
    def fail(*_):
        raise RuntimeError("no ink")

    monkeypatch.setattr("pipeline.drawn_faces.dataset.draw_face", fail)
    with pytest.raises(RuntimeError, match="no ink"):
        write_dataset(tmp_path, 10, 0, processes=1, progress=False)
    assert not list(tmp_path.iterdir())


DRAW = """
from pathlib import Path
from pipeline.errors import exit_on_input_error
from pipeline.drawn_faces.dataset import write_dataset
if __name__ == "__main__":
    with exit_on_input_error():
        write_dataset(Path(%r), 3000, 0, 2, progress=False)
"""


def test_a_killed_process_ends_the_drawing_in_a_sentence(tmp_path):
    (tmp_path / "draw.py").write_text(DRAW % str(tmp_path / "faces"))
    project = Path(__file__).parents[2]
    drawing = subprocess.Popen([sys.executable, tmp_path / "draw.py"], stderr=subprocess.PIPE, text=True,
                               env=os.environ | {"PYTHONPATH": str(project)})
    try:
        while not (busy := [child for child in psutil.Process(drawing.pid).children(recursive=True)
                            if child.cpu_times().user > 0.5]):
            assert drawing.poll() is None, drawing.stderr.read()
            time.sleep(0.05)
        busy[0].kill()
        _, said = drawing.communicate(timeout=60)
    finally:
        drawing.kill()
    assert drawing.returncode == 1
    assert "\nerror: one of the 2 processes of this stage was killed, perhaps because " in f"\n{said}"


@pytest.mark.parametrize("name, frequency", [
    ("Male", 0.417), ("Smiling", 0.482), ("Young", 0.774), ("Eyeglasses", 0.065), ("Bald", 0.022), ("No_Beard", 0.835),
    ("Wearing_Lipstick", 0.472), ("Black_Hair", 0.239), ("Blond_Hair", 0.148), ("Gray_Hair", 0.042),
    ("Wavy_Hair", 0.320), ("5_o_Clock_Shadow", 0.111), ("Wearing_Hat", 0.048),
])
def test_frequencies_are_near_celebas(people, name, frequency):
    assert has(people, name).mean() == pytest.approx(frequency, abs=0.03)


@pytest.mark.parametrize("one, other, low, high", [
    ("Wearing_Lipstick", "Male", -0.9, -0.65), ("Heavy_Makeup", "Wearing_Lipstick", 0.65, 0.9),
    ("Smiling", "High_Cheekbones", 0.5, 0.8), ("Smiling", "Mouth_Slightly_Open", 0.4, 0.65),
    ("Chubby", "Double_Chin", 0.3, 0.7), ("Young", "Attractive", 0.25, 0.5), ("Young", "Gray_Hair", -0.55, -0.25),
    ("Male", "Big_Nose", 0.25, 0.5), ("Blurry", "Smiling", -0.1, 0.1),
])
def test_correlations_are_near_celebas(people, one, other, low, high):
    assert low < np.corrcoef(has(people, one), has(people, other))[0, 1] < high


def test_attributes_do_not_contradict_each_other(people):
    def never(*names):
        assert not np.logical_and.reduce([has(people, name) for name in names]).any(), names

    hair = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair", "Straight_Hair", "Wavy_Hair", "Bangs",
            "Receding_Hairline", "Wearing_Hat")
    for name in hair:
        never("Bald", name)
    for name in ("5_o_Clock_Shadow", "Goatee", "Mustache", "Sideburns"):
        never("No_Beard", name)
    assert sum(has(people, name).astype(int) for name in hair[:4]).max() == 1
    never("Straight_Hair", "Wavy_Hair")
    never("Bangs", "Receding_Hairline")
    assert has(people, "No_Beard")[~has(people, "Male")].all()


def test_landmarks_lie_where_celebas_lie():
    points = np.stack([draw_numbered_face(5, i)[2] for i in range(60)])
    assert points.dtype.kind == "i" and points.min() >= 0
    assert (points < (178, 218)).all()
    assert (points[:, 0, 0] < points[:, 1, 0]).all() and (points[:, 3, 0] < points[:, 4, 0]).all()
    assert np.abs(points.mean(0) - TEMPLATE).max() < 3
    spread = points.std(0)
    assert spread.min() > 0.8 and spread.max() < 8


def crop(pixels: np.ndarray) -> np.ndarray:
    """Return what the networks see: rows 40 … 188, columns 15 … 163, at 64×64."""
    return np.asarray(Image.fromarray(pixels[40:188, 15:163]).resize((64, 64), Image.Resampling.BILINEAR), float)


# Necklaces and ties lie mostly below the crop.
@pytest.mark.parametrize("name", [name for name in ATTRIBUTES if name not in ("Wearing_Necklace", "Wearing_Necktie")])
def test_every_attribute_can_be_seen(name):
    person = np.zeros(40, bool)
    person[INDEX["Young"]] = person[INDEX["No_Beard"]] = True
    with_it = person.copy()
    with_it[INDEX[name]] ^= True
    changes = []
    for seed in range(2):
        (before, _), (after, _) = (draw_face(row, np.random.default_rng(seed)) for row in (person, with_it))
        changes.append(np.abs(crop(before) - crop(after)).max())
        assert np.array_equal(draw_face(person, np.random.default_rng(seed))[0], before)
    assert max(changes) > 15, changes


@pytest.mark.parametrize("name", ["Wearing_Necklace", "Wearing_Necktie"])
def test_neckwear_is_drawn_below_the_face(name):
    person = np.zeros(40, bool)
    with_it = person.copy()
    with_it[INDEX[name]] = True
    before, after = (draw_face(row, np.random.default_rng(0))[0].astype(int) for row in (person, with_it))
    assert np.abs(before - after)[180:].max() > 60
    assert np.array_equal(before[:150], after[:150])


def test_landmarks_follow_the_drawing():
    person = np.zeros(40, bool)
    smiling = person.copy()
    smiling[INDEX["Smiling"]] = True
    before, after = (draw_face(row, np.random.default_rng(1))[1] for row in (person, smiling))
    assert np.array_equal(before[:3], after[:3])
    assert after[4, 0] - after[3, 0] > before[4, 0] - before[3, 0]  # wider
    assert after[3:, 1].mean() < before[3:, 1].mean()  # corners up
