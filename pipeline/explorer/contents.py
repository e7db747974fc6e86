"""What the page is made of, as plain data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.data.attributes import Attributes
from pipeline.explorer.networks import Network
from pipeline.latent_space.sampling import Mixture

MAIN_ATTRIBUTES = ("Bald", "Black_Hair", "Eyeglasses", "Male", "Smiling", "Mustache")  # the second paper's six


@dataclass(frozen=True)
class Frame:
    """Where the encoder expects a face: x and y in pixels of an S×S image, from its upper left corner."""

    left_eye: tuple[float, float]  # left as the viewer sees it
    right_eye: tuple[float, float]
    mouth: tuple[float, float]


@dataclass(frozen=True)
class ExploredVariant:
    """A trained variant in the page.

    Attributes:
        name: as in params.yaml, "dfc".
        label: as in figures, "VAE-123".
        latent_dim: D.
        encodes: whether the variant has an encoder.
        decoder: None where it cannot run in the page.
        encoder: of one variant only; None for the others.
        latents: float32 F×D, posterior means of the page's faces; None without an encoder.
        vectors: float32 A×D, one for each attribute of the page, NaN where there is none; None without an encoder.
        svms: float64 (D+1)×A, in units of raw means, the biases last, NaN where there is none; None without any.
        mixture: fitted to the latents; None without one.
        map: float F×2, the latents of the page's faces in the plane; None where it is not computed.
    """

    name: str
    label: str
    latent_dim: int
    encodes: bool
    decoder: Network | None = None
    encoder: Network | None = None
    latents: np.ndarray | None = None
    vectors: np.ndarray | None = None
    svms: np.ndarray | None = None
    mixture: Mixture | None = None
    map: np.ndarray | None = None


@dataclass(frozen=True)
class Explored:
    """Everything in the page.

    Attributes:
        title: the heading.
        image_size: S, in pixels.
        face_ids: str F, of the test faces to choose from.
        pixels: uint8 F×3×S×S, theirs.
        attributes: of the data set, known or not for these faces; the order of the columns of vectors and SVMs.
        variants: in the order in which they appear.
        notes: what is left out and why, a sentence each.
        frame: where the encoder expects a face; None where the data set's faces lie as they lay in their pictures.
    """

    title: str
    image_size: int
    face_ids: Sequence[str]
    pixels: np.ndarray
    attributes: Attributes
    variants: Sequence[ExploredVariant]
    notes: Sequence[str] = ()
    frame: Frame | None = None


def in_order(names: Sequence[str]) -> list[str]:
    """Return attributes in the page's order: the second paper's six, then the others by their names."""
    main = [name for name in MAIN_ATTRIBUTES if name in names]
    return [*main, *sorted(set(names) - set(main))]
