"""The grid of small images that the figures share, with labels at its rows and columns."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.figures import style

GAP = 2  # pixels between images, times the scale
LABEL_SHARE = 0.2  # of the images' width: the row labels take this much at most


def image_grid(images: np.ndarray, columns: int, path: str | Path, row_labels: Sequence[str] | None = None,
               column_labels: Sequence[str] | None = None, scale: int = 2, rows_per_label: int = 1) -> None:
    """Write images, left to right and top to bottom, as one PNG.

    Args:
        images: uint8 N×3×S×S in 0 … 255; a last row that is not full ends in white.
        columns: images per row.
        path: of the PNG file.
        row_labels: one for every `rows_per_label` rows, at their left; long ones are broken into lines.
        column_labels: one for each column, above it.
        scale: whole factor by which images are enlarged (bicubic), so that the labels beside them are legible.
        rows_per_label: rows that share a label; they stand together, with a wider gap to the next ones.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[1] != 3 or images.dtype != np.uint8 or len(images) == 0:
        raise ValueError(f"need images uint8 N×3×S×S, got {images.dtype} {images.shape}")
    rows = -(-len(images) // columns)
    if row_labels is not None and len(row_labels) != -(-rows // rows_per_label):
        raise ValueError(f"{len(row_labels)} row labels for {rows} rows, {rows_per_label} per label")
    if column_labels is not None and len(column_labels) != columns:
        raise ValueError(f"{len(column_labels)} column labels for {columns} columns")

    side, gap = images.shape[-1] * scale, GAP * scale
    images_width = columns * (side + gap) - gap
    font = style.font(font_size(images_width * (1 + LABEL_SHARE * bool(row_labels))))
    line = sum(font.getmetrics())
    labels = [wrap(label, font, int(LABEL_SHARE * images_width)) for label in row_labels or ()]
    margin, space = font.size, font.size // 2
    left = margin + (max(round(font.getlength(text)) for lines in labels for text in lines) + space if labels else 0)
    top = margin + (line + space // 2 if column_labels else 0)

    # A labelled group is at least as high as its label, so that two labels never touch.
    group_gap = 3 * gap if rows_per_label > 1 else gap
    group_height = rows_per_label * (side + gap) - gap
    heights = [max(group_height, len(lines) * line) for lines in labels] or [group_height] * -(-rows // rows_per_label)
    tops = [top + sum(heights[:g]) + g * group_gap for g in range(len(heights))]
    last_rows = rows - (len(heights) - 1) * rows_per_label
    bottom = tops[-1] + max(last_rows * (side + gap) - gap, len(labels[-1]) * line if labels else 0)

    sheet = Image.new("RGB", (left + images_width + margin, bottom + margin), "white")
    draw = ImageDraw.Draw(sheet)
    for column, label in enumerate(column_labels or ()):
        draw.text((left + column * (side + gap) + side / 2, margin), label, style.TEXT, font, anchor="ma")
    for group, lines in enumerate(labels):
        height = bottom - tops[group] if group == len(labels) - 1 else heights[group]
        y = tops[group] + (height - len(lines) * line) / 2
        for number, text in enumerate(lines):
            draw.text((left - space, y + number * line), text, style.TEXT, font, anchor="ra")
    for i, pixels in enumerate(images):
        row, column = divmod(i, columns)
        group, row = divmod(row, rows_per_label)
        image = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))
        if scale != 1:
            image = image.resize((side, side), Image.Resampling.BICUBIC)
        sheet.paste(image, (left + column * (side + gap), tops[group] + row * (side + gap)))
    style.write_image(sheet, path)


def font_size(width: float) -> int:
    """Return the font size for a picture of this width in pixels: FONT_SIZE once it is scaled to the shared WIDTH."""
    return max(10, round(style.FONT_SIZE * width / style.WIDTH))


def wrap(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """Return a text broken at its spaces into lines of at most `width` pixels; a longer word has a line of its own."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
