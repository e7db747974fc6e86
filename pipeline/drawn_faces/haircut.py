"""Haircuts: the style of a person, and the outlines of the hair in face units."""

from typing import NamedTuple

import numpy as np

from pipeline.drawn_faces.geometry import curve, ribbon
from pipeline.drawn_faces.person import Person

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


def haircut(who: Person) -> Style:
    """Return a random style among those that fit the attributes."""
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
    """Return the outline (face units) bent to and fro along its length, as locks are."""
    step = np.diff(points, axis=0, prepend=points[:1] - 1)
    length = np.hypot(step[:, 0], step[:, 1])
    way = np.cumsum(length)
    normal = step[:, ::-1] * (1, -1) / np.maximum(length, 1e-6)[:, None]
    way = way / pitch
    swing = np.sin(way + 6 * style.seed[6] + np.sin(0.31 * way)) + 0.6 * np.sin(1.73 * way + 6 * style.seed[7])
    return points + normal * (amount * swing)[:, None]


def outer_contour(who: Person, style: Style) -> np.ndarray:
    """Return the outer contour of the hair in face units, N×2, from the left end over the crown to the right end."""
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


def opening(who: Person, style: Style) -> np.ndarray:
    """Return the outline of the face that the hair in front leaves free, in face units, N×2."""
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


def fringe(who: Person, style: Style) -> list[np.ndarray]:
    """Return the bangs: outlines of tapering locks from the crown to the brows, in face units."""
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
