"""A trained variant as the figures need it."""

from typing import NamedTuple

from pipeline.figures.choice import Decode
from pipeline.figures.reconstructions import Reconstruct
from pipeline.latent_space.sampling import Mixture


class DrawnModel(NamedTuple):
    """A trained variant: its label, and functions that make images."""

    label: str
    latent_dim: int
    decode: Decode
    reconstruct: Reconstruct | None  # None without an encoder
    mixture: Mixture | None  # fitted to its latent vectors; None without one
