"""The same test faces, and samples of the same z, by every experiment."""

import base64
import io
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from pipeline import paths
from pipeline.comparison.cache import Cache, how_to_get
from pipeline.comparison.comparable import Comparable
from pipeline.comparison.experiment import Experiment
from pipeline.data import shards
from pipeline.errors import InputError
from pipeline.latent_space.sampling import sample_prior
from pipeline.models.numpy_functions import decode_function, reconstruct_function
from pipeline.models.weights_file import load_trained

ALIGNED = "aligned"  # the view that is trained on
FACES = 10  # of a row


class Strip(NamedTuple):
    """One row of images.

    Attributes:
        places: Of the experiments that made it, all of them with the very same weights.
        picture: As data URI, the images side by side; "" where there is none.
        apart: By how many of 255 levels its pixels differ from the first strip's, on average; None for the first.
        note: Why there is no picture; else "".
    """

    places: tuple[int, ...]
    picture: str
    apart: float | None = None
    note: str = ""


@dataclass
class Reconstructions:
    """Test faces, and what the encoders and decoders of one variant make of them.

    Attributes:
        places: Of the experiments that share these faces.
        photographs: The faces, as data URI; "" where they are not in the cache.
        strips: Of these experiments.
        note: Why there are no faces; else "".
    """

    places: list[int]
    photographs: str
    strips: list[Strip] = field(default_factory=list)
    note: str = ""


@dataclass
class VariantFaces:
    """All images of one variant.

    Attributes:
        variant: Its name.
        is_same: Whether all experiments that have it have the very same weights.
        reconstructions: One for each set of test faces; empty without an encoder.
        samples: A strip for each set of weights, all of the same z.
        note: What to know of the samples; else "".
    """

    variant: str
    is_same: bool
    reconstructions: list[Reconstructions]
    samples: list[Strip]
    note: str = ""


class Made(NamedTuple):
    """What one set of weights makes.

    Attributes:
        places: Of the experiments that have these weights.
        samples: uint8 N×3×S×S; None where the weights are not in the cache.
        reconstructions: MD5 of faces → theirs, uint8 N×3×S×S.
        encodes: Whether there is an encoder; True where the weights are not in the cache.
        latent_dim: Of z; 0 where the weights are not in the cache.
        note: Why it makes nothing; else "".
    """

    places: list[int]
    samples: np.ndarray | None
    reconstructions: Mapping[str, np.ndarray]
    encodes: bool = True
    latent_dim: int = 0
    note: str = ""


def variant_faces(variant: str, comparable: Comparable, faces: Mapping[str, np.ndarray | None],
                  seed: int) -> VariantFaces:
    """Draw the images of one variant by every experiment that has it. Equal weights are drawn once.

    Args:
        variant: Its name.
        comparable: The experiments, and the cache that has their weights.
        faces: MD5 of the aligned faces → those shown, uint8 N×3×S×S; None where they are not in the cache.
        seed: Of z.

    Raises:
        InputError: This code cannot load the weights.
    """
    experiments, groups = comparable.experiments, comparable.face_groups()
    sharing: dict[str, list[int]] = {}  # MD5 of weights → the experiments that have them
    for place, experiment in enumerate(experiments):
        if md5 := experiment.weights(variant):
            sharing.setdefault(md5, []).append(place)
    made = []
    for md5, places in sharing.items():
        own = {group: shown for group, of_group in groups.items() for shown in [faces[group]]
               if shown is not None and set(of_group) & set(places)}
        made.append(make_images(md5, places, experiments[places[0]], variant, comparable.cache, own, seed))
    reconstructions = []
    if any(one.encodes for one in made):
        reconstructions = [of_group(made, places, group, faces[group], experiments)
                           for group, places in groups.items()]
    is_one_z = len({one.latent_dim for one in made if one.latent_dim}) < 2
    note = "" if is_one_z else "The latent spaces have different numbers of dimensions, so these are not the same z."
    samples = strips([(one.places, one.samples, one.note) for one in made], is_one_z)
    is_same = len(sharing) == 1 and len(made[0].places) == len(experiments)
    return VariantFaces(variant, is_same, reconstructions, samples, note)


