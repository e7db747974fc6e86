"""One direction in latent space per attribute (Hou et al. 2016, section 4.3.2), and their correlations (4.3.3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.data.arrow_arrays import numbers, texts
from pipeline.data.attributes import Attributes
from pipeline.errors import InputError, did_you_mean
from pipeline.files.atomic import replacing


@dataclass(frozen=True)
class AttributeVectors:
    """The vectors of K attributes, and the number of images behind each.

    Attributes:
        names: K, of the attributes.
        vectors: float32 K×D; NaN where an attribute has no positive or no negative image.
        positives: int64 K, how many positive images were averaged.
        negatives: int64 K, how many negative images were averaged.
    """

    names: tuple[str, ...]
    vectors: np.ndarray
    positives: np.ndarray
    negatives: np.ndarray

    def of(self, attribute: str) -> np.ndarray:
        """Return the vector of an attribute by its name: float32 D. Raise InputError for an unknown name."""
        if attribute not in self.names:
            raise InputError(f"unknown attribute {attribute!r}{did_you_mean(attribute, self.names)}; there are vectors "
                             f"of {', '.join(self.names) or 'none'}")
        return self.vectors[self.names.index(attribute)]

    def counts(self) -> list[tuple[str, int, int]]:
        """Return (attribute, positives, negatives) of all attributes."""
        return list(zip(self.names, self.positives.tolist(), self.negatives.tolist(), strict=True))

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
        return [f"{len(few)} of {len(self.names)} attribute vectors come from fewer images than "
                "attributes.per_class: "
                + "; ".join(few)] if few else []


def compute_attribute_vectors(mu: np.ndarray, attributes: Attributes, per_class: int = 1000, seed: int = 0
                              ) -> AttributeVectors:
    """Compute z_attribute = mean of z over positive images − mean of z over negative images (section 4.3.2).

    Up to `per_class` images of each class are drawn without replacement, or all where there are fewer. Images whose
    value is unknown are in neither class. The draw for an attribute depends only on the seed, on the attribute's number
    and on its column.

    Args:
        mu: float32 N×D, posterior means.
        attributes: of the same N images.
        per_class: how many positive and how many negative images to average at most.
        seed: of the draws.
    """
    if mu.ndim != 2 or len(attributes) != len(mu):
        raise ValueError(f"need latents N×D and attributes of N images, got {mu.shape} and {len(attributes)} images")
    vectors = np.full((len(attributes.names), mu.shape[1]), np.nan, dtype=np.float32)
    counts = np.zeros((2, len(attributes.names)), dtype=np.int64)
    for i, name in enumerate(attributes.names):
        random = np.random.default_rng([seed, i])
        classes = [np.flatnonzero(attributes.having(name, wanted)) for wanted in (True, False)]
        chosen = [random.choice(rows, min(per_class, len(rows)), replace=False) for rows in classes]
        counts[:, i] = [len(rows) for rows in chosen]
        if counts[:, i].all():
            positive, negative = (mu[rows].mean(axis=0, dtype=np.float64) for rows in chosen)
            vectors[i] = positive - negative
    return AttributeVectors(attributes.names, vectors, positives=counts[0], negatives=counts[1])


def correlation_matrix(vectors: AttributeVectors, names: Sequence[str]) -> np.ndarray:
    """Return Pearson's correlation between the vectors of `names`, over their D components (section 4.3.3).

    Args:
        vectors: of these attributes, and perhaps of others.
        names: none, or at least two.

    Returns:
        float64 len(names)×len(names), -1 … 1. The row and column of an attribute without a vector are NaN.
    """
    if not names:
        return np.empty((0, 0))
    with np.errstate(invalid="ignore", divide="ignore"):  # a constant vector has no correlation: NaN
        return np.asarray(np.corrcoef(np.stack([vectors.of(name) for name in names]).astype(np.float64)))


def write_attribute_vectors(path: Path, vectors: AttributeVectors) -> None:
    """Write Parquet atomically, one row per attribute: attribute, positives, negatives, vector (float32 D)."""
    dim = vectors.vectors.shape[1]
    flat = numbers(np.ascontiguousarray(vectors.vectors, dtype=np.float32).reshape(-1))
    table = pa.table({
        "attribute": texts(vectors.names),
        "positives": numbers(np.asarray(vectors.positives, np.int64)),
        "negatives": numbers(np.asarray(vectors.negatives, np.int64)),
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
            or not pa.types.is_fixed_size_list(table["vector"].type) or not pa.types.is_string(table["attribute"].type):
        raise InputError(f"{path} does not hold attribute vectors; run `dvc repro` again, which writes them anew")
    vector = table["vector"].combine_chunks()
    return AttributeVectors(
        names=tuple(table["attribute"].to_pylist()),
        vectors=vector.flatten().to_numpy(zero_copy_only=False).reshape(len(table), vector.type.list_size).copy(),
        positives=table["positives"].to_numpy().copy(), negatives=table["negatives"].to_numpy().copy(),
    )
