"""Faces that this project draws: the stage dataset has written them in CelebA's layout."""

from pipeline.data.celeba_fingerprint import fingerprint as fingerprint_of_celeba
from pipeline.data.dataset import Dataset, Given
from pipeline.data.fingerprints import FileFingerprint
from pipeline.data.sources.celeba import open_celeba

IN_WORDS = "drawn faces (synthetic)"  # for reports
HAS_LANDMARKS = True  # of its own, without data.landmarks


def open_dataset(given: Given) -> Dataset:
    """Open the drawn faces in the folder `given.root`."""
    return open_celeba(given.root, given.splitting)


def fingerprint(given: Given) -> dict[str, FileFingerprint]:
    """Return what tells these drawn faces from others."""
    return fingerprint_of_celeba(given.root)
