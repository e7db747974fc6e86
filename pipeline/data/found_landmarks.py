"""The file of landmarks that the stage dataset has found: Parquet, one row per image, checked by image id."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.data.celeba_layout import LANDMARKS
from pipeline.errors import InputError
from pipeline.files.atomic import replacing

REMEDY = "run `dvc repro --force dataset`"


def write_landmarks(path: str | Path, image_ids: np.ndarray, landmarks: np.ndarray) -> None:
    """Write landmarks atomically: the columns image_id and LANDMARKS.

    Args:
        path: of the file.
        image_ids: str N.
        landmarks: float N×5×2: x and y of POINTS in pixels of the upright picture, from its upper left corner. Images
            whose landmarks are NaN are left out.
    """
    found = np.isfinite(landmarks).all(axis=(1, 2))
    columns = landmarks[found].reshape(-1, len(LANDMARKS)).astype(np.float32)
    table = pa.table({"image_id": pa.array(image_ids[found].tolist(), pa.string()),
                      **{name: pa.array(np.ascontiguousarray(columns[:, i])) for i, name in enumerate(LANDMARKS)}})
    with replacing(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def read_landmarks(path: str | Path, image_ids: np.ndarray) -> np.ndarray:
    """Return the landmarks of the given images, in their order: float32 N×5×2.

    Raises:
        InputError: the file is missing, damaged or no such file, or an image is not in it.
    """
    try:
        table = pq.read_table(path, columns=["image_id", *LANDMARKS])
        known = np.array(table["image_id"].to_pylist(), dtype=str)
        columns = np.stack([table[name].to_numpy().astype(np.float32) for name in LANDMARKS], axis=1)
    except (pa.ArrowInvalid, OSError, KeyError) as error:
        raise InputError(f"{path} is missing or is no file of found landmarks; {REMEDY}") from error
    wanted = np.asarray(image_ids, dtype=str)
    missing = wanted[~np.isin(wanted, known)]
    if len(missing):
        more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        raise InputError(f"{path} has no landmarks of {missing[0]}{more}; {REMEDY}")
    by_name = np.argsort(known)
    return columns[by_name[np.searchsorted(known, wanted, sorter=by_name)]].reshape(-1, 5, 2)