def of_group(made: Sequence[Made], places: list[int], group: str, shown: np.ndarray | None,
             experiments: Sequence[Experiment]) -> Reconstructions:
    """Return the reconstructions of one set of faces, by the experiments that share it.

    Args:
        made: By each set of weights.
        places: Of the experiments that share these faces.
        group: MD5 of the faces.
        shown: The faces; None where they are not in the cache.
        experiments: All of them.
    """
    if shown is None:
        return Reconstructions(places, "", note=how_to_get(experiments[places[0]], paths.SHARDS))
    rows = [([place for place in one.places if place in places], one.reconstructions.get(group),
             one.note or ("" if one.encodes else "It has no encoder.")) for one in made]
    return Reconstructions(places, strip(shown), strips([row for row in rows if row[0]]))


def make_images(md5: str, places: list[int], experiment: Experiment, variant: str, cache: Cache,
                faces: Mapping[str, np.ndarray], seed: int) -> Made:
    """Decode samples, and the reconstructions of faces, by one set of weights, on the CPU.

    Raises:
        InputError: This code cannot load the weights.
    """
    weights = paths.weights(variant)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if not cache.link(md5, folder):
            return Made(places, None, {}, note=how_to_get(experiment, weights.parent))
        try:
            model, configuration = load_trained(folder / weights.name)
        except InputError as error:
            what = str(error).replace(str(folder / weights.name), f"{weights} of {experiment.name}")
            raise InputError(f"{what}, or leave {variant} out: --variant names those to compare") from None
        z = sample_prior(FACES, configuration.model.latent_dim, seed)
        size = configuration.image_size
        reconstructed = {group: reconstruct_function(model)(shown) for group, shown in faces.items()
                         if shown.shape[-1] == size} if configuration.encodes else {}
        return Made(places, decode_function(model)(z), reconstructed, configuration.encodes, z.shape[1])


def strips(rows: Sequence[tuple[Sequence[int], np.ndarray | None, str]], compare: bool = True) -> list[Strip]:
    """Return the rows of one variant, and how far each is from the first one.

    Args:
        rows: Places of the experiments, the images, and why there are none.
        compare: Whether images of one column belong together.
    """
    drawn: list[Strip] = []
    first: np.ndarray | None = None
    for places, pixels, note in rows:
        if pixels is None:
            drawn.append(Strip(tuple(places), "", None, note))
            continue
        apart = None
        if first is not None and compare and first.shape == pixels.shape:
            apart = float(np.abs(pixels.astype(np.int16) - first).mean())
        first = pixels.astype(np.int16) if first is None else first
        drawn.append(Strip(tuple(places), strip(pixels), apart))
    return drawn


def shown_faces(comparable: Comparable, seed: int) -> dict[str, np.ndarray | None]:
    """Return MD5 of the aligned faces → the test faces that are shown, those of Figure 4; None if not in the cache."""
    shown: dict[str, np.ndarray | None] = {}
    for group, places in comparable.face_groups().items():
        of_all_views = comparable.experiments[places[0]].output("prepare", paths.SHARDS)
        with tempfile.TemporaryDirectory() as temporary:
            root = Path(temporary)
            if comparable.cache.link(of_all_views, root, below=f"view={ALIGNED}/"):
                count: int = shards.manifest(root, ALIGNED)["images"]["test"]
                rows = np.random.default_rng(seed).choice(count, min(FACES, count), replace=False)
                shown[group] = shards.pixels_at(root, ALIGNED, "test", np.sort(rows))
            else:
                shown[group] = None
    return shown


def strip(images: np.ndarray) -> str:
    """Return images, uint8 N×3×S×S, side by side as a data URI."""
    count, _, side, _ = images.shape
    row = images.transpose(2, 0, 3, 1).reshape(side, count * side, 3)
    content = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(row)).save(content, "WEBP", lossless=True)  # differences may be small
    return f"data:image/webp;base64,{base64.b64encode(content.getvalue()).decode()}"
