import dataclasses
import json

import numpy as np
import pytest

from pipeline.data import prepare as module
from pipeline.data import shards
from pipeline.data.attributes import Attributes, no_attributes
from pipeline.data.prepare import all_views, prepare
from pipeline.data.sources.celeba import open_celeba
from pipeline.data.splits import Splitting
from pipeline.data.views import aligned
from pipeline.errors import InputError
from pipeline.parallel import in_processes
from tests.data.pictures import decode


@pytest.fixture
def small_parts(monkeypatch):
    monkeypatch.setattr(module, "PART_ROWS", 4)


def content(root):
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_shards_hold_every_crop(celeba_root, tmp_path, drawn, small_parts):
    celeba = open_celeba(celeba_root(images=20))
    manifests = prepare(celeba, tmp_path / "shards", image_size=32, progress=False, source="drawn")
    assert list(manifests) == list(all_views()) == shards.views(tmp_path / "shards")
    for view, crop in all_views().items():
        manifest = manifests[view]
        assert manifest == json.loads((tmp_path / "shards" / f"view={view}" / "_manifest.json").read_text())
        assert manifest == shards.manifest(tmp_path / "shards", view)
        assert manifest["images"] == {"train": 10, "valid": 6, "test": 4}
        assert (manifest["image_size"], manifest["view"], manifest["source"]) == (32, view, "drawn")
        for split, first in (("train", 0), ("valid", 10), ("test", 16)):
            faces = shards.load(tmp_path / "shards", view, split)
            assert faces.image_ids.tolist() == celeba.image_ids[celeba.split == split].tolist()
            np.testing.assert_array_equal(faces.attributes.values,
                                          celeba.attributes.values[celeba.split == split])
            for row, pixels in enumerate(faces.pixels, start=first):
                image = decode("", drawn.jpeg(row), "")
                np.testing.assert_array_equal(pixels, crop(image, 32, drawn.landmarks(row)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["celeba", "shards"]


def test_the_shards_do_not_depend_on_the_number_of_processes(celeba_root, tmp_path, small_parts):
    celeba = open_celeba(celeba_root(images=20))
    one = prepare(celeba, tmp_path / "one", image_size=16, progress=False)
    two = prepare(celeba, tmp_path / "two", image_size=16, parallel_map=in_processes(2), progress=False)
    assert one == two and content(tmp_path / "one") == content(tmp_path / "two")


def test_a_run_after_an_interrupted_one_makes_only_the_missing_parts(celeba_root, tmp_path, small_parts, monkeypatch):
    celeba = open_celeba(celeba_root(images=20))
    prepare(celeba, tmp_path / "whole", image_size=16, progress=False)
    made = []

    def until_the_third(recipe, work, encode=module.crop_and_encode):
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(work[0].name)
        return encode(recipe, work)

    monkeypatch.setattr(module, "crop_and_encode", until_the_third)
    with pytest.raises(KeyboardInterrupt):
        prepare(celeba, tmp_path / "shards", image_size=16, progress=False)
    assert made == ["train-00000", "train-00001", "train-00002"] and not (tmp_path / "shards").exists()
    made.insert(0, "")  # it goes on
    prepare(celeba, tmp_path / "shards", image_size=16, progress=False)
    assert made[4:] == ["valid-00000", "valid-00001", "test-00000"]
    assert content(tmp_path / "shards") == content(tmp_path / "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["celeba", "shards", "whole"]


def test_a_run_after_one_killed_in_the_end_gives_the_same_shards(celeba_root, tmp_path, small_parts, monkeypatch):
    celeba = open_celeba(celeba_root(images=20))
    with monkeypatch.context() as patched:
        patched.setattr(module.shutil, "rmtree", lambda *arguments, **options: None)
        prepare(celeba, tmp_path / "shards", image_size=16, progress=False)
    before = content(tmp_path / "shards")
    prepare(celeba, tmp_path / "shards", image_size=16, progress=False)
    assert content(tmp_path / "shards") == before and len(before) > 20


def test_the_key_of_unfinished_work_depends_on_every_input(celeba_root, tmp_path, small_parts, monkeypatch):
    celeba = open_celeba(celeba_root(images=20))
    views = all_views()
    names = {module.work_key(celeba, module.Recipe(size, views, source, ""), made_by)
             for size in (16, 32) for source in "ab" for made_by in ("", "code")}
    assert len(names) == 8
    assert module.work_key(celeba, module.Recipe(16, {"eyes": views["eyes"]}, "a", ""), "") not in names
    monkeypatch.setattr(module, "PART_ROWS", 5)
    assert module.work_key(celeba, module.Recipe(16, views, "a", ""), "") not in names


def test_unfinished_work_of_other_code_or_images_is_not_taken(celeba_root, tmp_path, small_parts, monkeypatch, drawn):
    root = celeba_root(images=20, pictures="folder")

    def prepared(made_by):
        prepare(open_celeba(root), tmp_path / "shards", image_size=16, progress=False, made_by=made_by)

    def fails(*folders):
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module, "replace_folder", fails)  # all parts are made, and kept
        with pytest.raises(OSError):
            prepared("before")
    made = []
    monkeypatch.setattr(module, "crop_and_encode", lambda recipe, work, encode=module.crop_and_encode: (
        made.append(work[0].name), encode(recipe, work))[1])
    (root / "img_align_celeba" / "000001.jpg").write_bytes(drawn.jpeg(50))
    prepared("after")
    assert len(made) == 6 and "train-00000" in made
    image = aligned.crop(decode("", drawn.jpeg(50), ""), 16)
    np.testing.assert_array_equal(shards.load(tmp_path / "shards", "aligned", "train").pixels[0], image)


def test_sha256_follows_the_content(celeba_root, tmp_path):
    root = celeba_root()

    def sha256(**arguments):
        manifests = prepare(open_celeba(root), tmp_path / "shards", image_size=16, progress=False,
                            **arguments)
        return {view: manifest["sha256"] for view, manifest in manifests.items()}

    first = sha256()
    assert sha256(source="another") == first == sha256(made_by="other code") and len(set(first.values())) == 5
    assert sha256(views={"aligned": aligned.crop}) == {"aligned": first["aligned"]}
    assert sha256(views={"aligned": lambda *image: aligned.crop(*image) // 2})["aligned"] != first["aligned"]
    path = root / "list_attr_celeba.txt"
    path.write_text(path.read_text().replace(" 1", "-1", 1))
    assert all(found != first[view] for view, found in sha256().items())


def test_a_split_may_be_empty(celeba_root, tmp_path):
    celeba = open_celeba(celeba_root(), Splitting(test=4, valid_images=0))
    prepare(celeba, tmp_path / "shards", image_size=16, progress=False)
    assert shards.load(tmp_path / "shards", "landmark", "valid").pixels.shape == (0, 3, 16, 16)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_damaged_image_is_named_and_the_shards_stay(celeba_root, tmp_path, small_parts, drawn, processes):
    celeba = open_celeba(celeba_root(images=20, pictures="folder"))
    prepare(celeba, tmp_path / "shards", image_size=16, progress=False)
    before = content(tmp_path / "shards")
    (celeba.images.path / "000013.jpg").write_bytes(drawn.jpeg(12)[:1500])
    with pytest.raises(InputError, match="^000013.jpg in .* is damaged or cut short: download it again$"):
        prepare(celeba, tmp_path / "shards", image_size=16, parallel_map=in_processes(processes), progress=False)
    assert content(tmp_path / "shards") == before
    (celeba.images.path / "000013.jpg").write_bytes(drawn.jpeg(12))
    prepare(celeba, tmp_path / "shards", image_size=16, parallel_map=in_processes(processes), progress=False)
    assert content(tmp_path / "shards") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["celeba", "shards"]


def test_an_image_size_of_zero_is_refused(celeba_root, tmp_path):
    with pytest.raises(InputError, match="data.image_size is 0: it should be"):
        prepare(open_celeba(celeba_root()), tmp_path / "shards", image_size=0, progress=False)


def test_progress_counts_images(celeba_root, tmp_path, capsys):
    prepare(open_celeba(celeba_root()), tmp_path / "shards", image_size=16)
    assert "10/10" in capsys.readouterr().err


def test_views_that_need_landmarks_are_left_out_where_there_are_none(celeba_root, tmp_path):
    celeba = open_celeba(celeba_root())
    with_landmarks = prepare(celeba, tmp_path / "with", image_size=16, progress=False)
    manifests = prepare(dataclasses.replace(celeba, landmarks=None), tmp_path / "shards", image_size=16, progress=False)
    assert list(manifests) == ["aligned", "flipped"] == shards.views(tmp_path / "shards")
    assert manifests["aligned"]["sha256"] != with_landmarks["aligned"]["sha256"]
    np.testing.assert_array_equal(shards.load(tmp_path / "shards", "flipped", "test").pixels,
                                  shards.load(tmp_path / "with", "flipped", "test").pixels)
    with pytest.raises(InputError, match="has no images of the view eyes: it is cut by landmarks, and these images"):
        shards.manifest(tmp_path / "shards", "eyes")


def test_attributes_may_be_unknown_or_none(celeba_root, tmp_path):
    celeba = open_celeba(celeba_root())
    known = np.arange(30).reshape(10, 3) % 4 > 0
    attributes = Attributes(("a", "b/c", "ü"), known & celeba.attributes.values[:, :3], known)
    for given in (attributes, no_attributes(10)):
        prepare(dataclasses.replace(celeba, attributes=given), tmp_path / "shards", image_size=16, progress=False)
        found = shards.load_attributes(tmp_path / "shards")[2]
        assert found.names == given.names
        np.testing.assert_array_equal(found.values, given.values)
        np.testing.assert_array_equal(found.known, given.known)


def test_real_photographs(shared_celeba, tmp_path):
    celeba = open_celeba(shared_celeba, Splitting(limit=60))
    prepare(celeba, tmp_path / "shards", progress=False)
    aligned, landmark = (shards.load(tmp_path / "shards", view, "train").pixels for view in ("aligned", "landmark"))
    assert aligned.shape == landmark.shape == (45, 3, 64, 64)
    for pixels in (aligned, landmark):
        assert 60 < pixels.mean() < 180 and pixels.std() > 40
