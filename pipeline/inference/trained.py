"""A trained variant: pictures and latents in, pictures, latents and scores out.

One picture or latent vector in gives one out; a list of N, or an array with one more axis, gives N. Latents are float32
arrays with one or two axes, D or N×D; whatever else is given is taken for pictures (`photographs.to_pixels`). Pictures
come back as Pillow's, RGB, S×S pixels; `numpy.asarray` makes uint8 S×S×3 of one.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from PIL import Image

from pipeline.config.variant import Variant
from pipeline.data.framing import Choice
from pipeline.errors import InputError
from pipeline.evaluation.svm_file import NamedSVMs
from pipeline.inference.edits import Strengths, edited
from pipeline.inference.photographs import find_detector, is_one, to_pixels
from pipeline.inference.pictures import pictures_of
from pipeline.inference.project_outputs import ProjectOutputs, finite_vectors
from pipeline.latent_space.attribute_vectors import AttributeVectors
from pipeline.latent_space.encoding import encode
from pipeline.latent_space.sampling import Mixture, sample_mixture, sample_prior
from pipeline.models.interface import Model
from pipeline.models.numpy_functions import decode_function
from pipeline.vocabulary import counted

Source = Literal["prior", "mixture"]  # of z


def as_given(values: Sequence[Any] | np.ndarray, one: bool) -> Any:
    """Return the only value where one was given, else all."""
    return values[0] if one else values


class TrainedVariant:
    """A trained variant, as `load` returns it.

    Attributes:
        name: of the variant, such as "dfc".
        image_size: S, the side of its images in pixels.
        latent_dim: D, its number of latent dimensions.
        has_encoder: whether it can encode; without an encoder it decodes and samples.
        configuration: all parameters of its training.
        weights: the file it was loaded from.
    """

    def __init__(self, model: Model, configuration: Variant, weights: Path, project: Path | None):
        self.name, self.has_encoder, self.configuration = configuration.name, configuration.encodes, configuration
        self.image_size, self.latent_dim, self.weights = configuration.image_size, model.latent_dim, weights
        self._model, self._decode = model, decode_function(model)
        self._project, self._outputs = project, ProjectOutputs(self.name, model.latent_dim, project)

    def __repr__(self) -> str:
        encoder = "an encoder" if self.has_encoder else "no encoder"
        return (f"<{self.name}: pictures of {self.image_size}×{self.image_size} pixels, "
                f"{counted(self.latent_dim, 'latent dimension')}, {encoder}>")

    @cached_property
    def attribute_vectors(self) -> AttributeVectors:
        """The vectors by which `edit` moves: names, and float32 K×D. InputError where the project has none."""
        self._needs_encoder("attribute vectors")
        return self._outputs.attribute_vectors()

    @property
    def attributes(self) -> tuple[str, ...]:
        """The names that `edit` takes. InputError where the project has no attribute vectors."""
        return finite_vectors(self.attribute_vectors)

    @cached_property
    def svms(self) -> NamedSVMs:
        """The SVMs by which `predict` judges: names, and weights for latents. InputError where the project has none."""
        self._needs_encoder("SVMs")
        return self._outputs.svms()

    @cached_property
    def mixture(self) -> Mixture:
        """The mixture of Gaussians that `sample` can draw from. InputError where the project has none."""
        self._needs_encoder("mixture")
        return self._outputs.mixture()

    def frame(self, pictures: Any, align: Choice = "auto", landmarks: Any = None) -> Any:
        """Return pictures as the encoder sees them, S×S pixels.

        Every other method does the same with `align` auto. Call this one to choose the way, or to look.

        Args:
            pictures: paths, Pillow's pictures, or arrays; one or several, as `photographs.to_pixels` takes them.
            align: auto, none, landmarks, detect or crop, as data.align (`photographs` says what each does).
            landmarks: 5×2 of one picture or N×5×2: x and y of the eyes, the nose and the corners of the mouth.
        """
        pixels = to_pixels(pictures, self.image_size, align, landmarks, find_detector(self._project))
        return as_given(pictures_of(pixels), is_one(pictures))

    def posterior(self, pictures: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and log variance of q(z|x), each float32 D of one picture, N×D of several."""
        self._needs_encoder("latents of pictures")
        mean, log_variance = encode(self._model, to_pixels(pictures, self.image_size))
        return as_given(mean, is_one(pictures)), as_given(log_variance, is_one(pictures))

    def encode(self, pictures: Any) -> np.ndarray:
        """Return the posterior means, which are the latents of pictures: float32 D of one picture, N×D of several."""
        return self.posterior(pictures)[0]

    def decode(self, latents: Any) -> Any:
        """Return the picture of a latent vector D, or the pictures of N×D."""
        z = self._checked(latents)
        return as_given(self._pictures(np.atleast_2d(z)), z.ndim == 1)

    def reconstruct(self, pictures: Any) -> Any:
        """Return what encoding and decoding keep of pictures."""
        return self.decode(self.encode(pictures))

    def edit(self, faces: Any, strengths: Mapping[str, Strengths] | None = None, **named: Strengths) -> Any:
        """Move faces along attribute vectors, z + Σ α v, and decode them.

        Args:
            faces: pictures or latents.
            strengths: attribute → α, or a sequence of α for a walk; 1 is the mean difference between faces with and
                without the attribute. Sequences have one length, and single numbers stand for each step.
            named: the same by keyword: `edit(face, Smiling=2, Male=-1)`.

        Returns:
            A picture for one face, a list for several; with sequences a list of the steps takes the picture's place.

        Raises:
            InputError: an attribute is unknown or has no vector, or a strength is no number or
                beyond a million.
        """
        z, one = self._latents(faces)
        moved, walk = edited(z, {**(strengths or {}), **named}, self.attribute_vectors)
        pictures = self._pictures(moved.reshape(-1, self.latent_dim))
        steps = len(pictures) // len(z)
        rows = [pictures[start:start + steps] for start in range(0, len(pictures), steps)]
        return as_given(rows if walk else [row[0] for row in rows], one)

    def interpolate(self, first: Any, second: Any, steps: int = 8) -> list[Image.Image]:
        """Return pictures on the straight line between two latents, both ends included.

        Args:
            first: one picture or latent vector.
            second: another.
            steps: number of pictures, at least 2.
        """
        if steps < 2:
            raise InputError(f"steps is {steps}; an interpolation has at least 2, its ends")
        ends = [self._latents(face) for face in (first, second)]
        if not all(one for _, one in ends):
            raise InputError("an interpolation is between one face and one other; give single pictures or latents")
        (a, _), (b, _) = ends
        t = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
        return self._pictures((1 - t) * a + t * b)

    def sample_latents(self, number: int, seed: int = 0, source: Source = "prior") -> np.ndarray:
        """Draw z, float32 N×D: from the prior N(0, I), or from the mixture of Gaussians fitted to latents.

        The same seed gives the same z in every variant of as many dimensions, by the prior. The first rows do not
        depend on the number.
        """
        if source not in get_args(Source):
            raise InputError(f"source is {source!r}; it must be one of {', '.join(get_args(Source))}")
        if number < 1 or seed < 0:
            raise InputError(f"number is {number} and seed is {seed}; give at least 1 face, and a seed of at least 0")
        if source == "prior":
            return sample_prior(number, self.latent_dim, seed)
        return sample_mixture(self.mixture, number, seed)

    def sample(self, number: int, seed: int = 0, source: Source = "prior") -> list[Image.Image]:
        """Return new faces, decoded from `sample_latents`."""
        return self._pictures(self.sample_latents(number, seed, source))

    def predict(self, faces: Any) -> Any:
        """Return attribute → decision value of its linear SVM on the latents, above 0 for yes.

        Args:
            faces: pictures or latents.

        Returns:
            A dict for one face, a list of dicts for several. An attribute that no training image is known for is
            left out.
        """
        svms = self.svms
        z, one = self._latents(faces)
        values = svms.svms.decide(z)
        rows = [{name: float(value) for name, value in zip(svms.names, row, strict=True) if np.isfinite(value)}
                for row in values]
        return as_given(rows, one)

    def _latents(self, faces: Any) -> tuple[np.ndarray, bool]:
        """Return the latents of pictures, or latents themselves, N×D; and whether one was given."""
        if isinstance(faces, np.ndarray) and faces.ndim in (1, 2):
            z = self._checked(faces)
            return np.atleast_2d(z), z.ndim == 1
        self._needs_encoder("latents of pictures")
        return np.atleast_2d(self.encode(faces)), is_one(faces)

    def _checked(self, latents: Any) -> np.ndarray:
        """Return latents as float32 D or N×D, or raise InputError."""
        z = np.asarray(latents)
        if z.dtype.kind not in "fiu" or z.ndim not in (1, 2) or z.shape[-1] != self.latent_dim or not len(z):
            raise InputError(f"latents of {self.name} are numbers of shape {self.latent_dim} or N×{self.latent_dim}, "
                             f"and these have shape {z.shape}")
        if not np.isfinite(z).all():
            raise InputError("some latents are not finite; no picture can be made of them")
        return np.ascontiguousarray(z, np.float32)

    def _pictures(self, z: np.ndarray) -> list[Image.Image]:
        """Decode float32 N×D."""
        return pictures_of(self._decode(np.ascontiguousarray(z, np.float32)))

    def _needs_encoder(self, what: str) -> None:
        """Raise InputError for a variant that has no encoder, and so no `what`."""
        if not self.has_encoder:
            raise InputError(f"{self.name} has no encoder, so it has no {what}; it can sample, and decode latents")
