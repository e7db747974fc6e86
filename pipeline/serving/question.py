"""What a server of a logged model is asked, and what its answer says."""

from pathlib import Path
from typing import Any

import numpy as np
import requests
from PIL import Image

from pipeline.data import shards
from pipeline.data.framing import Choice
from pipeline.errors import InputError
from pipeline.inference.photographs import to_pixels

SECONDS = 120.0  # for an answer
STRONGEST = 5
HEAD = 6         # latents that are shown


def face_from_file(path: Path, size: int, align: Choice = "auto", detector: Path | None = None) -> np.ndarray:
    """Return a photograph as the model takes it: cut as the view aligned, float32 1×3×S×S in -1 … 1.

    Args:
        path: Of the photograph.
        size: S.
        align: How the face comes to where the encoder expects it (`pipeline.inference.photographs`).
        detector: The detector's weights, for detect.

    Raises:
        InputError: There is no such picture, or it cannot be aligned so.
    """
    return to_model(to_pixels(path, size, align, detector=detector))


def test_face(folder: Path, size: int) -> np.ndarray:
    """Return the first test face of the view aligned as the model takes it, float32 1×3×S×S in -1 … 1.

    Raises:
        InputError: There are no shards, or their images have another size than S.
    """
    if not (folder / shards.manifest_name("aligned")).is_file():
        raise InputError(f"{folder} has no faces that could be sent; give a photograph: FACE=face.jpg")
    pixels = shards.first_pixels(folder, "aligned", "test", 1)
    if pixels.shape[-1] != size:
        raise InputError(f"the model takes {size}×{size} pixels, but the images in {folder} have "
                         f"{pixels.shape[-1]}×{pixels.shape[-1]}; give a photograph: FACE=face.jpg")
    return to_model(pixels)


def to_model(pixels: np.ndarray) -> np.ndarray:
    """Return uint8 0 … 255 as float32 in -1 … 1."""
    return pixels.astype(np.float32) / 127.5 - 1


def to_picture(image: np.ndarray) -> Image.Image:
    """Return an image 3×S×S in -1 … 1 as a picture."""
    pixels = np.clip(np.rint((image + 1) * 127.5), 0, 255).astype(np.uint8)
    return Image.fromarray(pixels.transpose(1, 2, 0))


def ask(url: str, given: np.ndarray) -> dict[str, Any]:
    """Return what the server answers to images or latents: arrays by name.

    Raises:
        InputError: It refuses, or does not answer.
    """
    try:
        response = requests.post(f"{url}/invocations", json={"inputs": given.tolist()}, timeout=SECONDS)
    except requests.RequestException as error:
        raise InputError(f"the server at {url} does not answer ({type(error).__name__}); ask it again") from error
    if not response.ok:
        raise InputError(f"the server at {url} refuses: {response.text.splitlines()[0][:300]}")
    return {name: np.array(values) for name, values in response.json()["predictions"].items()}


def in_words(answer: dict[str, Any]) -> list[str]:
    """Return lines on the first face of an answer: its latents' head, and the attributes with the largest scores."""
    lines = []
    if "latents" in answer:
        latents = answer["latents"][0]
        lines.append(f"latents: {len(latents)}, the first are {', '.join(f'{z:.3f}' for z in latents[:HEAD])}")
    if "attribute_scores" in answer:
        scores = answer["attribute_scores"][0]
        named = ", ".join(f"{answer['attribute_names'][column]} {scores[column]:+.2f}"
                          for column in np.argsort(-scores)[:STRONGEST])
        lines.append(f"attributes with the largest scores (yes above 0): {named}")
    return lines
