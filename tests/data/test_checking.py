import random

import numpy as np
import pytest
from PIL import Image

from pipeline.data import checking
from pipeline.data.checking import check_images
from pipeline.data.framing import Framing, resolve
from pipeline.data.picture import check_picture, read_picture
from pipeline.data.sources.celeba import open_celeba
from pipeline.drawn_faces.dataset import draw_numbered_face
from pipeline.errors import InputError
from pipeline.parallel import in_processes, in_this_process
from tests.data.pictures import dataset_of, encoded

_, FACE, LANDMARKS = draw_numbered_face(7, 1)
SMALL = Image.fromarray(FACE)
GOOD = encoded(SMALL, quality=90)
AS_CELEBA = resolve("auto", dataset_of({}), celeba=True)


def problem(use, data: bytes) -> str:
    try:
        use("a", data, "here")
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("mode", "options"), [
    ("RGB", {}), ("RGB", {"progressive": True}), ("RGB", {"subsampling": 0}), ("L", {}), ("CMYK", {}),
    ("RGB", {"restart_marker_rows": 1})], ids=["plain", "progressive", "4:4:4", "grey", "cmyk", "restart"])
def test_an_eighth_of_a_jpeg_shows_the_same_damage(mode, options):
    good, rng = encoded(SMALL.convert(mode), quality=90, **options), random.Random(1)
    refused = 0
    for kind in ("cut", "bit", "bit in the header", "zeros") * 12:
        data = bytearray(good)
        if kind == "cut":
            data = data[:rng.randrange(1, len(data))]
        elif kind == "zeros":
            start = rng.randrange(len(data))
            data[start:start + 200] = bytes(200)
        else:
            data[rng.randrange(2, len(data) if kind == "bit" else 600)] ^= 1 << rng.randrange(8)
        whole = problem(read_picture, bytes(data))
        assert problem(check_picture, bytes(data)) == whole
        refused += bool(whole)
    assert refused > 12, "else it has seen no damage"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_size_is_that_of_the_upright_picture(form, orientation):
    exif = Image.Exif()
    exif[0x112] = orientation
    data = encoded(SMALL, form, exif=exif)
    assert check_picture("a", data, "here") == read_picture("a", data, "here").size


def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 15000)
    assert problem(check_picture, GOOD) == problem(read_picture, GOOD) == (
        "a in here is too large (38,804 pixels, where at most 30,000 are read): replace it or take it out")


@pytest.mark.parametrize("parallel_map", [in_this_process, in_processes(2)])
def test_broken_images_are_named_in_order_with_their_reason(monkeypatch, parallel_map):
    monkeypatch.setattr(checking, "BATCH_IMAGES", 2)
    stored = {"good.jpg": GOOD, "gone.jpg": None, "cut.jpg": GOOD[:900], "page.jpg": b"<html>", "again.png": GOOD,
              "small.jpg": encoded(SMALL.resize((10, 20))), "empty.jpg": b"", "last.jpg": GOOD}
    checked = check_images(dataset_of(stored), AS_CELEBA, parallel_map, progress=False)
    assert [image[:2] for image in checked.broken] == [
        ("gone.jpg", "cannot be read (No such file or directory)"), ("cut.jpg", "is damaged or cut short"),
        ("page.jpg", "is a web page (HTML)"), ("small.jpg", "is 10×20 pixels instead of 178×218"),
        ("empty.jpg", "is empty (0 bytes) and so not an image")]
    assert checked.broken[1].message == "cut.jpg in photos is damaged or cut short: download it again"
    assert checked.sound.tolist() == [True, False, False, False, True, False, False, True]
    assert checked.landmarks is None
    assert checked.sound_part(dataset_of(stored)).image_ids.tolist() == ["good.jpg", "again.png", "last.jpg"]


def test_landmarks_are_checked_with_their_own_image():
    landmarks = np.array([LANDMARKS, LANDMARKS + 500, LANDMARKS[[1, 0, 2, 4, 3]], LANDMARKS], float)
    dataset = dataset_of(dict.fromkeys("abcd", GOOD), landmarks)
    broken = check_images(dataset, Framing("landmarks"), progress=False).broken
    assert [image.image_id for image in broken] == ["b", "c"]
    assert broken[0].reason.endswith("outside its 178×218 pixels") and "as in a face" in broken[1].reason
    assert not check_images(dataset, Framing("crop"), progress=False).broken


def test_large_images_are_handed_on_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(checking, "BATCH_BYTES", 2 * len(GOOD))
    sizes = []

    def watched(function, shared, items):
        for item in items:
            sizes.append(len(item))
            yield function(shared, item)

    check_images(dataset_of({str(number): GOOD for number in range(5)}), Framing("none"), watched, progress=False)
    assert sizes == [2, 2, 1]


def test_no_image_is_no_error():
    checked = check_images(dataset_of({}), Framing("crop"), progress=False)
    assert checked.broken == () and len(checked.sound) == 0


def test_progress_counts_images(capsys):
    check_images(dataset_of({"a": GOOD, "b": b""}), Framing("crop"))
    assert "2/2" in capsys.readouterr().err


def test_files_of_celeba_that_ended_in_tracebacks(celeba_root, drawn, monkeypatch):
    """Grey and CMYK pictures are fine; a link to itself and a picture that is too large are named."""
    root = celeba_root(images=6, pictures="folder")
    dataset = open_celeba(root)
    folder = root / "img_align_celeba"
    for name, mode in (("000002.jpg", "L"), ("000003.jpg", "CMYK")):
        (folder / name).write_bytes(encoded(SMALL.convert(mode)))
    (folder / "000004.jpg").unlink()
    (folder / "000004.jpg").symlink_to("000004.jpg")
    (folder / "000005.jpg").write_bytes(encoded(Image.new("L", (400, 300)), "PNG"))
    (folder / "000006.jpg").unlink()
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 50_000)
    broken = check_images(dataset, AS_CELEBA, progress=False).broken
    assert [(image.image_id, image.reason) for image in broken] == [
        ("000004.jpg", "cannot be read (Too many levels of symbolic links)"),
        ("000005.jpg", "is too large (120,000 pixels, where at most 100,000 are read)"),
        ("000006.jpg", "cannot be read (No such file or directory)")]


def test_real_photographs_are_all_sound(shared_celeba):
    dataset = open_celeba(shared_celeba).of_rows(np.arange(0, 6000, 40))
    assert not check_images(dataset, AS_CELEBA, progress=False).broken
    for way in ("landmarks", "crop"):
        assert not check_images(dataset, Framing(way), progress=False).broken
