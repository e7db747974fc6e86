"""Pictures that come out of a variant: arrays as pictures of Pillow's, and several side by side as one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

GAP = 2  # pixels of white between two pictures, times the zoom


def pictures_of(pixels: "np.ndarray") -> "list[Image.Image]":
    """Return uint8 N×3×S×S as N pictures, RGB, S×S pixels."""
    from PIL import Image

    return [Image.fromarray(image.copy()) for image in pixels.transpose(0, 2, 3, 1)]


def sheet_size(side: tuple[int, int], number: int, columns: int, zoom: int) -> tuple[int, int]:
    """Return width and height of the sheet of `number` pictures, in pixels; `side` is the size of each."""
    columns, rows = min(columns, number), -(-number // min(columns, number))
    return columns * zoom * (side[0] + GAP) - zoom * GAP, rows * zoom * (side[1] + GAP) - zoom * GAP


def sheet(pictures: "Sequence[Image.Image]", columns: int | None = None, zoom: int = 1) -> "Image.Image":
    """Put pictures side by side on white, row after row.

    Args:
        pictures: RGB, all of one size.
        columns: pictures in a row; None for all in one row.
        zoom: whole factor by which each is enlarged (bicubic).

    Returns:
        An RGB picture.

    Raises:
        InputError: there is no picture, their sizes differ, or a number is below 1.
    """
    from PIL import Image

    if not pictures or len({picture.size for picture in pictures}) > 1:
        raise InputError("a sheet needs at least one picture, and all of one size")
    columns = len(pictures) if columns is None else columns
    if columns < 1 or zoom < 1:
        raise InputError(f"columns is {columns} and zoom is {zoom}; both must be at least 1")
    width, height, gap = pictures[0].width * zoom, pictures[0].height * zoom, GAP * zoom
    columns = min(columns, len(pictures))
    whole = Image.new("RGB", sheet_size(pictures[0].size, len(pictures), columns, zoom), "white")
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        large = picture if zoom == 1 else picture.resize((width, height), Image.Resampling.BICUBIC)
        whole.paste(large, (column * (width + gap), row * (height + gap)))
    return whole
