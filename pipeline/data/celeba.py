"""CelebA as it is distributed: its three tables and its images, in a folder or in the zip, checked before any work.

Understood are the original files (`list_attr_celeba.txt` …, also in the folders `Anno`, `Eval` and `Img` of the
download site) and the common mirror with `.csv` tables and a nested image folder. The zip is read in place.
"""

import hashlib
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from PIL import Image
from pyarrow import csv

from pipeline.errors import InputError, in_a_copy
from pipeline.vocabulary import ATTRIBUTES, SPLITS

WIDTH, HEIGHT = 178, 218  # of every aligned image, in pixels
POINTS = ("lefteye", "righteye", "nose", "leftmouth", "rightmouth")  # left and right as the viewer sees them
LANDMARKS = tuple(f"{point}_{axis}" for point in POINTS for axis in "xy")

_ATTRIBUTE_TABLE, _LANDMARK_TABLE, _PARTITION_TABLE = (
    "list_attr_celeba", "list_landmarks_align_celeba", "list_eval_partition")
_IMAGES = "img_align_celeba"
_PLACES = (".", "Anno", "Eval", "Img")  # where the download site keeps them
_DOWNLOAD = "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"


class Member(NamedTuple):
    """One file of a zip: what is needed to read it without the zip's directory. Positions and sizes in bytes."""

    offset: int
    packed: int
    size: int
    deflated: bool
    crc: int


@dataclass(frozen=True)
class ZipImages:
    """Images inside a zip. Holds no open file, so it can be pickled and read by any process or thread."""

    path: Path
    members: dict[str, Member]

    def read(self, image_id: str) -> bytes:
        """The encoded bytes of one image.

        Raises InputError if they are damaged, and KeyError if the image was not selected.
        """
        member = self.members[image_id]
        try:
            with open(self.path, "rb") as file:
                file.seek(member.offset)
                local = file.read(30)  # the member's own header; its name and extra field come after it
                if local[:4] != b"PK\3\4":
                    raise ValueError("no member begins where the directory says")
                file.seek(sum(struct.unpack("<HH", local[26:])), io.SEEK_CUR)
                data = file.read(member.packed)
            if member.deflated:
                data = zlib.decompress(data, -zlib.MAX_WBITS, member.size)
            if zlib.crc32(data) != member.crc:
                raise ValueError("the checksum does not fit")
        except (OSError, ValueError, struct.error, zlib.error) as error:
            raise InputError(f"{image_id} in {self.path} cannot be read ({error}): download the zip again") from error
        return data


@dataclass(frozen=True)
class FolderImages:
    """Images as files of one folder."""

    path: Path

    def read(self, image_id: str) -> bytes:
        """The encoded bytes of one image. Raises InputError if the file cannot be read."""
        try:
            return (self.path / image_id).read_bytes()
        except OSError as error:
            raise InputError(f"{self.path / image_id} cannot be read ({error.strerror}): unpack it again") from error


@dataclass(frozen=True, eq=False)
class CelebA:
    """N annotated images, in the order of the attribute table."""

    image_ids: np.ndarray  # str N, "000001.jpg" …
    attributes: np.ndarray  # bool N×40, columns in the order of ATTRIBUTES
    landmarks: np.ndarray  # int16 N×5×2: x, y of POINTS, in pixels of the aligned image
    split: np.ndarray  # str N, one of SPLITS
    images: ZipImages | FolderImages

    def __len__(self) -> int:
        return len(self.image_ids)


