"""Many small pictures as one: the page cuts each out of it."""

import base64
import io
import math
from typing import Any

import numpy as np
from PIL import Image

QUALITY = 82  # of WebP: a face of 64×64 pixels takes 1.5 kB
METHOD = 4


def sprite(pixels: np.ndarray, size: int) -> dict[str, Any]:
    """Return pictures as one, row by row.

    Args:
        pixels: uint8 F×3×S×S.
        size: of each in the sprite, in pixels; S at most is used.

    Returns:
        src: the sprite as a data URI, "" where there is no picture; columns: how many stand in a row; size: of each.
    """
    size = min(size, pixels.shape[-1])
    if len(pixels) == 0:
        return {"src": "", "columns": 1, "size": size}
    columns = math.ceil(math.sqrt(len(pixels)))
    sheet = Image.new("RGB", (columns * size, math.ceil(len(pixels) / columns) * size))
    for number, face in enumerate(pixels):
        picture = Image.fromarray(np.ascontiguousarray(face.transpose(1, 2, 0)))
        if picture.width != size:
            picture = picture.resize((size, size), Image.Resampling.LANCZOS)
        row, column = divmod(number, columns)
        sheet.paste(picture, (column * size, row * size))
    written = io.BytesIO()
    sheet.save(written, "WEBP", quality=QUALITY, method=METHOD)
    return {"src": f"data:image/webp;base64,{base64.b64encode(written.getvalue()).decode()}", "columns": columns,
            "size": size}
