"""What the project has learned in a variant's latent space: attribute vectors, SVMs and the mixture."""

from pathlib import Path

import numpy as np

from pipeline import paths
from pipeline.errors import InputError
from pipeline.evaluation.svm_file import NamedSVMs, read_svms
from pipeline.files.json_file import read_json
from pipeline.latent_space.attribute_vectors import AttributeVectors, read_attribute_vectors
from pipeline.latent_space.sampling import Mixture, read_mixture

VIEW = "aligned"  # which the encoder was trained on, and which a photograph is brought to


class ProjectOutputs:
    """The outputs of a project about one variant.

    Args:
        name: of the variant.
        latent_dim: D, to which the outputs must fit.
        project: the project's folder, or None where only a weights file is known.
    """

    def __init__(self, name: str, latent_dim: int, project: Path | None):
        self.name, self.latent_dim, self.project = name, latent_dim, project

    def attribute_vectors(self) -> AttributeVectors:
        """Read the attribute vectors of the variant, float32 K×D. Raise InputError where there are none."""
        path = self._path(paths.attribute_vectors(self.name), "attribute vectors", "attributes")
        vectors = read_attribute_vectors(path)
        self._check(path, vectors.vectors.shape[1])
        return vectors

    def svms(self) -> NamedSVMs:
        """Read an SVM for each attribute, which decides by the latents of the view `aligned`.

        Raises:
            InputError: there are none, or evaluate.view_sets has no set of this view alone.
        """
        plan = None if self.project is None else self.project / paths.section_plan("evaluate")
        view_sets = read_json(plan)["view_sets"] if plan is not None and plan.is_file() else {VIEW: [VIEW]}
        alone = next((name for name, views in view_sets.items() if views == [VIEW]), None)
        if alone is None:
            raise InputError(f"{self.name} has no SVMs on the view {VIEW}, by which a photograph is judged; add the "
                             f"set {VIEW}: [{VIEW}] to evaluate.view_sets, and run `dvc repro evaluate@{self.name}`")
        path = self._path(paths.svm_weights(paths.EVALUATION / self.name, alone), "SVMs", "evaluate")
        named = read_svms(path)
        self._check(path, len(named.svms.weights) - 1)
        return named

    def mixture(self) -> Mixture:
        """Read the Gaussian mixture that is fitted to the variant's latents. Raise InputError where there is none."""
        path = self._path(paths.mixture(self.name), "Gaussian mixture", "samples",
                          ", unless sampling.mixture_components is 0")
        mixture = read_mixture(path)
        self._check(path, mixture.means.shape[1])
        return mixture

    def has(self) -> dict[str, bool]:
        """Return which of the three there are and can be read, by their names in words."""
        there = {}
        for what, read in (("edits", self.attribute_vectors), ("predicts", self.svms), ("mixture", self.mixture)):
            try:
                read()
            except InputError:
                there[what] = False
            else:
                there[what] = True
        return there

    def _path(self, path: Path, what: str, stage: str, but: str = "") -> Path:
        """Return where a file lies, or raise InputError where it does not exist."""
        if self.project is None:
            raise InputError(f"the {what} of {self.name} lie in the project that trained it, and a weights file alone "
                             "has none; give the project's folder as project")
        if not (self.project / path).is_file():
            raise InputError(f"{self.project / path} does not exist, the {what} of {self.name}; get it with `dvc "
                             f"pull`, or make it with `dvc repro {stage}@{self.name}`{but}")
        return self.project / path

    def _check(self, path: Path, latent_dim: int) -> None:
        """Raise InputError for a file of another number of latent dimensions."""
        if latent_dim != self.latent_dim:
            raise InputError(f"{path} has {latent_dim} latent dimensions and {self.name} has {self.latent_dim}, so it "
                             "is of another training; run `dvc repro`")


def finite_vectors(vectors: AttributeVectors) -> tuple[str, ...]:
    """Return the names of the attributes that have a vector."""
    return tuple(name for name, vector in zip(vectors.names, vectors.vectors, strict=True) if np.isfinite(vector).all())
