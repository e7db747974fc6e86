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
