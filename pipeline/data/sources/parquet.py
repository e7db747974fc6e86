"""Images in Parquet files, as the common mirrors of CelebA have them. They are read in place.

The layout, as the card https://huggingface.co/datasets/flwrlabs/celeba/blob/main/README.md has it, of files
train-00000-of-00019.parquet …, valid-…, test-…, each of some 500 MB:

    dataset_info: features:
      - name: image              dtype: image
      - name: celeb_id           dtype: int64
      - name: 5_o_Clock_Shadow   dtype: bool
      - …                        dtype: bool      (CelebA's 40 attributes, in CelebA's order)

An `image` is struct<bytes: binary, path: string> in Parquet; path may be null
(https://github.com/huggingface/datasets/blob/main/src/datasets/features/image.py). Row groups have 100 or 1,000 rows.
https://huggingface.co/datasets/tpremoli/CelebA-attrs has int64 for bool, and validation-… for valid-….
https://huggingface.co/datasets/huggan/CelebA-faces-with-attributes has a constant `label`, an `image_id` ("000001.jpg")
and the attributes as int64 of -1 and 1, all in train-….parquet. https://huggingface.co/datasets/nielsr/CelebA-faces has
the images alone, in train-….parquet.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from pipeline.data.annotated import annotated
from pipeline.data.dataset import Dataset, Given
from pipeline.data.fingerprints import FileFingerprint, of_file, of_table
from pipeline.data.given_table import texts
from pipeline.data.parquet_attributes import in_words, own_attributes
from pipeline.data.parquet_files import StoredFile, image_column, open_files, read_columns
from pipeline.data.parquet_images import ParquetImages
from pipeline.data.parquet_rows import ID_COLUMN, image_ids, in_order_of_splits, split_by_file_names
from pipeline.data.split_names import splits_named
from pipeline.data.splits import OFFICIAL, Splitting, split_images, thinned_rows
from pipeline.errors import InputError, did_you_mean
from pipeline.vocabulary import SPLITS

IN_WORDS = "photographs (Parquet files)"  # for reports
HAS_LANDMARKS = False  # of its own, without data.landmarks
MOST_PASSES = 4  # over the files, which the order of the ids may cost
BY_HASH = "no partition is given: the images are split by a hash, as with data.test hash"


def open_dataset(given: Given) -> Dataset:
    """Open the Parquet file, or all Parquet files of the folder, `given.root`.

    No image is read. `pipeline.data.parquet_rows` says what the ids are, and which files are named by a split;
    `pipeline.data.parquet_attributes`, which columns are attributes. They come from the table `given.attributes`
    instead if there is one. The columns of the split and of the person are in the Parquet files, or else in the table.

    The images are in the order of their ids, as in the other sources: so a mirror that keeps CelebA's file names gives
    CelebA's order, however its files are cut. They are in the order of files and rows, files named train before valid
    and test, where the ids are made of these, and where the files are shuffled so that to read all images by split and
    id would take more than MOST_PASSES over the files.

    Raises:
        InputError: a file is damaged or does not fit the others, or a column is missing or cannot be read. The message
            is one sentence that names the file.
    """
    files = in_order_of_splits(open_files(given.root))
    leaf = image_column(files)
    ids, by_row = image_ids(files, leaf)
    images = ParquetImages(given.root, files, leaf, ids)
    stored = np.arange(len(ids))
    order = stored if by_row else np.argsort(ids, kind="stable")
    dataset = _joined(given, files, images, ids, order)
    by_split = np.concatenate([np.flatnonzero(dataset.split == name) for name in SPLITS])
    if not by_row and images.passes(order[by_split]) > MOST_PASSES:
        order = stored
        dataset = _joined(given, files, images, ids, order)
        dataset = dataclasses.replace(dataset, notes=(*dataset.notes, f"{given.root} is shuffled, so the images are in "
                                      "the order of its files and rows, not of their ids"))
    if given.attributes is None:
        others = {leaf.removesuffix(".bytes"), ID_COLUMN, given.splitting.split_column, given.splitting.person_column}
        attributes, left_out = own_attributes(files, others, ids, given.root)
        dataset = dataclasses.replace(dataset, attributes=attributes.of_rows(order),
                                      notes=(*dataset.notes, *in_words(left_out, given.root)))
    return dataset.of_rows(thinned_rows(len(ids), given.splitting.limit))


def fingerprint(given: Given) -> dict[str, FileFingerprint]:
    """Return what tells these files and tables from others: the bytes and the SHA-256 of each file.

    A Parquet file's footer has no checksum of the images, so all bytes are read.
    """
    root = given.root if given.root.is_dir() else given.root.parent
    tables = {"attributes": given.attributes, "landmarks": given.landmarks}
    return {file.path.relative_to(root).as_posix(): of_file(file.path) for file in open_files(given.root)} | \
        {name: of_table(path) for name, path in tables.items() if path is not None}


def _joined(given: Given, files: Sequence[StoredFile], images: ParquetImages, ids: np.ndarray, order: np.ndarray
            ) -> Dataset:
    """Return the images in an order, split, with the landmarks and attributes of the given tables."""
    names, splitting = ids[order].tolist(), given.splitting
    if _in_table(given, files):
        given = given._replace(splitting=splitting._replace(limit=None))
        return annotated(images, names, given, lambda: _by_name(files, order))
    own = _own_partition(splitting, files, ids, order) if splitting.test == "official" else None
    person = splitting.person_column
    split = split_images(ids[order], splitting, own, None if person is None else _words(files, person)[order])
    notes = []
    if splitting.test == "official" and own is None:
        named = next((name for name in files[0].schema.names if name.lower() in ("split", "partition")), None)
        notes = [BY_HASH + (f"; set data.split_column to {named} if that column is one" if named else "")]
    return annotated(images, names, given._replace(splitting=OFFICIAL), lambda: split, notes)


def _in_table(given: Given, files: Sequence[StoredFile]) -> bool:
    """Return whether the columns of split and person are in the table of attributes.

    Raises:
        InputError: a column is in neither, or one is there and the other here.
    """
    places = {}
    for parameter in ("split_column", "person_column"):
        name = getattr(given.splitting, parameter)
        if name is not None:
            columns = files[0].schema.names
            places[parameter] = name not in columns
            if name not in columns and given.attributes is None:
                raise InputError(f"data.{parameter} is {name}, but {files[0].path} has no such column"
                                 f"{did_you_mean(name, columns)}; it has {', '.join(columns)}")
    if len(set(places.values())) == 2:
        raise InputError(f"data.split_column and data.person_column are not both in {files[0].path} or both in "
                         f"{given.attributes}: put them into one")
    return any(places.values())


def _own_partition(splitting: Splitting, files: Sequence[StoredFile], ids: np.ndarray, order: np.ndarray
                   ) -> np.ndarray | None:
    """Return the split of each image in an order, as a column or the names of the files tell it."""
    name = splitting.split_column
    if name is None:
        return _by_name(files, order)
    where = f"{files[0].path}{' and the files beside it' if len(files) > 1 else ''}, column {name},"
    return splits_named(_words(files, name)[order].tolist(), ids[order].tolist(), where)


def _by_name(files: Sequence[StoredFile], order: np.ndarray) -> np.ndarray | None:
    split = split_by_file_names(files)
    return None if split is None else split[order]


def _words(files: Sequence[StoredFile], name: str) -> np.ndarray:
    """Return a column as text, str N, "" where it is null."""
    return np.array(texts(read_columns(files, [name]).column(0)))
