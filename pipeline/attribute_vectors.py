"""One direction in latent space per attribute (Hou et al. 2016, section 4.3.2), and how they correlate (4.3.3)."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.vocabulary import ATTRIBUTES


@dataclass(frozen=True)
class AttributeVectors:
    """For each of the 40 attributes, in the order of `ATTRIBUTES`: its vector, and how many images it comes from.

    `vectors` float32 40×D, NaN where an attribute has no positive or no negative image;
    `positives` and `negatives` int64 40, the numbers of images averaged.
    """

    vectors: np.ndarray
    positives: np.ndarray
    negatives: np.ndarray

    def of(self, attribute: str) -> np.ndarray:
        """The vector of an attribute by CelebA's name: float32 D. Raises `InputError` for an unknown name."""
        if attribute not in ATTRIBUTES:
            raise InputError(f"unknown attribute {attribute!r}; CelebA's are {', '.join(ATTRIBUTES)}")
        return self.vectors[ATTRIBUTES.index(attribute)]

    def counts(self) -> list[tuple[str, int, int]]:
        """(attribute, positives, negatives) of all 40."""
        return list(zip(ATTRIBUTES, self.positives.tolist(), self.negatives.tolist()))

    def missing(self) -> list[str]:
        """The attributes without a vector: no positive or no negative image."""
        return [name for name, positives, negatives in self.counts() if 0 in (positives, negatives)]

    def write(self, path: str | Path) -> None:
        """Write Parquet, one row per attribute: attribute, positives, negatives, vector (float32 D)."""
        dim = self.vectors.shape[1]
        flat = pa.array(np.ascontiguousarray(self.vectors, dtype=np.float32).reshape(-1))
        table = pa.table({
            "attribute": list(ATTRIBUTES),
            "positives": pa.array(self.positives, pa.int64()),
            "negatives": pa.array(self.negatives, pa.int64()),
            "vector": pa.FixedSizeListArray.from_arrays(flat, dim),
        })
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".tmp")
        pq.write_table(table, temporary)
        os.replace(temporary, path)


def attribute_vectors(mu: np.ndarray, attributes: np.ndarray, per_class: int = 1000, seed: int = 0) -> AttributeVectors:
    """z_attribute = mean of z over positive images − mean of z over negative images (section 4.3.2).

    `mu` float32 N×D posterior means; `attributes` bool N×40. Up to `per_class` images of each kind are drawn without
    replacement, all of them where fewer exist. An attribute's draw depends on the seed and its own column alone.
    """
    if mu.ndim != 2 or attributes.shape != (len(mu), len(ATTRIBUTES)):
        raise ValueError(f"need latents N×D and attributes N×{len(ATTRIBUTES)}, got {mu.shape} and {attributes.shape}")
    vectors = np.full((len(ATTRIBUTES), mu.shape[1]), np.nan, dtype=np.float32)
    counts = np.zeros((2, len(ATTRIBUTES)), dtype=np.int64)
    for i, column in enumerate(np.asarray(attributes, dtype=bool).T):
        random = np.random.default_rng([seed, i])
        kinds = [np.flatnonzero(column), np.flatnonzero(~column)]
        chosen = [random.choice(rows, min(per_class, len(rows)), replace=False) for rows in kinds]
        counts[:, i] = [len(rows) for rows in chosen]
        if counts[:, i].all():
            positive, negative = (mu[rows].mean(axis=0, dtype=np.float64) for rows in chosen)
            vectors[i] = positive - negative
    return AttributeVectors(vectors, positives=counts[0], negatives=counts[1])


def correlation(vectors: AttributeVectors, names: Sequence[str]) -> np.ndarray:
    """Pearson's correlation between the vectors of `names`, over their D components (section 4.3.3).

    float64 len(names)×len(names) in -1 … 1. Row and column of an attribute without a vector are NaN.
    """
    with np.errstate(invalid="ignore", divide="ignore"):  # a constant vector has no correlation: NaN
        return np.corrcoef(np.stack([vectors.of(name) for name in names]).astype(np.float64))


def read(path: str | Path) -> AttributeVectors:
    """Read what `AttributeVectors.write` wrote. Raises `InputError` where the file is missing or another kind."""
    try:
        table = pq.read_table(path)
    except (FileNotFoundError, pa.ArrowInvalid) as error:
        raise InputError(f"cannot read attribute vectors from {path}: {str(error).splitlines()[0]}") from error
    if set(table.column_names) != {"attribute", "positives", "negatives", "vector"} \
            or table["attribute"].to_pylist() != list(ATTRIBUTES):
        raise InputError(f"{path} does not hold attribute vectors of CelebA's 40 attributes; write it again")
    vector = table["vector"].combine_chunks()
    return AttributeVectors(
        vectors=vector.flatten().to_numpy(zero_copy_only=False).reshape(len(table), vector.type.list_size).copy(),
        positives=table["positives"].to_numpy().copy(), negatives=table["negatives"].to_numpy().copy(),
    )
