"""Where the faces come from: drawn faces or CelebA, both in CelebA's layout."""

from pathlib import Path

from pipeline.data.celeba import CelebA, open_celeba
from pipeline.data.splits import Splitting, check_splits

SOURCE_IN_WORDS: dict[str, str] = {"synthetic": "drawn faces (synthetic)", "celeba": "CelebA"}  # for reports


def open_source(source: str, root: Path, splitting: Splitting) -> CelebA:
    """Open the faces in `root` and check them.

    Args:
        source: what they are, for messages.
        root: the folder of the drawn faces, or of CelebA.
        splitting: which images are taken, and for what.

    Raises:
        InputError: the files do not fit each other, or a split has fewer than two images.
    """
    faces = open_celeba(root, splitting)
    check_splits(faces.split, splitting, source)
    return faces
