"""A folder of photographs, with tables of attributes and landmarks if there are any."""

from pipeline.data.annotated import annotated
from pipeline.data.dataset import Dataset, Given
from pipeline.data.fingerprints import FileFingerprint, of_images, of_table
from pipeline.data.image_folder import FolderImages, find_images, in_words
from pipeline.data.picture import EXTENSIONS
from pipeline.data.split_names import splits_of_folders
from pipeline.errors import InputError

IN_WORDS = "photographs (folder)"  # for reports
HAS_LANDMARKS = False  # of its own, without data.landmarks


def open_dataset(given: Given) -> Dataset:
    """List the images below the folder `given.root`, and join them with the given tables.

    An id is the image's path below the folder, with "/". The images are sorted by it, by code points. Their own
    partition is that of folders train, valid and test (or another of split_names.SPLIT_NAMES) at the top.

    Raises:
        InputError: there is no image, or the tables do not fit. No image is read here.
    """
    image_ids, others = find_images(given.root)
    if not image_ids:
        there = f" (it has {in_words(others)})" if others else ""
        raise InputError(f"{given.root} has no images{there}: data.root should hold files {' '.join(EXTENSIONS[:2])} "
                         ".png .webp or the like, also in folders")
    notes = [f"{given.root} has other files than images, which are left out: {in_words(others)}"] if others else []
    return annotated(FolderImages(given.root), image_ids, given, lambda: splits_of_folders(image_ids), notes)


def fingerprint(given: Given) -> dict[str, FileFingerprint]:
    """Return what tells these images and tables from others, wherever they lie.

    An image that cannot be read counts by its id alone.
    """
    images = of_images(FolderImages(given.root), find_images(given.root).image_ids, skip_unreadable=True)
    tables = {"attributes": given.attributes, "landmarks": given.landmarks}
    return {"images": images} | {name: of_table(path) for name, path in tables.items() if path is not None}
