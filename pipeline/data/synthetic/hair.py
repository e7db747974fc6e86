"""Hair on the head: the mass behind, the mass in front with its hairline, and the strands in both."""

from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from pipeline.data.synthetic.canvas import Box, Canvas, faded, full, region, shaded
from pipeline.data.synthetic.geometry import HEIGHT, OUTLINE_DEPTH, WIDTH, curve, ellipse, ribbon
from pipeline.data.synthetic.head import face_plane
from pipeline.data.synthetic.person import Person

SHORT, TIED, BOB, LONG = range(4)


class Style(NamedTuple):
    """A haircut, in face units."""

    cut: int
    height: float  # of the hair above the skull
    side: float  # of the hair beside the skull
    part: float  # u of the parting
    end: float  # v where the hair ends
    hairline: float  # v of the forehead's edge
    wave: float  # 0 straight … 1 wavy
    seed: np.ndarray  # further chances, 0 … 1


@cache
def _noise() -> np.ndarray:
    """A smooth periodic random line, float32 (4096), about -1 … 1: the brightness across strands."""
    rng = np.random.default_rng(7)
    total = np.zeros(4096)
    for period, weight in ((256, 0.5), (64, 0.7), (24, 0.8), (8, 0.5)):
        knots = rng.uniform(-1, 1, 4096 // period)
        total += weight * np.interp(np.arange(4096) / period, np.arange(len(knots) + 1), np.append(knots, knots[0]))
    return (total / np.abs(total).max()).astype(np.float32)


def haircut(who: Person) -> Style:
    """The style that fits the attributes, chosen by chance among those that do."""
    on, rng = who.on, who.rng["hair"]
    seed = rng.random(24)
    pick = seed[0]
    if on["Male"]:
        cut = SHORT if pick < 0.88 else BOB if pick < 0.95 else LONG
    else:
        cut = SHORT if pick < 0.05 else TIED if pick < 0.24 else BOB if pick < 0.45 else LONG
    wave = 1.0 if on["Wavy_Hair"] else 0.0 if on["Straight_Hair"] else 0.35
    height = {SHORT: 4 + 8 * seed[1], TIED: 2.5 + 2.5 * seed[1], BOB: 5 + 4 * seed[1], LONG: 5 + 4 * seed[1]}[cut]
    side = {SHORT: 1.0 + 3 * seed[2], TIED: 0.6, BOB: 5 + 5 * seed[2], LONG: 4 + 6 * seed[2]}[cut]
    if wave == 1:
        height, side = height + 3, side + (1.5 if cut == SHORT else 4)
    if wave == 0:
        side *= 0.75
    if on["Wearing_Hat"]:
        height = 2
    end = {SHORT: 2 + 10 * seed[3], TIED: 8, BOB: 48 + 22 * seed[3], LONG: 110 + 30 * seed[3]}[cut]
    hairline = -45 + 5 * (seed[4] - 0.5) - (0 if on["Young"] else 1.5)
    if on["Receding_Hairline"]:
        hairline = -57
    return Style(cut, height, side, (seed[5] - 0.5) * 40, end, hairline, wave, seed)


def _wobble(points: np.ndarray, style: Style, amount: float, pitch: float) -> np.ndarray:
    """The outline (face units) swung to and fro along its way, as locks do."""
    step = np.diff(points, axis=0, prepend=points[:1] - 1)
    length = np.hypot(step[:, 0], step[:, 1])
    way = np.cumsum(length)
    normal = step[:, ::-1] * (1, -1) / np.maximum(length, 1e-6)[:, None]
    way = way / pitch
    swing = np.sin(way + 6 * style.seed[6] + np.sin(0.31 * way)) + 0.6 * np.sin(1.73 * way + 6 * style.seed[7])
    return points + normal * (amount * swing)[:, None]


def _outer(who: Person, style: Style) -> np.ndarray:
    """The hair's outer contour in face units, N×2, from the left end over the crown to the right end."""
    h, s, lean = style.height, style.side, 0.25 * style.part
    top = [(47 + s, -8), (46.5 + s, -28), (39 + 0.9 * s, -51 - 0.4 * h), (23, -66 - 0.9 * h)]
    if style.cut in (SHORT, TIED):
        down = [(44.5, style.end), (46 + 0.7 * s, style.end - 8)]
    else:
        flare = 6 * style.seed[8] * (1 + style.wave)
        down = [(46 + s + flare, style.end), (50 + s + flare, 0.75 * style.end + 4), (49.5 + s, 0.4 * style.end + 4)]
        if style.cut == BOB:
            down[0] = (40 + s, style.end + 3)
    right = [*down, *top]
    left = [(-u, v) for u, v in right]
    points = curve([*left, (-lean * 0.5, -70.5 - h), *right[::-1]], samples=12)
    if style.cut == SHORT:
        amount = 0.4 + 1.3 * style.wave
        pitch = 2.0 + 0.8 * style.wave
    else:
        amount = 0.4 + 2.1 * style.wave
        pitch = 5.5
    return _wobble(points, style, amount if style.cut != TIED else 0.3 + 0.5 * style.wave, pitch)


def _opening(who: Person, style: Style) -> np.ndarray:
    """Where the hair in front leaves the face free, in face units, N×2."""
    on, line, p = who.on, style.hairline, style.part * 0.8
    low = 150.0
    if on["Receding_Hairline"] and style.cut in (SHORT, TIED):
        brow = [(-40.5, -14), (-37, -34), (-26, -60), (-15, -62), (-7, line + 1), (0, line + 4), (7, line + 1),
                (15, -62), (26, -60), (37, -34), (40.5, -14)]
    elif style.cut in (SHORT, TIED):
        square = 3 * style.seed[9]
        brow = [(-40.5, -14), (-37.5, -29), (-29 - square, line + 7), (-16, line + 1.5), (0.2 * p, line - 1),
                (16, line + 1.5), (29 + square, line + 7), (37.5, -29), (40.5, -14)]
    else:  # parted: the two sides hang from the parting
        fall = 0 if on["Receding_Hairline"] else 4 + 8 * style.seed[9]
        brow = [(-40.5, -6), (-38.5, -20), (-31, line + 7 + fall), (p - 13, line + 4.5), (p, line - 5),
                (p + 13, line + 4.5), (31, line + 7 + fall), (38.5, -20), (40.5, -6)]
        brow.sort(key=lambda point: point[0])
    side = 41.5 if style.cut in (SHORT, TIED) else 40.5 - 3.5 * style.seed[10]
    back = style.cut in (SHORT, TIED) or style.seed[11] < 0.3  # behind the ears
    hang = 54 if back else side - 2.5
    right = [(side, 4), (side, 22), (hang, 50), (hang + 1, 80), (hang + 6, low)]
    if back:
        right = [(43, -9), (50, -5), (hang, 6), (hang, 50), (hang + 6, low)]
    return curve([*[(-u, v) for u, v in right[::-1]], *brow, *right])


def _fringe(who: Person, style: Style) -> list[np.ndarray]:
    """Bangs: tapering locks from the crown to the brows, in face units."""
    seed = style.seed
    locks = []
    sweep = (seed[12] - 0.5) * 16
    ends = np.linspace(-38, 38, 12)
    for i, u in enumerate(ends):
        tip = -15.5 + 4.0 * np.sin(3.7 * i + 9 * seed[13]) + 0.006 * u * u * (1 if seed[14] < 0.6 else -0.5)
        bend = (2.5 if i % 2 else -2.0) * style.wave
        spine = curve([(u * 0.72 - sweep, -58), (u * 0.92 - 0.4 * sweep, -40), (u + bend, -27),
                       (u + 0.35 * sweep - bend, tip)])
        locks.append(ribbon(spine, np.interp(np.linspace(0, 1, len(spine)), (0, 0.6, 0.85, 1), (11, 11, 7, 0.6)),
                            taper=False))
    return locks


def _strands(who: Person, style: Style, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Brightness of the hair at (u, v), about 0 … 1, and its finest strands, about -1 … 1; float32 each."""
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
    # gloss: a band around the crown, broken by the strands
    crown = np.hypot(u * 0.8 - np.float32(14 * who.light[0]), v + 12)
    light += np.float32(0.22) * np.exp(-(((crown - 47) / 8.5) ** 2)) * (1 + 1.4 * fine)
    light += np.float32(0.14) * np.float32(who.light[0]) * u / 50
    return light, fine


class Hair(NamedTuple):
    """What the painting of front and back share."""

    style: Style
    box: Box  # the part of the picture that the hair may reach
    light: np.ndarray  # of the box, about 0 … 1
    fine: np.ndarray  # of the box: single strands, about -1 … 1
    outer: np.ndarray  # the contour in face units, N×2


def comb(who: Person) -> Hair:
    """Choose the style and lay the strands."""
    style = haircut(who)
    outer = _outer(who, style)
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
    """The hair behind neck and face."""
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
    """The mask (L) with an edge that follows single strands instead of the outline."""
    soft = np.asarray(mask.filter(ImageFilter.GaussianBlur(softness)), np.float32) / 255
    alpha = 612 * soft - 178.5 + 892 * fine * soft * (1 - soft)
    return Image.fromarray(alpha.clip(0, 255).astype(np.uint8))


def paint_front(canvas: Canvas, who: Person, hair: Hair, face: Image.Image) -> None:
    """The hair over the face's edge, with its shadow on the skin; `face` is the face's mask."""
    style, pose, on = hair.style, who.pose, who.on
    if on["Bald"]:
        return _paint_bald(canvas, who, hair)
    shapes = [(pose(hair.outer, OUTLINE_DEPTH), 255), (pose(_opening(who, style), 2.0), 0)]
    if on["Bangs"]:
        shapes += [(pose(lock, 4.0), 255) for lock in _fringe(who, style)]
    mask = full(*region(shapes)).crop(hair.box)
    soft = mask.filter(ImageFilter.GaussianBlur(4))
    # The shadow falls away from the light.
    shadow = ImageChops.offset(soft, int(round(-4 * who.light[0])), 3)
    canvas.through(faded(shadow, 0.6), hair.box, who.skin_shadow, face)
    # The mass turns under at its edge.
    light = hair.light + np.asarray(soft, np.float32) * np.float32(0.26 / 255)
    light -= np.float32(0.21 if on["Bangs"] else 0.26)
    canvas.through(_ragged(mask, hair.fine, 0.9 if on["Bangs"] else 1.6), hair.box, shaded(light, who.hair))
    _stray(canvas, who, hair)


def _stray(canvas: Canvas, who: Person, hair: Hair) -> None:
    """Single hairs that leave the outline."""
    numbers = who.rng["hair"].random((12, 3))
    colour = tuple(who.hair[110].tolist())
    locks = []
    for t, a, b in numbers[:12 if hair.style.wave == 1 else 6]:
        i = int(t * (len(hair.outer) - 14))
        bend = (a - 0.5) * (7 if hair.style.wave else 3)
        lock = hair.outer[i:i + 14:2] * (1.0 + 0.03 * b) + np.linspace(0, 1, 7)[:, None] ** 2 * (bend, -abs(bend) * 0.3)
        locks.append(ribbon(who.pose(lock, OUTLINE_DEPTH), 0.9))
    canvas.fill(locks, colour, 0.6)


def _paint_bald(canvas: Canvas, who: Person, hair: Hair) -> None:
    """No hair on the skull: a shine, and for most a short fringe around the ears."""
    pose, k = who.pose, who.pose.scale
    shine = tuple(who.skin[235].tolist())
    x, y = pose([(16 * (1 if who.light[0] > 0 else -1), -50)], 14)[0]
    canvas.fill(ellipse(x, y, 11 * k, 5 * k), shine, 0.55, 3.0)
    if hair.style.seed[17] < 0.75:
        half = np.array([(38.5, -30), (44, -28), (47.2, -8), (46, 6), (42.5, 10), (41.8, -8)])
        sides = [curve(pose(half * (side, 1), OUTLINE_DEPTH), True) for side in (-1, 1)]
        mask = full(*region([(points, 205) for points in sides])).crop(hair.box)
        canvas.through(_ragged(mask, hair.fine, 1.8), hair.box, shaded(hair.light - np.float32(0.05), who.hair))