def open_celeba(root: str | Path, test_images: int | None = None, valid_images: int = 1000,
                limit: int | None = None) -> CelebA:
    """Read the tables and the images' directory under `root`, and check all that can be checked fast.

    test_images: None takes the official partition (162,770 / 19,867 / 19,962). A number takes the last that many
        images as test set (the paper: 20,000) and all before them for training; list_eval_partition is not read.
    valid_images: how many images, the last before the test set, are kept back for validation then; the paper has
        none. Without `test_images` it has no effect.
    limit: at most this many images, evenly thinned over the whole data set, so that the splits keep their
        proportions (the splits are made first).

    Images that no table lists are left out. Raises InputError, with one sentence that names the file, if a file is
    missing, is a web page, is cut short, or if the tables and the images do not fit each other.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root} is not a folder: it should hold CelebA's tables and images, from {_DOWNLOAD}")
    image_ids, attributes, table = _read_table(root, _ATTRIBUTE_TABLE, ATTRIBUTES)
    _allow_only(attributes, (-1, 1), image_ids, table)

    ids, landmarks, path = _read_table(root, _LANDMARK_TABLE, LANDMARKS)
    landmarks = landmarks[_order(ids, path, image_ids, table)].reshape(-1, 5, 2)
    _check_landmarks(landmarks, image_ids, path)

    if test_images is None:
        ids, partition, path = _read_table(root, _PARTITION_TABLE, ("partition",))
        _allow_only(partition, (0, 1, 2), ids, path)
        split = np.array(SPLITS)[partition[_order(ids, path, image_ids, table), 0]]
    else:
        split = last_as_test(len(image_ids), test_images, valid_images)

    images = _open_images(root, image_ids)
    decode(image_ids[0], images.read(image_ids[0]), images.path)

    if limit is not None and limit < 1:
        raise InputError(f"limit is {limit}: it should be at least 1 image")
    kept = thinned(len(image_ids), limit)
    return CelebA(image_ids[kept], attributes[kept] == 1, landmarks[kept], split[kept], images)


def decode(image_id: str, data: bytes, where: str | Path) -> Image.Image:
    """Encoded bytes → an RGB image of 178×218. Raises InputError, naming the image in `where`, if they are not one."""
    try:
        image = Image.open(io.BytesIO(data))
        if image.size == (WIDTH, HEIGHT):
            image.load()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        kind = "a web page (HTML)" if _is_web_page(data) else "damaged or not an image"
        raise InputError(f"{image_id} in {where} is {kind}: download it again") from error
    if image.size != (WIDTH, HEIGHT):
        raise InputError(f"{image_id} in {where} is {image.width}×{image.height} pixels instead of {WIDTH}×{HEIGHT}: "
                         "use CelebA's aligned and cropped images (img_align_celeba)")
    return image


def fingerprint(root: str | Path) -> dict:
    """What identifies the data under `root`: {file name: {"bytes": …, "sha256" or another digest: …}}.

    Tables have the sha256 of their content, and a folder of images that of all names and contents. The zip has that of
    its directory (names, sizes and checksums of its members), which stands for its content without reading all of it.
    """
    root = Path(root)
    found = {}
    for stem in (_ATTRIBUTE_TABLE, _LANDMARK_TABLE, _PARTITION_TABLE):
        path = _find(root, (f"{stem}.txt", f"{stem}.csv"))
        if path is not None:
            data = path.read_bytes()
            found[path.name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    folder = _image_folder(root)
    if folder is not None:
        size, content = 0, hashlib.sha256()
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if _is_image_name(entry.name))
        for name in names:
            data = (folder / name).read_bytes()
            size += len(data)
            content.update(f"{name} {hashlib.sha256(data).hexdigest()}\n".encode())
        found[_IMAGES] = {"images": len(names), "bytes": size, "sha256": content.hexdigest()}
    elif (path := _find(root, (f"{_IMAGES}.zip",))) is not None:
        members = sorted(_read_directory(path).items())
        directory = "".join(f"{name} {member.size} {member.crc:08x}\n" for name, member in members)
        found[path.name] = {"images": len(members), "bytes": path.stat().st_size,
                            "directory_sha256": hashlib.sha256(directory.encode()).hexdigest()}
    return found


# Tables


def _find(root: Path, names: Sequence[str]) -> Path | None:
    return next((root / place / name for name in names for place in _PLACES if (root / place / name).is_file()), None)


def _is_web_page(data: bytes) -> bool:
    return data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _web_page(path: Path) -> InputError:
    return InputError(f"{path} is a web page (HTML), not CelebA's file, such as Google Drive sends when its quota is "
                      f"exceeded: download {path.name} again")


def _read_table(root: Path, stem: str, columns: Sequence[str]) -> tuple[np.ndarray, np.ndarray, Path]:
    """Read `stem`.txt or .csv → image ids (str N), values (int16 N×C, in the order of `columns`), the file's path."""
    path = _find(root, (f"{stem}.txt", f"{stem}.csv"))
    if path is None:
        raise InputError(f"{stem}.txt (or .csv) is missing in {root}: download it from {_DOWNLOAD}"
                         f"{in_a_copy('give data.root as an absolute path')}")
    data = path.read_bytes()
    if _is_web_page(data):
        raise _web_page(path)
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r", b"").rstrip() + b"\n"

    count, head = None, []
    if path.suffix == ".csv":
        delimiter, head = ",", data.split(b"\n", 1)[:1]
        names = [name.strip() for name in head[0].decode(errors="replace").split(",")[1:]]
    else:
        delimiter = " "
        while b"  " in data:  # columns are padded with spaces
            data = data.replace(b"  ", b" ")
        data = data.replace(b" \n", b"\n")
        names = list(columns)
        if stem != _PARTITION_TABLE:  # the partition has neither count nor header
            head = data.split(b"\n", 2)[:2]
            if not head[0].strip().isdigit():
                raise InputError(f"{path} does not begin with the number of its rows but with "
                                 f"{_excerpt(head[0])}: download it again")
            count, names = int(head[0]), head[1].decode(errors="replace").split()
    if sorted(names) != sorted(columns):
        wrong = [f"lacks {name}" for name in columns if name not in names]
        wrong += [f"has the unknown {name!r:.60}" for name in names if name not in columns]
        wrong += ["has one column twice"]
        raise InputError(f"the header of {path} does not fit: it {wrong[0]}; it should name image_id, {columns[0]} … "
                         f"({len(columns)} columns after the first)")

    table = _parse(path, data, len(head), ["image_id", *names], delimiter)
    if count is not None and count != len(table):
        raise InputError(f"{path} has {len(table):,} rows, but its first line says {count:,}: download it again")
    if len(table) == 0:
        raise InputError(f"{path} has no rows: download it again")
    image_ids = np.array(table["image_id"].to_pylist(), dtype=str)
    unique, first = np.unique(image_ids, return_index=True)
    if len(unique) < len(image_ids):
        twice = np.setdiff1d(np.arange(len(image_ids)), first)[0]
        raise InputError(f"{path} lists {image_ids[twice]} twice: download it again")
    return image_ids, np.stack([table[name].to_numpy() for name in columns], axis=1), path


