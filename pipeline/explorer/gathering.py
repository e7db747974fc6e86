"""Read what the page holds from the plan and from the outputs of earlier stages."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from pipeline import paths
from pipeline.config.plans import EvaluatePlan, ReportPlan, read_plan
from pipeline.config.variant import Variant
from pipeline.data import shards
from pipeline.data.attributes import Attributes
from pipeline.data.celeba_layout import POINTS, TEMPLATE
from pipeline.data.pixels import to_network
from pipeline.data.views.aligned import ALIGNED_BOX
from pipeline.errors import InputError
from pipeline.evaluation.svm_file import read_svms
from pipeline.explorer.contents import Explored, ExploredVariant, Frame
from pipeline.explorer.layers import UnknownLayer
from pipeline.explorer.networks import Network, read_decoder, read_encoder
from pipeline.latent_space.attribute_vectors import read_attribute_vectors
from pipeline.latent_space.embedding import embed
from pipeline.latent_space.latents import read_latents
from pipeline.latent_space.sampling import read_mixture, sample_prior
from pipeline.models.interface import Model
from pipeline.models.weights_file import load_model

TITLE = "Faces to explore"
VIEW = "aligned"
FACES = 300  # test faces at most
TRIED = 8  # samples, and as many faces, on which the page's networks are compared with the models
PHOTOGRAPHER = "dfc"  # whose encoder is in the page, if it can run there


class Faces(NamedTuple):
    """The F faces of the page."""

    ids: np.ndarray  # str F
    pixels: np.ndarray  # uint8 F×3×S×S
    attributes: Attributes  # of F images


def gather(plan: ReportPlan, variants: Sequence[Variant]) -> Explored:
    """Return what the page holds.

    Args:
        plan: of the report: its seed chooses the faces, and its mosaic_variant is the one whose map is computed.
        variants: all of the plan, in the order in which they appear.
    """
    faces, manifest = read_faces(plan.seed), shards.manifest(paths.SHARDS, VIEW)
    notes = [] if len(faces.ids) else ["There are no faces to choose from: the data set has no test images."]
    if not faces.attributes.names:
        notes.append("There are no attributes to change: the data set has none.")
    photographer = whose_encoder(variants)
    explored = []
    for variant in variants:
        of_variant, more = explore(variant, faces, plan.seed, encoder=variant.name == photographer,
                                   mapped=variant.name == plan.mosaic_variant)
        explored.append(of_variant)
        notes += more
    frame = None if manifest.get("align", "none") == "crop" else frame_of(manifest["image_size"])
    if frame is None:
        notes.append("A photograph of your own cannot be put in place by three clicks: the faces of this data set lie "
                     "as they lay in their pictures (data.align is crop).")
    return Explored(TITLE, manifest["image_size"], faces.ids.tolist(), faces.pixels, faces.attributes, explored, notes,
                    frame)


def read_faces(seed: int) -> Faces:
    """Return at most FACES test faces, chosen at random and in random order, the same for the same seed."""
    ids, _, attributes = shards.load_attributes(paths.SHARDS, ["test"], VIEW)
    rows = np.random.default_rng(seed).permutation(len(ids))[:FACES]
    return Faces(ids[rows], shards.pixels_at(paths.SHARDS, VIEW, "test", rows), attributes.of_rows(rows))


def whose_encoder(variants: Sequence[Variant]) -> str:
    """Return the variant whose encoder is in the page: PHOTOGRAPHER, or the first with an encoder; "" without any."""
    names = [variant.name for variant in variants if variant.encodes]
    return PHOTOGRAPHER if PHOTOGRAPHER in names else next(iter(names), "")


def frame_of(size: int) -> Frame:
    """Return where the eyes and the mouth of CelebA's TEMPLATE lie in the view aligned of size×size pixels."""
    left, top, right, _ = ALIGNED_BOX
    points = dict(zip(POINTS, ((TEMPLATE - (left, top)) * size / (right - left)).tolist(), strict=True))
    mouth = np.mean([points["leftmouth"], points["rightmouth"]], axis=0)
    return Frame(tuple(points["lefteye"]), tuple(points["righteye"]), (float(mouth[0]), float(mouth[1])))


