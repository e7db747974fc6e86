"""The images of CelebA, in a folder or in the zip. The zip is read in place."""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.data.celeba_layout import (
    DOWNLOAD,
    IMAGES,
    find_image_folder,
    find_zip,
    is_image_name,
    is_web_page,
    web_page_error,
)
from pipeline.data.image_folder import FolderImages
from pipeline.errors import InputError


class Member(NamedTuple):
    """One file of a zip: what is needed to read it without the zip's directory."""

    offset: int  # of the member's own header, in bytes
    packed: int  # compressed size in bytes
    size: int  # in bytes
    deflated: bool
    crc: int


@dataclass(frozen=True)
class ZipImages:
    """Images inside a zip. Holds no open file, so any process or thread can read it, and it can be pickled."""

    path: Path
    members: dict[str, Member]

    def read(self, image_id: str) -> bytes:
        """Return the encoded bytes of one image.

        Raises:
            InputError: the bytes are damaged.
            KeyError: the zip has no such image.
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


def open_images(root: Path, image_ids: np.ndarray) -> ZipImages | FolderImages:
    """Return the images under `root`, in a folder if there is one, else in the zip.

    Raises:
        InputError: there are none, or one of `image_ids` is not among them.
    """
    folder, path = find_image_folder(root), find_zip(root)
    images: ZipImages | FolderImages
    names: Collection[str]
    if folder is not None:
        with os.scandir(folder) as entries:
            names = {entry.name for entry in entries}
        images, advice = FolderImages(folder, "unpack it again"), "unpack img_align_celeba.zip again"
        if path is not None:
            advice = f"complete the folder, or remove it and {path.name} beside it is read"
    elif path is not None:
        names = members = read_zip_directory(path)
        images, advice = ZipImages(path, members), "download the zip again"
    else:
        raise InputError(f"{IMAGES}.zip, or a folder {IMAGES} with images, is missing in {root}: "
                         f"download it from {DOWNLOAD}")
    missing = [image_id for image_id in image_ids if image_id not in names]
    if missing:
        raise InputError(f"{images.path} lacks {len(missing):,} of the {len(image_ids):,} images that the tables list, "
                         f"first {missing[0]}: {advice}")
    return images


def read_zip_directory(path: Path) -> dict[str, Member]:
    """Return the images of a zip by file name, wherever in the zip they lie.

    Raises:
        InputError: the file is a web page, no complete zip, or packed in a way that `ZipImages` cannot read.
    """
    with open(path, "rb") as file:
        if is_web_page(file.read(1024)):
            raise web_page_error(path)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist()
                     if is_image_name(Path(info.filename).name) and "__MACOSX" not in info.filename]
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
