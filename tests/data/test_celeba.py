import pickle
import re
import zipfile

import numpy as np
import pytest

from pipeline.data.celeba_fingerprint import fingerprint
from pipeline.data.sources.celeba import open_celeba
from pipeline.data.splits import Splitting
from pipeline.errors import InputError
from pipeline.vocabulary import ATTRIBUTES
from tests.data.pictures import decode

WEB_PAGE = b"\n<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head></html>"


def says(*parts: str):
    """Expect an InputError of one sentence that has all `parts` in this order."""
    return pytest.raises(InputError, match="(?s)^[^\n]*" + "[^\n]*".join(map(re.escape, parts)) + "[^\n]*$")


def rewrite(path, change):
    lines = path.read_text().splitlines()
    path.write_text("\n".join(change(lines)) + "\n")


@pytest.mark.parametrize("pictures", ["zip", "folder", "nested"])
@pytest.mark.parametrize("tables", ["txt", "csv"])
def test_reads_every_distributed_form(celeba_root, drawn, tables, pictures):
    celeba = open_celeba(celeba_root(tables=tables, pictures=pictures))
    assert celeba.image_ids.tolist() == drawn.image_ids(10)
    assert celeba.split.tolist() == ["train"] * 5 + ["valid"] * 3 + ["test"] * 2
    assert celeba.attributes.names == ATTRIBUTES and celeba.attributes.known.all()
    assert celeba.landmarks.dtype == np.int16
    for row, image_id in enumerate(celeba.image_ids):
        np.testing.assert_array_equal(celeba.attributes.values[row], drawn.attributes(row) == 1)
        np.testing.assert_array_equal(celeba.landmarks[row], drawn.landmarks(row))
        assert celeba.images.read(image_id) == drawn.jpeg(row)


def test_reads_the_download_sites_folders(celeba_root):
    root = celeba_root()
    for place, names in {"Anno": "list_attr* list_landmarks*", "Eval": "list_eval*", "Img": "img_*"}.items():
        (root / place).mkdir()
        for name in names.split():
            for path in root.glob(name):
                path.rename(root / place / path.name)
    assert len(open_celeba(root)) == 10


def test_columns_and_rows_may_have_another_order(celeba_root, drawn):
    root = celeba_root(tables="csv")

    def turn_columns(lines):
        return [",".join([line.split(",")[0], *line.split(",")[:0:-1]]) for line in lines]

    rewrite(root / "list_attr_celeba.csv", turn_columns)
    rewrite(root / "list_eval_partition.csv", lambda lines: lines[:1] + lines[:0:-1])
    celeba = open_celeba(root)
    np.testing.assert_array_equal(celeba.attributes.values[3], drawn.attributes(3) == 1)
    assert celeba.split.tolist() == ["train"] * 5 + ["valid"] * 3 + ["test"] * 2


def test_the_last_images_can_be_the_test_set(celeba_root):
    root = celeba_root()
    (root / "list_eval_partition.txt").unlink()
    assert open_celeba(root, Splitting(test=3, valid_images=2)).split.tolist() == (
        ["train"] * 5 + ["valid"] * 2 + ["test"] * 3)
    with says("data.test is 9", "data.valid_images 1", "10 images"):
        open_celeba(root, Splitting(test=9, valid_images=1))


def test_limit_thins_evenly(celeba_root):
    celeba = open_celeba(celeba_root(images=20), Splitting(limit=10))
    assert celeba.image_ids.tolist() == [f"{number:06}.jpg" for number in range(1, 20, 2)]
    assert celeba.split.tolist() == ["train"] * 5 + ["valid"] * 3 + ["test"] * 2
    assert celeba.attributes.values.shape == (10, 40) and celeba.landmarks.shape == (10, 5, 2)


def test_images_can_be_sent_to_another_process(celeba_root, drawn):
    again = pickle.loads(pickle.dumps(open_celeba(celeba_root()).images))
    assert [again.read(name) for name in ("000003.jpg", "000002.jpg")] == [drawn.jpeg(2), drawn.jpeg(1)]


@pytest.mark.parametrize("name", ["list_attr_celeba.txt", "list_landmarks_align_celeba.txt",
                                  "list_eval_partition.txt", "img_align_celeba.zip"])