def explore(variant: Variant, faces: Faces, seed: int, encoder: bool, mapped: bool
            ) -> tuple[ExploredVariant, list[str]]:
    """Return a variant as the page has it, and sentences on what of it is left out.

    Args:
        variant: its configuration.
        faces: of the page.
        seed: of the samples that are tried, and of the map.
        encoder: whether the page gets its encoder.
        mapped: whether its map is computed.
    """
    model, notes, name = load_model(paths.weights(variant.name), variant), [], variant.name
    latents = latents_of(name, faces.ids) if variant.encodes else None
    tried = sample_prior(TRIED, variant.model.latent_dim, seed)
    if latents is not None:
        tried = np.concatenate([tried, latents[:TRIED]])
    networks: dict[str, Network | None] = {"decoder": None, "encoder": None}
    try:
        networks["decoder"] = read_decoder(model, tried)
    except UnknownLayer as unknown:
        notes.append(f"The faces of {variant.label} are left out: its model has {unknown}.")
    if encoder:
        try:
            networks["encoder"] = read_encoder(model, tried_images(model, tried, faces))
        except UnknownLayer as unknown:
            notes.append(f"Photographs of your own are left out: the model of {variant.label}, whose encoder would "
                         f"take them, has {unknown}.")
    names = faces.attributes.names
    return ExploredVariant(
        name, variant.label, variant.model.latent_dim, variant.encodes, **networks, latents=latents,
        vectors=vectors_of(name, names) if variant.encodes and names else None,
        svms=svms_of(name, names, variant.model.latent_dim) if variant.encodes and names else None,
        mixture=read_mixture(paths.mixture(name)) if paths.mixture(name).is_file() else None,
        map=embed(latents, seed) if mapped and latents is not None and len(latents) else None), notes


def tried_images(model: Model, z: np.ndarray, faces: Faces) -> np.ndarray:
    """Return images on which an encoder is tried: faces of the page, or the model's own where there are none."""
    if len(faces.pixels):
        return to_network(torch.from_numpy(faces.pixels[:TRIED])).numpy()
    with torch.no_grad():
        return model.decode(torch.from_numpy(z)).clamp(-1, 1).numpy()


def latents_of(variant: str, ids: np.ndarray) -> np.ndarray:
    """Return the posterior means of the page's faces, float32 F×D; raise InputError where one has none."""
    latents = read_latents(paths.latents(variant), ["test"])
    rows = {image_id: row for row, image_id in enumerate(latents.image_ids)}
    if missing := [image_id for image_id in ids if image_id not in rows]:
        raise InputError(f"{paths.latents(variant)} has no latents of the test image {missing[0]}; run `dvc repro`")
    return latents.mu[[rows[image_id] for image_id in ids]]


def vectors_of(variant: str, names: Sequence[str]) -> np.ndarray:
    """Return a variant's attribute vectors, float32 A×D, with NaN for attributes that have none."""
    vectors = read_attribute_vectors(paths.attribute_vectors(variant))
    missing = np.full(vectors.vectors.shape[1], np.nan, np.float32)
    return np.stack([vectors.of(name) if name in vectors.names else missing for name in names])


def svms_of(variant: str, names: Sequence[str], latent_dim: int) -> np.ndarray | None:
    """Return a variant's SVMs on the view aligned alone, (D+1)×A with NaN for attributes without one; None without any.

    The stage evaluate writes those of evaluate.view_sets, which may have no such set.
    """
    sets = read_plan(EvaluatePlan).view_sets
    files = [paths.svm_weights(paths.EVALUATION / variant, name) for name, views in sets.items()
             if list(views) == [VIEW]]
    if not any(map(Path.is_file, files)):
        return None
    found = read_svms(files[0])
    if len(found.svms.weights) != latent_dim + 1:
        return None
    missing = np.full(latent_dim + 1, np.nan)
    return np.stack([found.svms.weights[:, found.names.index(name)] if name in found.names else missing
                     for name in names], axis=1)
