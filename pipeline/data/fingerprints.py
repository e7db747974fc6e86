"""What tells the files of a data set from others: sizes and SHA-256."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pipeline.data.dataset import Images
from pipeline.errors import InputError
from pipeline.files.hashes import sha256

FileFingerprint = dict[str, int | str]  # for JSON


def of_file(path: Path) -> FileFingerprint:
    """Return the bytes and the SHA-256 of a file."""
    return {"bytes": path.stat().st_size, "sha256": sha256(path)}


def of_images(images: Images, image_ids: Iterable[str], skip_unreadable: bool = False) -> FileFingerprint:
    """Return the number of images, their bytes, and the SHA-256 of all ids and contents, in the given order.

    Args:
        images: where they are.
        image_ids: which are meant.
        skip_unreadable: let the id alone stand for an image that cannot be read.

    Raises:
        InputError: an image cannot be read.
    """
    count, size, content = 0, 0, hashlib.sha256()
    for image_id in image_ids:
        try:
            data = images.read(image_id)
            size += len(data)
            content.update(f"{image_id} {hashlib.sha256(data).hexdigest()}\n".encode())
        except InputError:
            if not skip_unreadable:
                raise
            content.update(f"{image_id}\n".encode())
        count += 1
    return {"images": count, "bytes": size, "sha256": content.hexdigest()}


def of_table(path: Path) -> FileFingerprint:
    """Return the bytes and the SHA-256 of a file, or those of all files below a folder with their names."""
    if path.is_file():
        return of_file(path)
    files = {str(file.relative_to(path)): of_file(file) for file in sorted(path.rglob("*")) if file.is_file()}
    content = "".join(f"{name} {file['sha256']}\n" for name, file in files.items())
    return {"bytes": sum(int(file["bytes"]) for file in files.values()),
            "sha256": hashlib.sha256(content.encode()).hexdigest()}
