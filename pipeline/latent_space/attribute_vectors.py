"""One direction in latent space per attribute (Hou et al. 2016, section 4.3.2), and their correlations (4.3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.files.atomic import replacing
from pipeline.vocabulary import ATTRIBUTES


@dataclass(frozen=True)
class AttributeVectors:
    """The vectors of the 40 attributes, in the order of `ATTRIBUTES`, and the number of images behind each.

    Attributes:
        vectors: float32 40×D; NaN where an attribute has no positive or no negative image.
        positives: int64 40, how many positive images were averaged.
        negatives: int64 40, how many negative images were averaged.
    """

    vectors: np.ndarray
    positives: np.ndarray
    negatives: np.ndarray

    def of(self, attribute: str) -> np.ndarray:
        """Return the vector of an attribute by CelebA's name: float32 D. Raise InputError for an unknown name."""
        if attribute not in ATTRIBUTES:
            raise InputError(f"unknown attribute {attribute!r}; CelebA's are {', '.join(ATTRIBUTES)}")
        return self.vectors[ATTRIBUTES.index(attribute)]

    def counts(self) -> list[tuple[str, int, int]]:
        """Return (attribute, positives, negatives) of all 40 attributes."""
        return list(zip(ATTRIBUTES, self.positives.tolist(), self.negatives.tolist(), strict=True))

    def missing(self) -> list[str]:
        """Return the attributes without a vector: those with no positive or no negative image."""
        return [name for name, positives, negatives in self.counts() if 0 in (positives, negatives)]

    def from_few_images(self, per_class: int) -> list[tuple[str, int, int]]:
        """Return those of `counts` with fewer than `per_class` positive or negative images."""
        return [(name, positives, negatives) for name, positives, negatives in self.counts()
                if min(positives, negatives) < per_class]

    def notes(self, per_class: int) -> list[str]:
        """Return what the report says of vectors from fewer than `per_class` images: one sentence, or none."""
        few = [f"{attribute}: {positives} with, {negatives} without, instead of {per_class}"
               for attribute, positives, negatives in self.from_few_images(per_class)]
        return [f"{len(few)} of 40 attribute vectors come from fewer images than attributes.per_class: "
                + "; ".join(few)] if few else []


def compute_attribute_vectors(mu: np.ndarray, attributes: np.ndarray, per_class: int = 1000, seed: int = 0
                              ) -> AttributeVectors:
    """Compute z_attribute = mean of z over positive images − mean of z over negative images (section 4.3.2).

    Up to `per_class` images of each class are drawn without replacement, or all where there are fewer. The draw for an
    attribute depends only on the seed and on that attribute's column.

    Args:
        mu: float32 N×D, posterior means.
        attributes: bool N×40, in the order of `ATTRIBUTES`.
        per_class: how many positive and how many negative images to average at most.
        seed: of the draws.
    """
    if mu.ndim != 2 or attributes.shape != (len(mu), len(ATTRIBUTES)):
        raise ValueError(f"need latents N×D and attributes N×{len(ATTRIBUTES)}, got {mu.shape} and {attributes.shape}")
    vectors = np.full((len(ATTRIBUTES), mu.shape[1]), np.nan, dtype=np.float32)
    counts = np.zeros((2, len(ATTRIBUTES)), dtype=np.int64)
    for i, column in enumerate(np.asarray(attributes, dtype=bool).T):
        random = np.random.default_rng([seed, i])
        classes = [np.flatnonzero(column), np.flatnonzero(~column)]
        chosen = [random.choice(rows, min(per_class, len(rows)), replace=False) for rows in classes]
        counts[:, i] = [len(rows) for rows in chosen]
        if counts[:, i].all():
            positive, negative = (mu[rows].mean(axis=0, dtype=np.float64) for rows in chosen)
            vectors[i] = positive - negative
    return AttributeVectors(vectors, positives=counts[0], negatives=counts[1])


def correlation_matrix(vectors: AttributeVectors, names: Sequence[str]) -> np.ndarray:
    """Return Pearson's correlation between the vectors of `names`, over their D components (section 4.3.3).

    Returns:
        float64 len(names)×len(names), -1 … 1. The row and column of an attribute without a vector are NaN.
    """
    with np.errstate(invalid="ignore", divide="ignore"):  # a constant vector has no correlation: NaN
        return np.asarray(np.corrcoef(np.stack([vectors.of(name) for name in names]).astype(np.float64)))


def write_attribute_vectors(path: Path, vectors: AttributeVectors) -> None:
    """Write Parquet atomically, one row per attribute: attribute, positives, negatives, vector (float32 D)."""
    dim = vectors.vectors.shape[1]
    flat = pa.array(np.ascontiguousarray(vectors.vectors, dtype=np.float32).reshape(-1))
    table = pa.table({
        "attribute": list(ATTRIBUTES),
        "positives": pa.array(vectors.positives, pa.int64()),
        "negatives": pa.array(vectors.negatives, pa.int64()),
        "vector": pa.FixedSizeListArray.from_arrays(flat, dim),
    })
    with replacing(path) as temporary:
        pq.write_table(table, temporary)


def read_attribute_vectors(path: Path) -> AttributeVectors:
    """Read what `write_attribute_vectors` wrote.

    Raises:
        InputError: the file is missing, or holds something else.
    """
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
