import io
import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.data.picture import read_file, read_picture
from pipeline.errors import InputError
from tests.data.pictures import decode

PIXELS = np.random.default_rng(1).integers(0, 256, (3, 5, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
PICTURE = Image.fromarray(PIXELS)
# What a camera does that is held as orientation 1 … 8 says.
HELD = {1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud, 5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1), 7: lambda a: np.rot90(a, 2).transpose(1, 0, 2), 8: lambda a: np.rot90(a, -1)}


def encoded(image: Image.Image = PICTURE, form: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def refused(data: bytes) -> str:
    with pytest.raises(InputError) as caught:
        read_picture("b.png", data, "photos", remedy="take it out")
    message = str(caught.value)
    assert message.startswith("b.png in photos is ") and message.endswith(": take it out")
    return message.removeprefix("b.png in photos is ").removesuffix(": take it out")


@pytest.mark.parametrize("form", ["PNG", "TIFF", "JPEG", "MPO", "WEBP"])
@pytest.mark.parametrize("orientation", HELD)
def test_pictures_are_turned_upright(form, orientation):
    exif = Image.Exif()
    exif[0x112] = orientation
    held = Image.fromarray(np.ascontiguousarray(HELD[orientation](PIXELS)))
    more = {"save_all": True, "append_images": [PICTURE.rotate(90)]} if form == "MPO" else {}
    image = read_picture("a", encoded(held, form, exif=exif, quality=98, **more), "here")
    assert image.size == (80, 48) and np.abs(np.asarray(image).astype(int) - PIXELS).mean() < 12


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("exif", [b"Exif\0\0broken", b"Exif\0\0II*\0\xff\xff\xff\xff", b""])
def test_broken_exif_is_ignored(exif):
    image = read_picture("a", encoded(form="JPEG", exif=exif), "here")
    np.testing.assert_array_equal(np.asarray(image), np.asarray(Image.open(io.BytesIO(encoded(form="JPEG")))))


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "TIFF"])
def test_the_first_of_several_frames_is_taken(form):
    data = encoded(form=form, save_all=True, append_images=[Image.new("RGB", PICTURE.size)], quality=98)
    assert np.abs(np.asarray(read_picture("a", data, "here")).astype(int) - PIXELS).mean() < 12


@pytest.mark.parametrize(("data", "problem"), [
    (b"", "empty (0 bytes) and so not an image"), (b"no picture", "damaged or not an image"),
    (b"\n<!DOCTYPE html>", "a web page (HTML)"),
    (b"%!PS-Adobe-3.0 EPSF-3.0\n", "a PostScript (EPS) file, which is not read (save it as JPEG)"),
    (b"%PDF-1.7\n", "a PDF document, which is not read (save it as JPEG)"),
    (b"version https://git-lfs.github.com/spec/v1\n", "a note of Git LFS in place of the file (run `git lfs pull`)"),
    (b"\0\0\0\x18ftypisom", "a video, or a picture in a format that is not read (save it as JPEG)"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing, which has no pixels"),
    (b"\0\0\0\x18ftypheic\0\0\0\0", "in HEIF or HEIC, which is not read (save it as JPEG)"),
    (encoded()[:16] + b"\0\0\0\0" + encoded()[20:], "of 0×48 pixels, so it shows nothing"),
    (encoded()[:16], "damaged or cut short"),
], ids=["empty", "text", "web page", "eps", "pdf", "lfs", "video", "svg", "heic", "no pixels", "header cut short"])
def test_what_is_no_picture_is_refused(data, problem):
    assert refused(data) == problem


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "JPEG2000"])
def test_pictures_that_end_too_early_are_refused(form):
    data = encoded(form=form)
    if form != "TIFF":  # whose directory may lie at the end
        assert refused(data[:len(data) * 3 // 4]) == "damaged or cut short"
    for length in range(len(data) * 3 // 4, 0, -max(1, len(data) // 12)):
        refused(data[:length])


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "TIFF"])
def test_damaged_bytes_end_in_a_picture_or_a_sentence(form):
    rng, data = np.random.default_rng(3), encoded(form=form)
    for _ in range(60):
        damaged = np.frombuffer(data, np.uint8).copy()
        damaged[rng.integers(0, min(len(data), 300), 4)] = rng.integers(0, 256, 4)
        try:
            with warnings.catch_warnings(action="ignore"):
                assert read_picture("b.png", damaged.tobytes(), "photos").mode == "RGB"
        except InputError as error:
            assert str(error).startswith("b.png in photos is ")


def test_a_picture_that_is_too_large_is_called_so(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1500)
    assert refused(encoded()) == "too large (3,840 pixels, where at most 3,000 are read)"
    with pytest.raises(InputError, match="^a.jpg in here is too large .3,840 pixels, .*: download it again$"):
        decode("a.jpg", encoded(), "here")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3000)
    with pytest.warns(Image.DecompressionBombWarning):
        read_picture("a", encoded(), "here")
    with warnings.catch_warnings(action="error"):
        assert refused(encoded()) == "too large (3,840 pixels, where at most 3,000 are read)"


def test_memory_that_does_not_suffice(monkeypatch):
    def load(self):
        raise MemoryError
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", load)
    assert refused(encoded()) == "too large for this machine's memory"


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded())
    (tmp_path / "link.png").symlink_to("a.png")
    assert read_file(tmp_path / "a.png") == read_file(tmp_path / "link.png") == encoded()
    (tmp_path / "loop.png").symlink_to("loop.png")
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    for name, problem in (("loop.png", "cannot be read (Too many levels of symbolic links)"),
                          ("none.png", "cannot be read (No such file or directory)"),
                          ("folder.png", "is not a file"), ("pipe.png", "is not a file")):
        with pytest.raises(InputError) as caught:
            read_file(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name} {problem}: replace it or take it out"


def test_a_file_without_permission(tmp_path, monkeypatch):
    def read_bytes(self):  # root may read any file, so the test cannot take the permission away
        raise PermissionError(13, "Permission denied")
    (tmp_path / "a.png").write_bytes(b"")
    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    with pytest.raises(InputError, match="a.png cannot be read .Permission denied.: ask its owner$"):
        read_file(tmp_path / "a.png", remedy="ask its owner")


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_celeba_may_be_grey_or_of_inks(drawn, mode):
    image = Image.open(io.BytesIO(drawn.jpeg(4)))
    found = decode("a.jpg", encoded(image.convert(mode), "JPEG", quality=95), "here")
    assert (found.mode, found.size) == ("RGB", (178, 218))
    expected = np.asarray(image.convert(mode).convert("RGB")).astype(int)
    assert np.abs(np.asarray(found) - expected).mean() < 3


def test_celeba_keeps_every_pixel(drawn):
    for row in range(5):
        data = drawn.jpeg(row)
        np.testing.assert_array_equal(np.asarray(decode("", data, "")), np.asarray(Image.open(io.BytesIO(data))))
