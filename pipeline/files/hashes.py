"""Digests of texts and files."""

import hashlib
from pathlib import Path


def digest(*parts: str | Path) -> str:
    """Return a short name for texts and the contents of files: 16 hexadecimal digits of a SHA-256.

    Other parts, or the same in another order, have another name. Where the files lie does not matter.
    """
    combined = hashlib.sha256()
    for part in parts:
        combined.update(hashlib.sha256(part.read_bytes() if isinstance(part, Path) else part.encode()).digest())
    return combined.hexdigest()[:16]


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