def test_a_missing_file_or_a_web_page_is_refused(celeba_root, name):
    root = celeba_root()
    (root / name).write_bytes(WEB_PAGE)
    with says(name, "web page", "download"):
        open_celeba(root)
    (root / name).unlink()
    with says(name, "missing", str(root)):
        open_celeba(root)


def test_a_missing_folder_is_refused(tmp_path):
    with says("nowhere", "not a folder"):
        open_celeba(tmp_path / "nowhere")


@pytest.mark.parametrize(("name", "change", "parts"), [
    ("list_attr_celeba", lambda lines: lines[:-1], ("9 rows", "10")),
    ("list_attr_celeba", lambda lines: lines[1:], ("does not begin with the number",)),
    ("list_attr_celeba", lambda lines: [lines[0], lines[1].replace("Bald ", ""), *lines[2:]], ("lacks Bald",)),
    ("list_attr_celeba", lambda lines: [lines[0], lines[1].replace("Bald", "Bold"), *lines[2:]], ("lacks Bald",)),
    ("list_attr_celeba", lambda lines: [lines[0], lines[1] + " Bald", *lines[2:]], ("one column twice",)),
    ("list_attr_celeba", lambda lines: [*lines[:4], lines[4] + " 1", *lines[5:]], ("line 5", "42 values", "41")),
    ("list_attr_celeba", lambda lines: [*lines[:-1], lines[-1][:60]], ("line 12", "instead of 41")),
    ("list_attr_celeba", lambda lines: [*lines[:4], lines[4][:-2] + " 7", *lines[5:]], ("000003.jpg", "7", "-1, 1")),
    ("list_attr_celeba", lambda lines: [*lines[:4], lines[4][:-2] + " x", *lines[5:]], ("whole numbers", "'x'")),
    ("list_attr_celeba", lambda lines: lines[:2], ("0 rows", "10")),
    ("list_attr_celeba", lambda lines: [], ("does not begin",)),
    ("list_attr_celeba", lambda lines: [*lines[:-1], lines[2]], ("000001.jpg twice",)),
    ("list_landmarks_align_celeba", lambda lines: ["9", *lines[1:-1]], ("does not list 000010.jpg",)),
    ("list_landmarks_align_celeba", lambda lines: [*lines[:2], "000001.jpg" + " 50" * 10, *lines[3:]],
     ("000001.jpg", "no face", "50,50")),
    ("list_landmarks_align_celeba", lambda lines: [*lines[:2], "000001.jpg 9000" + " 50" * 9, *lines[3:]],
     ("000001.jpg", "no face", "9000,50")),
    ("list_eval_partition", lambda lines: lines[:4], ("does not list 000005.jpg", "5 more images")),
    ("list_eval_partition", lambda lines: [*lines, "000011.jpg 2"], ("list_attr_celeba", "does not list 000011.jpg")),
    ("list_eval_partition", lambda lines: ["000001.jpg 3", *lines[1:]], ("000001.jpg", "3", "0, 1, 2")),
    ("list_eval_partition", lambda lines: [], ("has no rows",)),
])
def test_a_table_that_does_not_fit_is_refused(celeba_root, name, change, parts):
    root = celeba_root()
    rewrite(root / f"{name}.txt", change)
    with says(*parts):
        open_celeba(root)


def test_a_csv_that_is_cut_short_is_refused(celeba_root):
    root = celeba_root(tables="csv")
    rewrite(root / "list_attr_celeba.csv", lambda lines: lines[:5])
    with says("list_attr_celeba.csv", "does not list 000005.jpg", "5 more images"):
        open_celeba(root)
    rewrite(root / "list_attr_celeba.csv", lambda lines: [*lines[:2], lines[2] + ",1", *lines[3:]])
    with says("list_attr_celeba.csv", "line 3", "42 values instead of 41"):
        open_celeba(root)


def test_missing_images_are_counted(celeba_root):
    root = celeba_root(pictures="folder")
    for number in (4, 7):
        (root / "img_align_celeba" / f"{number:06}.jpg").unlink()
    with says("lacks 2 of the 10 images", "first 000004.jpg"):
        open_celeba(root)


