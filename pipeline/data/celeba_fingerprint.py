"""What tells one copy of CelebA's data from another."""

import hashlib
import os
from pathlib import Path

from pipeline.data.celeba_images import read_zip_directory
from pipeline.data.celeba_layout import (
    ATTRIBUTE_TABLE,
    IMAGES,
    LANDMARK_TABLE,
    PARTITION_TABLE,
    find_image_folder,
    find_table,
    find_zip,
    is_image_name,
)
from pipeline.data.fingerprints import FileFingerprint, of_file, of_images
from pipeline.data.image_folder import FolderImages


def fingerprint(root: str | Path) -> dict[str, FileFingerprint]:
    """Return what identifies the data under `root`: {file name: {"bytes": …, "sha256" or another digest: …}}.

    A table has the SHA-256 of its content. A folder of images has that of all names and contents; an image that cannot
    be read counts by its name alone. The zip has that of its directory (names, sizes and checksums of its members),
    which stands for its content without reading all of it.
    """
    root = Path(root)
    files: dict[str, FileFingerprint] = {}
    for stem in (ATTRIBUTE_TABLE, LANDMARK_TABLE, PARTITION_TABLE):
        table = find_table(root, stem)
        if table is not None:
            files[table.name] = of_file(table)
    folder, path = find_image_folder(root), find_zip(root)
    if folder is not None:
        files[IMAGES] = _of_folder(folder)
    elif path is not None:
        files[path.name] = _of_zip(path)
    return files


def _of_folder(folder: Path) -> FileFingerprint:
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if is_image_name(entry.name))
    return of_images(FolderImages(folder, "unpack it again"), names, skip_unreadable=True)


def _of_zip(path: Path) -> FileFingerprint:
    members = sorted(read_zip_directory(path).items())
    directory = "".join(f"{name} {member.size} {member.crc:08x}\n" for name, member in members)
    return {"images": len(members), "bytes": path.stat().st_size,
            "directory_sha256": hashlib.sha256(directory.encode()).hexdigest()}
