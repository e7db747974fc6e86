"""Which images a folder has, whatever lies in it."""

import os
import pickle
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from pipeline.data import image_folder
from pipeline.data.image_folder import FolderImages, find_images, in_words
from pipeline.data.picture import EXTENSIONS, FORMATS
from pipeline.errors import InputError


def write(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def refused(root: Path) -> str:
    with pytest.raises(InputError) as caught:
        find_images(root)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_images_in_all_folders_sorted_by_code_points(tmp_path):
    write(tmp_path, "b.jpg", "B.JPEG", "a/z.png", "a-b/c.webp", "a/ä.tiff", "10.bmp", "9.gif", "笑 x'.jpg",
          "dir.jpg/e.png")
    found = find_images(tmp_path)
    assert found.image_ids == ["10.bmp", "9.gif", "B.JPEG", "a-b/c.webp", "a/z.png", "a/ä.tiff", "b.jpg",
                               "dir.jpg/e.png", "笑 x'.jpg"]
    assert found.others == Counter()
    images = pickle.loads(pickle.dumps(FolderImages(tmp_path)))
    assert [images.read(image_id).decode() for image_id in found.image_ids] == found.image_ids


def test_hidden_and_other_files_are_left_out(tmp_path):
    write(tmp_path, "a.jpg", ".b.jpg", "._a.jpg", ".git/c.jpg", "x/._d.jpg", "x/e.HEIC", "f.heic", "notes")
    assert find_images(tmp_path) == (["a.jpg"], {".heic": 2, "": 1})
    assert in_words(find_images(tmp_path).others) == "2 .heic, 1 without extension"
    assert in_words(Counter(dict.fromkeys([".a", ".b", ".c", ".d", ".e", ".f"], 1000))).endswith("1,000 .e, …")


def test_every_extension_is_of_a_format_that_is_read():
    Image.init()
    read = {extension: name for extension, name in Image.EXTENSION.items() if name in (*FORMATS, "MPO")}
    assert {extension for extension in EXTENSIONS if extension in Image.EXTENSION} <= set(read)
    assert {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"} <= set(EXTENSIONS)


def test_links_to_files_and_folders_are_followed(tmp_path):
    root = write(tmp_path / "root", "a.jpg")
    write(tmp_path / "elsewhere", "b.jpg", "c.png")
    (root / "more").symlink_to("../elsewhere")
    (root / "link.jpg").symlink_to("../elsewhere/c.png")
    assert find_images(root).image_ids == ["a.jpg", "link.jpg", "more/b.jpg", "more/c.png"]
    (tmp_path / "to root").symlink_to("root")
    assert find_images(tmp_path / "to root").image_ids == find_images(root).image_ids
    assert FolderImages(root).read("link.jpg") == b"c.png"


def test_links_that_lead_nowhere_are_images_that_cannot_be_read(tmp_path):
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "gone.jpg").symlink_to("none.jpg")
    (tmp_path / "loop").symlink_to("loop")
    found = find_images(tmp_path)
    assert found == (["gone.jpg", "loop.jpg"], {"": 1})
    for image_id in found.image_ids:
        with pytest.raises(InputError, match=rf"/{image_id} cannot be read \(.*\): replace it or take it out$"):
            FolderImages(tmp_path).read(image_id)


@pytest.mark.parametrize(("link", "target"), [("up", ".."), ("sub/me", ".."), ("sub/again", "../a"), ("z", "a")])
def test_a_folder_is_not_read_twice(tmp_path, link, target):
    root = write(tmp_path / "root", "a/b.jpg", "sub/c.jpg")
    (root / link).symlink_to(target)
    message = refused(root)
    assert " are one folder, by a link" in message and str(root) in message


def test_names_that_cannot_be_ids_are_refused(tmp_path):
    for number, name in enumerate((b"b\xe9.jpg", b"d\xe9/a.jpg", b"a\nb.jpg", b"a\nb/c.jpg", "a\u2028b.jpg".encode())):
        root = tmp_path / str(number)
        path = os.fsencode(root) + b"/" + name
        os.makedirs(os.path.dirname(path))
        open(path, "wb").close()
        assert ("not named in UTF-8" if b"\xe9" in name else "a line break or another control") in refused(root)
    write(tmp_path / "ok", "a\nb.txt")
    assert find_images(tmp_path / "ok").image_ids == []


def test_a_root_that_is_no_folder(tmp_path):
    write(tmp_path, "photos.zip")
    assert refused(tmp_path / "photos.zip").endswith("should be a folder of photographs: unpack it, or name its folder")
    assert refused(tmp_path / "none").endswith("is not a folder: set data.root to the folder of the photographs")
    (tmp_path / "loop").symlink_to("loop")
    assert "is not a folder" in refused(tmp_path / "loop")


def test_a_path_that_is_too_long(tmp_path):
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(25):  # 4,096 characters is the most that one call takes, so each folder is made from the one above
        os.mkdir("x" * 200, dir_fd=here)
        below = os.open("x" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    assert refused(tmp_path).endswith("cannot be read (File name too long): make it readable, or take it out")


def test_a_folder_without_permission(tmp_path, monkeypatch):
    def scandir(folder):  # root may read any folder, so the test cannot take the permission away
        raise PermissionError(13, "Permission denied")
    monkeypatch.setattr(image_folder.os, "scandir", scandir)
    assert refused(tmp_path).endswith("cannot be read (Permission denied): make it readable, or take it out")
