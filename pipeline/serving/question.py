"""What a server of a logged model is asked, and what its answer says."""

from pathlib import Path
from typing import Any

import numpy as np
import requests
from PIL import Image, ImageOps

from pipeline.data import picture, shards
from pipeline.errors import InputError

SECONDS = 120.0  # for an answer
STRONGEST = 5
HEAD = 6         # latents that are shown


def face_from_file(path: Path, size: int) -> np.ndarray:
    """Return a picture of any size as the model takes it: its middle square, float32 1×3×S×S in -1 … 1.

    The model was trained on faces of the view aligned, with the eyes and the mouth at fixed places.

    Raises:
        InputError: There is no such picture.
    """
    read = picture.read_picture(path.name, picture.read_file(path, "give the file of a photograph"), path.parent,
                                "give the file of a photograph")
    square = ImageOps.fit(read, (size, size), Image.Resampling.LANCZOS)
    return to_model(np.asarray(square).transpose(2, 0, 1)[None])


def test_face(folder: Path) -> np.ndarray:
    """Return the first test face of the view aligned as the model takes it, float32 1×3×S×S in -1 … 1."""
    return to_model(shards.first_pixels(folder, "aligned", "test", 1))


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
