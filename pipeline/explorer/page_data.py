"""The page's contents as JSON and blobs. web/client.js reads them; its first comment says what the page's code gets."""

import json
from typing import Any

import numpy as np

from pipeline.explorer.blobs import Blobs
from pipeline.explorer.contents import MAIN_ATTRIBUTES, Explored, ExploredVariant, in_order
from pipeline.explorer.networks import Network
from pipeline.explorer.sprites import sprite
from pipeline.latent_space.sampling import Mixture
from pipeline.vocabulary import readable

THUMBNAIL = 32  # pixels of a face on the map
YES, NO, UNKNOWN = "1", "0", "?"  # of a label


def page_data(explored: Explored) -> tuple[str, list[str]]:
    """Return what the page holds: JSON that is safe inside a script element, and blobs as base64."""
    blobs = Blobs()
    names = in_order(explored.attributes.names)
    order = [explored.attributes.index(name) for name in names]
    data = {
        "title": explored.title, "imageSize": explored.image_size, "notes": list(explored.notes),
        "attributes": [{"name": name, "label": readable(name), "main": name in MAIN_ATTRIBUTES} for name in names],
        "faces": [{"id": str(face), "labels": labels} for face, labels in zip(
            explored.face_ids, labels_in_short(explored, order), strict=True)],
        "thumbnails": sprite(explored.pixels, THUMBNAIL),
        "originals": sprite(explored.pixels, explored.image_size),
        "frame": None if explored.frame is None else {
            "leftEye": explored.frame.left_eye, "rightEye": explored.frame.right_eye, "mouth": explored.frame.mouth},
        "variants": [variant_data(variant, order, blobs) for variant in explored.variants],
    }
    return safe_json(data), blobs.as_base64()


def safe_json(data: object) -> str:
    """Return JSON that no HTML parser takes for markup, whatever texts are in it."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def labels_in_short(explored: Explored, order: list[int]) -> list[str]:
    """Return for each face a text with a character for each attribute of the page: "1", "0", or "?" if unknown."""
    values, known = explored.attributes.values[:, order], explored.attributes.known[:, order]
    characters = np.where(known, np.where(values, YES, NO), UNKNOWN)
    return ["".join(row) for row in characters.tolist()]


def variant_data(variant: ExploredVariant, order: list[int], blobs: Blobs) -> dict[str, Any]:
    """Return a variant as JSON, and add its arrays to the blobs. order: of the page's attributes, by their columns."""
    decoder, encoder = network_data(variant.decoder, blobs), network_data(variant.encoder, blobs)
    blobs.begin()
    vectors = None if variant.vectors is None else variant.vectors[order].astype(np.float16)
    svms = None if variant.svms is None else variant.svms[:, order].astype(np.float32)
    return {
        "name": variant.name, "label": variant.label, "latentDim": variant.latent_dim, "hasEncoder": variant.encodes,
        "canDecode": decoder is not None, "canEncode": encoder is not None, "decoder": decoder, "encoder": encoder,
        "latents": blobs.add(None if variant.latents is None else variant.latents.astype(np.float16)),
        "vectors": blobs.add(vectors), "svms": blobs.add(svms),
        "mixture": mixture_data(variant.mixture, blobs),
        "map": blobs.add(None if variant.map is None else on_unit_square(variant.map)),
    }


def network_data(network: Network | None, blobs: Blobs) -> dict[str, Any] | None:
    """Return a network as JSON, and add its weights to a blob of their own."""
    if network is None:
        return None
    blobs.begin()
    layers = []
    for layer, weight, bias in zip(network.layers, network.parameters[::2], network.parameters[1::2], strict=True):
        layers.append({
            "kind": layer.kind, "before": layer.before, "after": layer.after, "stride": layer.stride,
            "padding": layer.padding, "edges": layer.edges, "activation": layer.activation.name,
            "slope": layer.activation.slope, "weight": blobs.add(weight), "bias": blobs.add(bias)})
    return {"layers": layers, "difference": network.difference}


def mixture_data(mixture: Mixture | None, blobs: Blobs) -> dict[str, Any] | None:
    """Return a mixture as JSON: weights and means, and of each Cholesky factor the rows up to the diagonal."""
    if mixture is None:
        return None
    lower = np.tril_indices(mixture.means.shape[1])
    factors = np.stack([np.linalg.cholesky(covariance)[lower] for covariance in mixture.covariances])
    return {"weights": mixture.weights.tolist(), "means": blobs.add(mixture.means.astype(np.float16)),
            "cholesky": blobs.add(factors.astype(np.float16))}


def on_unit_square(points: np.ndarray) -> np.ndarray:
    """Return points of a plane, float F×2, in 0 … 1 with their proportions kept, as float16."""
    low, extent = points.min(axis=0), np.ptp(points, axis=0).max()
    middle = (1 - np.ptp(points, axis=0) / max(extent, 1e-12)) / 2
    return ((points - low) / max(extent, 1e-12) + middle).astype(np.float16)