def _parse(path: Path, data: bytes, skipped: int, names: list[str], delimiter: str) -> pa.Table:
    """Rows after the first `skipped` lines → image_id string, all else int16."""
    misfits = []

    def note(row: csv.InvalidRow) -> str:
        misfits.append(row)
        return "skip"

    try:
        table = csv.read_csv(
            io.BytesIO(data),
            # One thread, so that a wrong row's number is known.
            read_options=csv.ReadOptions(column_names=names, skip_rows=skipped, use_threads=False),
            parse_options=csv.ParseOptions(delimiter=delimiter, quote_char=False, invalid_row_handler=note),
            convert_options=csv.ConvertOptions(
                column_types={name: pa.string() if name == "image_id" else pa.int16() for name in names},
                null_values=[]),
        )
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            raise InputError(f"{path} has no rows: download it again") from error
        raise InputError(f"{path} is not a table of whole numbers ({' '.join(str(error).split())}): "
                         "download it again") from error
    if misfits:
        first = misfits[0]
        where = f"line {first.number}" if first.number is not None else _excerpt(first.text.encode())
        raise InputError(f"{path}, {where}: {first.actual_columns} values instead of {first.expected_columns}"
                         f"{_and_more(len(misfits), 'such lines')}: download it again")
    return table


def _allow_only(values: np.ndarray, allowed: Sequence[int], image_ids: np.ndarray, path: Path) -> None:
    wrong = np.argwhere(~np.isin(values, allowed))
    if len(wrong):
        row, column = wrong[0]
        raise InputError(f"{path} gives {image_ids[row]} the value {values[row, column]}, where only "
                         f"{', '.join(map(str, allowed))} can stand: download it again")


def _check_landmarks(landmarks: np.ndarray, image_ids: np.ndarray, path: Path) -> None:
    """Points far outside the image, or all in one place, are no face."""
    size = np.array([WIDTH, HEIGHT])
    far = ((landmarks < -size) | (landmarks > 2 * size)).any(axis=(1, 2))
    one_place = np.ptp(landmarks, axis=1).max(axis=1) < 4
    wrong = np.flatnonzero(far | one_place)
    if len(wrong):
        points = " ".join(f"{x},{y}" for x, y in landmarks[wrong[0]])
        raise InputError(f"{path} gives {image_ids[wrong[0]]}{_and_more(len(wrong), 'images')} landmarks that are no "
                         f"face in {WIDTH}×{HEIGHT} pixels ({points}): use the table of the aligned images")