def test_a_zip_that_is_cut_short_is_refused(celeba_root):
    path = celeba_root() / "img_align_celeba.zip"
    path.write_bytes(path.read_bytes()[:-200])
    with says("img_align_celeba.zip", "not a complete zip", "download"):
        open_celeba(path.parent)


def test_a_damaged_member_of_a_zip_is_named(celeba_root):
    path = celeba_root() / "img_align_celeba.zip"
    celeba = open_celeba(path.parent)
    for image_id in ("000002.jpg", "000003.jpg"):  # stored, deflated
        data = bytearray(path.read_bytes())
        data[celeba.images.members[image_id].offset + 400] ^= 255
        path.write_bytes(data)
        with says(image_id, "img_align_celeba.zip", "cannot be read"):
            celeba.images.read(image_id)


def test_no_image_is_read_at_opening(celeba_root):
    """The stage dataset looks at all of them, and data.broken says what becomes of broken ones."""
    root = celeba_root(pictures="folder")
    (root / "img_align_celeba" / "000001.jpg").write_bytes(WEB_PAGE)
    assert len(open_celeba(root)) == 10


def test_a_damaged_image_is_named(drawn):
    assert (decode("a.jpg", drawn.jpeg(1), "here").mode, decode("a.jpg", drawn.jpeg(1), "here").size) == (
        "RGB", (178, 218))
    with says("a.jpg in here", "damaged"):
        decode("a.jpg", drawn.jpeg(1)[:1500], "here")


def test_the_fingerprint_of_a_zip_changes_with_its_members(celeba_root):
    root = celeba_root()
    first = fingerprint(root)
    assert set(first) == {"list_attr_celeba.txt", "list_landmarks_align_celeba.txt", "list_eval_partition.txt",
                          "img_align_celeba.zip"}
    assert first == fingerprint(root) and first["img_align_celeba.zip"]["images"] == 10
    with zipfile.ZipFile(root / "img_align_celeba.zip", "a") as archive:
        archive.writestr("img_align_celeba/000011.jpg", b"1")
    assert fingerprint(root)["img_align_celeba.zip"]["directory_sha256"] != (
        first["img_align_celeba.zip"]["directory_sha256"])


def test_fingerprint_of_a_folder(celeba_root, drawn):
    found = fingerprint(celeba_root(tables="csv", pictures="nested"))
    images = found["img_align_celeba"]
    assert (images["images"], images["bytes"]) == (10, sum(len(drawn.jpeg(row)) for row in range(10)))
    assert set(images) == {"images", "bytes", "sha256"} and "list_attr_celeba.csv" in found


def test_fingerprint_of_a_folder_counts_an_image_that_cannot_be_read(celeba_root):
    root = celeba_root(pictures="folder")
    image = root / "img_align_celeba" / "000002.jpg"
    sound = fingerprint(root)["img_align_celeba"]
    image.unlink()
    image.symlink_to(image)  # data.broken: skip leaves it out
    broken = fingerprint(root)["img_align_celeba"]
    assert broken["images"] == sound["images"] and broken["bytes"] < sound["bytes"]
    assert broken["sha256"] != sound["sha256"]


def test_fingerprint_of_a_folder_changes_with_any_image_and_any_name(celeba_root, drawn):
    root = celeba_root(pictures="folder")
    first, image = fingerprint(root), root / "img_align_celeba" / "000002.jpg"
    assert fingerprint(root) == first
    data = drawn.jpeg(1)
    image.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))  # of equal size
    other = fingerprint(root)
    assert other["img_align_celeba"].pop("sha256") != first["img_align_celeba"].pop("sha256") and other == first
    image.unlink()
    assert fingerprint(root)["img_align_celeba"]["images"] == 9
    image.with_name("000011.jpg").write_bytes(data)
    renamed = fingerprint(root)["img_align_celeba"]
    image.with_name("000011.jpg").rename(image)
    again = fingerprint(root)["img_align_celeba"]
    assert renamed.pop("sha256") != again.pop("sha256") and renamed == again


def test_real_photographs(shared_celeba):
    celeba = open_celeba(shared_celeba)
    assert len(celeba) == 6000 and (celeba.split == "train").sum() == 4500
    smiling = celeba.attributes.having("Smiling").mean()
    assert 0.4 < smiling < 0.6
