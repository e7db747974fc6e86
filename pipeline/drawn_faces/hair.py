"""Hair on the head: the mass behind, the mass in front with its hairline, and the strands in both."""

from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from pipeline.data.celeba_layout import HEIGHT, WIDTH
from pipeline.drawn_faces.canvas import Box, Canvas, faded, full, region, shaded, whole_colour
from pipeline.drawn_faces.geometry import OUTLINE_DEPTH, curve, ellipse, ribbon
from pipeline.drawn_faces.haircut import BOB, LONG, SHORT, TIED, Style, fringe, haircut, opening, outer_contour
from pipeline.drawn_faces.head import face_plane
from pipeline.drawn_faces.person import Person


@cache
def _noise() -> np.ndarray:
    """Return a smooth periodic random line, float32 (4096), about -1 … 1: the brightness across strands."""
    rng = np.random.default_rng(7)
    total = np.zeros(4096)
    for period, weight in ((256, 0.5), (64, 0.7), (24, 0.8), (8, 0.5)):
        knots = rng.uniform(-1, 1, 4096 // period)
        total += weight * np.interp(np.arange(4096) / period, np.arange(len(knots) + 1), np.append(knots, knots[0]))
    return (total / np.abs(total).max()).astype(np.float32)


def _strands(who: Person, style: Style, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the brightness of the hair at (u, v), about 0 … 1, and its finest strands, about -1 … 1; float32."""
    noise, seed = _noise(), style.seed
    if style.cut in (SHORT, TIED):
        centre = 0 if style.cut == TIED else style.part * 1.6
        low = 34.0 if style.cut == TIED else 16.0
        across = np.arctan2(u - np.float32(centre), np.float32(low) - v) * 62
        along = np.hypot(u - np.float32(centre), v - np.float32(low))
    else:
        spread = np.float32(0.14) + np.float32(0.92) * np.sqrt(np.clip(1 - ((v + 4) / 74) ** 2, 0, 1))
        spread = np.where(v > -4, np.float32(1.06), spread)
        across = (u - np.float32(style.part * 0.8)) / spread
        across += np.where(across > 0, np.float32(40), np.float32(0))  # the two sides differ
        along = v
    if style.wave:
        pitch = 3.0 if style.cut == SHORT else 5.2
        phase = noise[(across * 2 + 900).astype(np.int32) & 4095] * 3
        swing = style.wave * (2.0 if style.cut == SHORT else 3.8)
        across = across + np.float32(swing) * np.sin(along / np.float32(pitch) + phase)
    start = 4096 * seed[15]
    coarse = noise[(across * 2.2 + np.float32(start)).astype(np.int32) & 4095]
    fine = noise[(across * 7 + along * 0.25 + np.float32(start) + 1000).astype(np.int32) & 4095]
    light = 0.44 + 0.16 * coarse + 0.15 * fine
    # Gloss is a band around the crown, broken by the strands.
    crown = np.hypot(u * 0.8 - np.float32(14 * who.light[0]), v + 12)
    light += np.float32(0.22) * np.exp(-(((crown - 47) / 8.5) ** 2)) * (1 + 1.4 * fine)
    light += np.float32(0.14) * np.float32(who.light[0]) * u / 50
    return light, fine


class Hair(NamedTuple):
    """What the painting of front and back shares."""

    style: Style
    box: Box  # the part of the picture that the hair may reach
    light: np.ndarray  # of the box, about 0 … 1
    fine: np.ndarray  # of the box: single strands, about -1 … 1
    outer: np.ndarray  # the contour in face units, N×2


def comb(who: Person) -> Hair:
    """Choose the style and lay the strands."""
    style = haircut(who)
    outer = outer_contour(who, style)
    low, high = outer.min(0), outer.max(0)
    corners = who.pose([low, high, (low[0], high[1]), (high[0], low[1])], OUTLINE_DEPTH)
    # Bun and tail reach beyond the contour.
    (left, top), (right, bottom) = corners.min(0) - (14, 24), corners.max(0) + (14, 8)
    if style.cut == TIED:
        bottom = HEIGHT
    box = (max(0, int(left)), max(0, int(top)), min(WIDTH, int(right)), min(HEIGHT, int(bottom)))
    return Hair(style, box, *_strands(who, style, *face_plane(who, box)), outer)


def _lay(canvas: Canvas, hair: Hair, polygon: np.ndarray, table: np.ndarray, darker: float) -> None:
    mask, box = region([(polygon, 255)], 0.4)
    if mask is None:
        return
    left, top, right, bottom = hair.box
    mask = mask.crop((left - box[0], top - box[1], right - box[0], bottom - box[1]))
    canvas.through(mask, hair.box, shaded(hair.light - np.float32(darker), table))


def paint_back(canvas: Canvas, who: Person, hair: Hair) -> None:
    """Paint the hair behind neck and face."""
    style = hair.style
    if who.on["Bald"]:
        return
    if style.cut in (BOB, LONG):
        outline = who.pose(hair.outer, OUTLINE_DEPTH - 6)
        _lay(canvas, hair, outline, who.hair, 0.17)
    elif style.cut == TIED and style.seed[16] < 0.5 and not who.on["Wearing_Hat"]:
        x, y = who.pose([(style.part * 0.5, -78)], -18)[0]
        bun = curve(ellipse(x, y, 17 * who.pose.scale, 13 * who.pose.scale, points=12), True)
        _lay(canvas, hair, bun, who.hair, 0.06)
    elif style.cut == TIED:
        side = 1 if style.seed[16] < 0.75 else -1
        tail = who.pose(curve([(side * 30, 10), (side * 48, 34), (side * 54, 70), (side * 46, 112)]), -24)
        _lay(canvas, hair, ribbon(tail, 24), who.hair, 0.12)


def _ragged(mask: Image.Image, fine: np.ndarray, softness: float) -> Image.Image:
    """Return the mask (L) with an edge that follows single strands instead of the outline."""
    soft = np.asarray(mask.filter(ImageFilter.GaussianBlur(softness)), np.float32) / 255
    alpha = 612 * soft - 178.5 + 892 * fine * soft * (1 - soft)
    return Image.fromarray(alpha.clip(0, 255).astype(np.uint8))


def paint_front(canvas: Canvas, who: Person, hair: Hair, face: Image.Image) -> None:
    """Paint the hair over the edge of the face, and its shadow on the skin; `face` is the mask of the face (L)."""
    style, pose, on = hair.style, who.pose, who.on
    if on["Bald"]:
        _paint_bald(canvas, who, hair)
        return
    shapes = [(pose(hair.outer, OUTLINE_DEPTH), 255), (pose(opening(who, style), 2.0), 0)]
    if on["Bangs"]:
        shapes += [(pose(lock, 4.0), 255) for lock in fringe(who, style)]
    mask = full(*region(shapes)).crop(hair.box)
    soft = mask.filter(ImageFilter.GaussianBlur(4))
    # The shadow falls away from the light.
    shadow = ImageChops.offset(soft, round(-4 * who.light[0]), 3)
    canvas.through(faded(shadow, 0.6), hair.box, who.skin_shadow, face)
    # The mass turns under at its edge.
    light = hair.light + np.asarray(soft, np.float32) * np.float32(0.26 / 255)
    light -= np.float32(0.21 if on["Bangs"] else 0.26)
    canvas.through(_ragged(mask, hair.fine, 0.9 if on["Bangs"] else 1.6), hair.box, shaded(light, who.hair))
    _stray(canvas, who, hair)


def _stray(canvas: Canvas, who: Person, hair: Hair) -> None:
    """Paint single hairs that leave the outline."""
    numbers = who.rng["hair"].random((12, 3))
    colour = whole_colour(who.hair[110].tolist())
    locks = []
    for t, a, b in numbers[:12 if hair.style.wave == 1 else 6]:
        i = int(t * (len(hair.outer) - 14))
        bend = (a - 0.5) * (7 if hair.style.wave else 3)
        lock = hair.outer[i:i + 14:2] * (1.0 + 0.03 * b) + np.linspace(0, 1, 7)[:, None] ** 2 * (bend, -abs(bend) * 0.3)
        locks.append(ribbon(who.pose(lock, OUTLINE_DEPTH), 0.9))
    canvas.fill(locks, colour, 0.6)


def _paint_bald(canvas: Canvas, who: Person, hair: Hair) -> None:
    """Paint a skull without hair: a shine, and for most people short hair around the ears."""
    pose, k = who.pose, who.pose.scale
    shine = whole_colour(who.skin[235].tolist())
    x, y = pose([(16 * (1 if who.light[0] > 0 else -1), -50)], 14)[0]
    canvas.fill(ellipse(x, y, 11 * k, 5 * k), shine, 0.55, 3.0)
    if hair.style.seed[17] < 0.75:
        half = np.array([(38.5, -30), (44, -28), (47.2, -8), (46, 6), (42.5, 10), (41.8, -8)])
        sides = [curve(pose(half * (side, 1), OUTLINE_DEPTH), True) for side in (-1, 1)]
        mask = full(*region([(points, 205) for points in sides])).crop(hair.box)
        canvas.through(_ragged(mask, hair.fine, 1.8), hair.box, shaded(hair.light - np.float32(0.05), who.hair))
