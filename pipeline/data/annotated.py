"""A data set from images and from the tables that the user gives beside them."""

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.data.attribute_names import check_attribute_names
from pipeline.data.attributes import Attributes, no_attributes
from pipeline.data.binary_columns import binary_attributes
from pipeline.data.celeba_layout import LANDMARKS
from pipeline.data.dataset import Dataset, Given, Images
from pipeline.data.image_rows import RowsOfImages
from pipeline.data.landmark_columns import landmark_columns
from pipeline.data.split_names import splits_named
from pipeline.data.splits import Splitting, split_images, thinned_rows
from pipeline.errors import InputError

Partition = Callable[[], np.ndarray | None]  # → the images' own splits, str N, or None where they have none


def annotated(images: Images, image_ids: Sequence[str], given: Given,
              own_partition: Partition = lambda: None, notes: Sequence[str] = ()) -> Dataset:
    """Join images with the given tables, split them, and thin them to `given.splitting.limit`.

    Every column of the table of attributes is a binary attribute, but for `split_column`, `person_column` and
    landmarks. An image that it does not list has unknown attributes.

    Args:
        images: where their bytes are.
        image_ids: N, each once, in the order of the data set.
        given: the tables and the splitting.
        own_partition: returns the images' own splits, str N, or None; called where `data.test` is official and no
            `split_column` is given.
        notes: further ones, for the user.

    Raises:
        InputError: a table cannot be read, or it and the images do not fit each other. The message is one sentence.
    """
    table = None if given.attributes is None else RowsOfImages(given.attributes, image_ids)
    for parameter in ("split_column", "person_column"):
        name = getattr(given.splitting, parameter)
        if table is None and name is not None:
            raise InputError(f"data.{parameter} is {name!r}, but there is no table: set data.attributes to one that "
                             "has this column")
        if table is not None and name is not None:
            table.given.column(name, f"data.{parameter}")
    attributes = no_attributes(len(image_ids)) if table is None else _attributes(table, given.splitting)
    ids = np.array(image_ids, dtype=str)
    split, of_split = _split(ids, table, given.splitting, own_partition)
    landmarks, of_landmarks = _landmarks(table, given, image_ids)
    all_notes = (*notes, *(table.notes() if table else ()), *of_split, *of_landmarks)
    return Dataset(ids, split, attributes, landmarks, images, all_notes).of_rows(
        thinned_rows(len(ids), given.splitting.limit))


def _attributes(table: RowsOfImages, splitting: Splitting) -> Attributes:
    others = {splitting.split_column, splitting.person_column, *_landmark_names(table)}
    names = [name for name in table.names if name not in others]
    check_attribute_names(names, table.path)
    if not names:
        return no_attributes(len(table.image_ids))
    return binary_attributes(table.columns(names), names, np.array(table.image_ids, dtype=str), table.path)


def _split(image_ids: np.ndarray, table: RowsOfImages | None, splitting: Splitting, own_partition: Partition
           ) -> tuple[np.ndarray, list[str]]:
    """Return the split of each image, str N, and notes."""
    own, persons, notes = None, None, []
    if table is not None and splitting.person_column is not None:
        persons = np.array(table.words(splitting.person_column, "data.person_column"))
    if splitting.test == "official":
        if table is not None and splitting.split_column is not None:
            own = splits_named(table.words(splitting.split_column, "data.split_column"), table.image_ids,
                               f"{table.path}, column {splitting.split_column},")
        else:
            own = own_partition()
        if own is None:
            notes = ["no partition is given: the images are split by a hash, as with data.test hash"]
    return split_images(image_ids, splitting, own, persons), notes


def _landmarks(table: RowsOfImages | None, given: Given, image_ids: Sequence[str]
               ) -> tuple[np.ndarray | None, list[str]]:
    """Return the landmarks, float32 N×5×2, and notes. table: that of attributes, which may have them, too."""
    if given.landmarks is None:
        unused = table is not None and bool(_landmark_names(table))
        return None, [f"the landmarks in {given.attributes} are not used: set data.landmarks to it, too"] * unused
    points, notes = table, []
    if points is None or given.landmarks != given.attributes:
        points = RowsOfImages(given.landmarks, image_ids)
        notes = points.notes()
    columns = points.columns([name for name in points.names if name in LANDMARKS])
    return landmark_columns(columns, image_ids, given.landmarks), notes


def _landmark_names(table: RowsOfImages) -> tuple[str, ...]:
    """Return LANDMARKS if the table has them all, else nothing."""
    return LANDMARKS if set(LANDMARKS) <= set(table.names) else ()
