"""latent_space.safetensors: attribute vectors, SVMs and the mixture of one variant, in float32.

safetensors is 8 bytes with the length of a header (little endian), the header as JSON, and the numbers. So numpy alone
reads it, as the exported example does. The header's `__metadata__` has one entry, `latent_space`, which is JSON:
`attributes`, their K names; `svm_view`, the view whose latents the SVMs take; `contents`, tensor → what it is.
"""

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors.numpy import save

from pipeline.evaluation.svm_file import NamedSVMs
from pipeline.latent_space.attribute_vectors import AttributeVectors
from pipeline.latent_space.sampling import Mixture

NAME = "latent_space.safetensors"
METADATA_KEY = "latent_space"  # the only one: safetensors writes several in any order
CONTENTS = {
    "attribute_vectors": "K×D: mean of z over faces with the attribute minus mean over faces without; NaN for none",
    "attribute_positives": "K, int64: faces with the attribute behind each vector",
    "attribute_negatives": "K, int64: faces without the attribute behind each vector",
    "svm_weights": "D×K: the answer is yes where mean @ svm_weights + svm_biases > 0; NaN for no SVM",
    "svm_biases": "K",
    "mixture_weights": "M: probabilities of the Gaussians that were fitted to the training faces' z",
    "mixture_means": "M×D",
    "mixture_cholesky": "M×D×D, lower triangular L: z = mean + L @ noise, noise from N(0, I)",
}


class LatentSpace(NamedTuple):
    """What is known of a variant's latent space. Each part may be missing."""

    vectors: AttributeVectors | None
    svms: NamedSVMs | None  # on the means of the view aligned alone, of the vectors' attributes
    mixture: Mixture | None

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names of the attributes, in the order of vectors and SVMs."""
        return self.vectors.names if self.vectors else ()

    def usable(self) -> list[str]:
        """Return the attributes that have a vector."""
        missing = set(self.vectors.missing()) if self.vectors else set()
        return [name for name in self.attributes if name not in missing]


def write_latent_space(path: Path, space: LatentSpace) -> list[str]:
    """Write the file; return the names of its tensors, none where nothing is known and no file is written."""
    tensors: dict[str, np.ndarray] = {}
    if space.vectors and space.attributes:
        tensors |= {"attribute_vectors": space.vectors.vectors, "attribute_positives": space.vectors.positives,
                    "attribute_negatives": space.vectors.negatives}
    if space.svms and space.svms.names:
        weights = space.svms.svms.weights
        tensors |= {"svm_weights": weights[:-1], "svm_biases": weights[-1]}
    if space.mixture:
        tensors |= {"mixture_weights": space.mixture.weights, "mixture_means": space.mixture.means,
                    "mixture_cholesky": np.linalg.cholesky(space.mixture.covariances)}
    if tensors:
        about = {"attributes": list(space.attributes), "svm_view": "aligned" if "svm_weights" in tensors else None,
                 "contents": {name: CONTENTS[name] for name in tensors}}
        plain = {name: np.ascontiguousarray(values if values.dtype == np.int64 else values.astype(np.float32))
                 for name, values in tensors.items()}
        path.write_bytes(save(plain, metadata={METADATA_KEY: json.dumps(about)}))
    return list(tensors)