def _order(ids: np.ndarray, path: Path, wanted: np.ndarray, wanted_path: Path) -> np.ndarray:
    """Where each of `wanted` stands in `ids`. Raises InputError if the two tables do not list the same images."""
    if np.array_equal(ids, wanted):
        return np.arange(len(ids))
    for these, here, those, there in ((wanted, path, ids, wanted_path), (ids, wanted_path, wanted, path)):
        missing = these[~np.isin(these, those)]
        if len(missing):
            raise InputError(f"{here} does not list {missing[0]}{_and_more(len(missing), 'images')} of {there}: "
                             "download both again")
    by_name = np.argsort(ids)
    return by_name[np.searchsorted(ids, wanted, sorter=by_name)]


def last_as_test(images: int, test_images: int, valid_images: int) -> np.ndarray:
    """The split of each image: training, then the last for validation, then the last for the test."""
    train_images = images - test_images - valid_images
    if test_images < 1 or valid_images < 0 or train_images < 1:
        raise InputError(f"data.test is {test_images:,} and data.valid_images {valid_images:,}, which leave none of "
                         f"{images:,} images to train on; lower them, or take more images")
    return np.repeat(SPLITS, [train_images, valid_images, test_images])


def thinned(images: int, limit: int | None) -> np.ndarray:
    """Which rows of so many images stay: at most `limit`, evenly spread; int64, ascending."""
    rows = np.arange(images)
    return rows if limit is None or limit >= images else rows[:limit] * images // limit


def _and_more(count: int, what: str) -> str:
    return "" if count == 1 else f" (and {count - 1:,} more {what})"


def _excerpt(line: bytes) -> str:
    return repr(line[:40].decode(errors="replace"))


# Images


def _is_image_name(name: str) -> bool:
    return name.lower().endswith((".jpg", ".jpeg", ".png")) and not name.startswith("._")


def _image_folder(root: Path) -> Path | None:
    """The folder that holds the images: img_align_celeba, or the mirror's img_align_celeba/img_align_celeba."""
    for place in _PLACES:
        for folder in (root / place / _IMAGES, root / place / _IMAGES / _IMAGES):
            if folder.is_dir():
                with os.scandir(folder) as entries:
                    if any(_is_image_name(entry.name) for entry in entries):
                        return folder
    return None


def _read_directory(path: Path) -> dict[str, Member]:
    """The zip's images by file name, wherever in the zip they lie."""
    with open(path, "rb") as file:
        if _is_web_page(file.read(1024)):
            raise _web_page(path)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist()
                     if _is_image_name(Path(info.filename).name) and "__MACOSX" not in info.filename]
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise InputError(f"{path} ({path.stat().st_size:,} bytes) is not a complete zip ({error}): "
                         "download it again") from error
    for info in infos:
        if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise InputError(f"{info.filename} in {path} is encrypted or packed in an unusual way: "
                             "unpack the zip into img_align_celeba, beside it")
    return {info.filename.rsplit("/", 1)[-1]: Member(info.header_offset, info.compress_size, info.file_size,
                                                     info.compress_type == zipfile.ZIP_DEFLATED, info.CRC)
            for info in infos}


def _open_images(root: Path, image_ids: np.ndarray) -> ZipImages | FolderImages:
    """The images under `root`, a folder before a zip. Raises InputError if one of `image_ids` is not among them."""
    folder, path = _image_folder(root), _find(root, (f"{_IMAGES}.zip",))
    if folder is not None:
        with os.scandir(folder) as entries:
            names = {entry.name for entry in entries}
        images, advice = FolderImages(folder), "unpack img_align_celeba.zip again"
        if path is not None:
            advice = f"complete the folder, or remove it and {path.name} beside it is read"
    elif path is not None:
        names = _read_directory(path)
        images, advice = ZipImages(path, names), "download the zip again"
    else:
        raise InputError(f"{_IMAGES}.zip, or a folder {_IMAGES} with images, is missing in {root}: "
                         f"download it from {_DOWNLOAD}")
    missing = [image_id for image_id in image_ids if image_id not in names]
    if missing:
        raise InputError(f"{images.path} lacks {len(missing):,} of the {len(image_ids):,} images that the tables list, "
                         f"first {missing[0]}: {advice}")
    return images
