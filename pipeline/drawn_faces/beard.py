"""Beards: stubble, full beard, goatee, moustache, sideburns."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from PIL import Image, ImageChops

from pipeline.data.celeba_layout import HEIGHT, WIDTH
from pipeline.drawn_faces.canvas import Canvas, Colour, faded, mix, region
from pipeline.drawn_faces.geometry import OUTLINE_DEPTH, curve
from pipeline.drawn_faces.person import Person


@cache
def _bristles() -> Image.Image:
    """Return short vertical hairs (L), larger than the picture, so that each person gets another part of it."""
    rng = np.random.default_rng(11)
    noise = rng.random((HEIGHT + 64, WIDTH + 64)).astype(np.float32)
    hairs = sum((np.roll(noise, (shift, shift // 2), (0, 1)) for shift in range(4)), start=np.float32(0)) / 4
    return Image.fromarray((255 * np.clip(0.5 + 1.5 * (hairs - 0.5), 0, 1)).astype(np.uint8))


def paint_beard(canvas: Canvas, who: Person, face: Image.Image) -> None:
    """Paint the beard, inside the mask of the face (L); No_Beard paints nothing."""
    on, s, pose = who.on, who.shape, who.pose
    left, top = (int(64 * c) for c in who.rng["beard"].random(2))
    if on["No_Beard"] and not any(on[name] for name in ("5_o_Clock_Shadow", "Goatee", "Mustache", "Sideburns")):
        return
    bristles = _bristles().crop((left, top, left + WIDTH, top + HEIGHT))
    thick = bristles.point([min(255, 130 + int(0.75 * value)) for value in range(256)])
    colour = mix(who.hair_colour, (40, 28, 24), 0.35)
    if on["Bald"] and on["Young"]:
        colour = mix(colour, (40, 28, 24), 0.5)
    grey_blue = mix(mix(who.skin_shadow, (46, 46, 56), 0.62), colour, 0.3)
    m, v, w = s.mouth_width, s.mouth_v, s.nose_width
    end = s.outline[-1, 1]
    lip, low = s.upper_lip, v + s.gap * 0.7 + s.lower_lip
    up = s.smile

    def grow(shapes: Sequence[tuple[np.ndarray, float | None, int]], paint: Colour, opacity: float, blur: float,
             texture: Image.Image = thick) -> None:
        polygons = [(curve(pose(points, depth), True), value) for points, depth, value in shapes]
        mask, box = region(polygons, blur)
        if mask is not None:
            canvas.through(faded(mask, 0.5 * opacity), box, paint, face)
            canvas.through(faded(ImageChops.multiply(mask, texture.crop(box)), opacity), box, paint, face)

    jaw = [(side * u, y) for side, points in ((-1, [(45, 8), (46, 30), (42, 52), (28, 68)]),) for u, y in points]
    jaw += [(0, end + 6)] + [(-u, y) for u, y in jaw[::-1]]
    cheek = [(38.5, 12), (35.5, 28), (27, 36), (m + 4, v - 4 - up), (w + 4, 31), (4, 29.5)]
    inner = cheek + [(-u, y) for u, y in cheek[::-1]]
    whole = [*jaw, *inner]
    mouth = [(-m - 0.5, v - up), (-0.5 * m, v - lip - 0.8), (0.5 * m, v - lip - 0.8), (m + 0.5, v - up),
             (0.55 * m, low + 0.5), (-0.55 * m, low + 0.5)]
    hole = (np.array(mouth), None, 0)
    kinds = [on[name] for name in ("5_o_Clock_Shadow", "Goatee", "Mustache", "Sideburns")]
    if on["5_o_Clock_Shadow"]:
        grow([(np.array(whole), OUTLINE_DEPTH + 8, 255), hole], grey_blue, 0.60, 1.6, bristles)
    elif any(kinds):
        grow([(np.array(whole), OUTLINE_DEPTH + 8, 255), hole], grey_blue, 0.24, 1.8, bristles)
    else:  # a full beard, trimmed
        grow([(np.array(whole), OUTLINE_DEPTH + 8, 255), hole], colour, 0.80, 1.2)
    if on["Goatee"]:
        ring = [(-m - 3.5, v - 2 - up), (-m - 5, v + 9), (-15, end - 2), (0, end + 5), (15, end - 2), (m + 5, v + 9),
                (m + 3.5, v - 2 - up), (m + 0.5, v + 3 - up), (8, low + 3.6), (0, low + 2.2), (-8, low + 3.6),
                (-m - 0.5, v + 3 - up)]
        grow([(np.array(ring), None, 255), hole], colour, 0.88, 0.6)
    if on["Mustache"]:
        top_edge = 0.5 * (s.nose_length + 4.2) + 0.5 * (v - lip - 4)
        brush = [(0, top_edge), (8, top_edge - 1.2), (m * 0.75, v - lip - 3 - 0.6 * up), (m + 3.2, v + 1 - 0.8 * up),
                 (m - 2, v - 0.6 * up), (m * 0.45, v - lip + 1.6 - 0.2 * up), (0, v - lip + 1.8)]
        grow([(np.array(brush + [(-u, y) for u, y in brush[:0:-1]]), 31.0, 255)], colour, 0.95, 0.5)
    if on["Sideburns"]:
        for side in (-1, 1):
            strip = np.array([(46, -16), (37, -16), (36.5, 6), (33.5, 29), (41, 36), (46, 10)]) * (side, 1)
            grow([(strip, OUTLINE_DEPTH + 4, 255)], colour, 0.92, 0.8)
