"""Neck, ears and the skin of the face with its light and shadow."""

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageFilter

from pipeline.drawn_faces.canvas import Box, Canvas, full, glow, mix, region, shaded
from pipeline.drawn_faces.geometry import OUTLINE_DEPTH, curve, ellipse, mirrored, ribbon, surface
from pipeline.drawn_faces.person import Person


def face_plane(who: Person, box: Box, depth: float = OUTLINE_DEPTH) -> tuple[np.ndarray, np.ndarray]:
    """Return (u, v) of every pixel of the box, float32 H×W each, as if all lay at one depth w."""
    (a, b), (c, d) = np.linalg.inv(who.pose.matrix[:, :2]).astype(np.float32)
    x0, y0 = who.pose.offset + depth * who.pose.matrix[:, 2]
    x = np.arange(box[0], box[2], dtype=np.float32) - np.float32(x0)
    y = (np.arange(box[1], box[3], dtype=np.float32) - np.float32(y0))[:, None]
    return a * x + b * y, c * x + d * y


def silhouette(who: Person) -> np.ndarray:
    """Return the outline of the face in pixels, N×2."""
    return curve(who.pose(mirrored(who.shape.outline), OUTLINE_DEPTH), closed=True)


def paint_neck(canvas: Canvas, who: Person) -> Image.Image:
    """Paint neck and throat, in the head's shadow, down to the shoulders; return their mask (L, whole picture)."""
    wide = (33.5 if who.on["Male"] else 27.0) + (3.5 if who.on["Chubby"] else 0) + (1.5 if who.on["Double_Chin"] else 0)
    half = [(wide - 8, 34), (wide - 3, 56), (wide + 1, 78), (wide + 9, 93), (wide + 40, 104), (wide + 60, 125)]
    tilt = np.tan(who.pose.roll)
    points = np.array([*half, *((-u, v) for u, v in half[::-1])], float)
    points[:, 0] -= tilt * np.clip(points[:, 1] - 50, 0, None)
    outline = curve(who.pose(points, -22), closed=True)
    mask, box = region([(outline, 255)])
    u, v = face_plane(who, box, -22)
    light = 0.60 - 0.16 * (u / wide) ** 2 + 0.20 * who.light[0] * u / wide
    chin = 62 - 0.02 * u * u
    light -= 0.30 * np.exp(-np.clip(v - chin, 0, None) / 11)
    x, y = who.pose([(0, 99)], -16)[0]
    glow(light, box, [(x - 9, y, 9, 1.6, 0.08), (x + 9, y, 9, 1.6, 0.08), (x, y, 3, 3, -0.10)])
    canvas.through(mask, box, shaded(light, who.skin))
    return full(mask, box)


def paint_ears(canvas: Canvas, who: Person) -> None:
    """Paint both ears; the face covers the one that is turned away."""
    k = who.pose.scale
    half = np.array([(43, -6), (47.5, -7.5), (50.5, -2), (49.5, 7), (47.5, 15), (44.5, 20), (36, 17), (36, -4)])
    shells, hollows, depths = [], [], []
    for side in (-1, 1):
        x, y = who.pose([(side * 44.5, 8)], -14)[0]
        shells.append(curve(who.pose(half * (side, 1), -14), True))
        hollows.append(ellipse(x + side * 2.6 * k, y - k, 2.6 * k, 6.5 * k, -0.16 * side))
        depths.append(ellipse(x + side * 1.2 * k, y + k, 1.6 * k, 3 * k, -0.16 * side))
    canvas.fill(shells, mix(who.skin_colour, who.skin_shadow, 0.28))
    canvas.fill(hollows, who.skin_shadow, 0.55, 1.0)
    canvas.fill(depths, mix(who.skin_shadow, (40, 20, 16), 0.5), 0.5, 0.8)


def face_light(who: Person, box: Box) -> np.ndarray:
    """Return the brightness of the skin in the box, float32, about 0 … 1 (0.63 is the skin's own colour)."""
    on, s, pose = who.on, who.shape, who.pose
    k = pose.scale
    u, v = face_plane(who, box, 4)
    turn = np.float32(np.sin(pose.yaw))
    nx, ny = u / 58 + 0.4 * turn, (v - 2) / 112
    nz = np.sqrt(np.maximum(1 - nx * nx - ny * ny, 0.04))
    lx, ly, lz = (np.float32(c) for c in who.light)
    light = 0.13 + 0.54 * (nx * lx + ny * ly + nz * lz)

    forms: list[tuple[float, float, float, float, float, float]] = []  # u, v, w, deviations, height

    def form(point: tuple[float, float], su: float, sv: float, height: float, depth: float = np.nan) -> None:
        forms.append((*point, depth, su, sv, height))

    lit = 1 if who.light[0] > 0 else -1
    deep = 0.8 if on["Young"] else 1.25
    form((0, -38), 20, 9, 0.06)
    form((lit * 14, -36), 12, 8, 0.05)
    for side in (-1, 1):
        shade = 1.0 + 0.5 * side * -lit * abs(who.light[0])
        form((side * 17, -5), 9, 4.5, -0.09 * deep * shade)  # eye socket
        form((side * 9, -2), 3.5, 5, -0.11 * shade)  # between eye and nose
        form((side * 38, -22), 6, 14, -0.05)  # temple
        form((side * 28, 18), 9, 6, 0.07)  # cheek
        form((side * 36, 40), 7, 12, -0.03)
        if on["High_Cheekbones"]:
            form((side * 29, 14), 8, 4, 0.11)
            form((side * 32, 31), 6, 7, -0.07)
        if on["Smiling"]:
            form((side * 24, 21), 7, 5, 0.10)
        if on["Chubby"]:
            form((side * 27, 32), 9, 9, 0.10)
        if on["Heavy_Makeup"]:
            form((side * 33, 27), 6, 6, -0.06)
        # the nose's side and wing
        away = side == -lit
        form((side * (s.nose_width * 0.62 + 1.5), 12), 2.6, 9, -0.13 if away else -0.03)
        form((side * (s.nose_width + 3), s.nose_length - 1), 2.6, 4.5, -0.10 if away else -0.05)
    big = 1.5 if on["Big_Nose"] else 1.0
    form((0, 6), 2.2, 9, 0.10, 34)
    form((0.8 * lit, s.nose_length - 3), 2.8 * big, 2.8 * big, 0.16, s.nose_depth)
    form((0, s.nose_length + 5), s.nose_width * 0.75, 2.2, -0.20, 32)  # shadow under the nose
    form((0, s.mouth_v + s.gap + s.lower_lip + 4.5), 8, 2.2, -0.13)
    form((0, 58), 8, 4.5, 0.07)
    form((0, 68), 22, 4, -0.10)
    table = np.array(forms)
    points, depth = table[:, :2], table[:, 2]
    places = pose(points, np.where(np.isnan(depth), surface(points), depth))
    glow(light, box, np.column_stack([places, table[:, 3:5] * k, table[:, 5]]))
    return light


def _creases(who: Person) -> dict[tuple[float, float], list[np.ndarray]]:
    """Return the folds of the skin: outlines in pixels by (darkness 0 … 1, blur in pixels)."""
    on, s, pose = who.on, who.shape, who.pose
    k = pose.scale
    folds: dict[tuple[float, float], list[np.ndarray]] = {}

    def fold(points: ArrayLike, width: float, dark: float, blur: float) -> None:
        folds.setdefault((dark, blur * k), []).append(ribbon(curve(pose(points)), width * k))

    old = not on["Young"]
    for side in (-1, 1):
        m, w = s.mouth_width, s.nose_width
        depth = 0.16 + (0.26 if on["Smiling"] else 0) + (0.34 if old else 0) + (0.10 if on["Chubby"] else 0)
        depth *= 0.75 if on["Attractive"] else 1
        fold([(side * (w + 2.5), s.nose_length - 3), (side * (w + 7.5), s.nose_length + 4),
              (side * (m + 5.5), s.mouth_v - 4), (side * (m + 5), s.mouth_v + 3)], 2.2, depth, 0.9)
        if on["Bags_Under_Eyes"]:
            h = max(s.eye_height, 3)
            points = [(side * (s.eye_u - 8.5), h + 1.0), (side * (s.eye_u - 2), h + 4.6),
                      (side * (s.eye_u + 5), h + 4.0), (side * (s.eye_u + 9), h + 0.5)]
            fold(points, 6.5, 0.42, 1.4)
            fold(np.array(points) + (0, 2.2), 1.6, 0.55, 0.5)
        if old:
            for i in range(3):  # crow's feet
                fold([(side * (s.eye_u + 11), 0.5 * i), (side * (s.eye_u + 17), -3.5 + 3.6 * i)], 1.0, 0.42, 0.35)
            fold([(side * (m + 3), s.mouth_v + 5), (side * (m + 4.5), s.mouth_v + 14)], 1.6, 0.30, 0.7)
            fold([(side * (s.eye_u - 8), 7), (side * (s.eye_u - 1), 10.5), (side * (s.eye_u + 7), 8.5)], 1.1, 0.30, 0.5)
    if old:
        for v, d in ((-44, 0.34), (-37, 0.42), (-30, 0.34)):
            fold([(-21, v + 1.5), (-9, v - 0.6), (0, v + 0.4), (10, v - 0.8), (21, v + 1.2)], 1.3, d, 0.5)
        fold([(-2.6, -15), (-2.2, -8)], 1.2, 0.35, 0.4)
        fold([(2.6, -15), (2.4, -8)], 1.2, 0.35, 0.4)
    if on["Double_Chin"]:
        end = who.shape.outline[-1, 1]
        wide = 0.92 * who.shape.outline[-2, 0] + 6
        fold([(-wide - 4, end - 15), (-wide, end - 8), (-wide * 0.5, end - 3.6), (0, end - 2.2),
              (wide * 0.5, end - 3.6), (wide, end - 8), (wide + 4, end - 15)], 2.4, 0.75, 0.6)
    return folds


def paint_face(canvas: Canvas, who: Person, neck: Image.Image) -> Image.Image:
    """Paint the skin of the face.

    Args:
        canvas: the picture, with the neck.
        who: the person.
        neck: the mask of the neck (L, whole picture), on which a double chin lies.

    Returns:
        The mask of the face (L, whole picture).
    """
    on, s, pose = who.on, who.shape, who.pose
    k = pose.scale
    if on["Double_Chin"]:  # a second, softer chin below the first
        end = s.outline[-1, 1]
        wide = s.outline[-3, 0]
        second = curve(pose([(-wide - 2, end - 14), (-wide * 0.8, end - 1), (-wide * 0.35, end + 6.5),
                             (wide * 0.35, end + 6.5),
                             (wide * 0.8, end - 1), (wide + 2, end - 14)], OUTLINE_DEPTH - 4), closed=True)
        canvas.fill(second + (0, 1.5), mix(who.skin_shadow, (40, 20, 16), 0.3), 0.6, 1.6, neck)
        canvas.fill(second, mix(who.skin_colour, who.skin_shadow, 0.42), 0.95, 1.3, neck)
    mask, box = region([(silhouette(who), 255)])
    assert mask is not None  # no pose moves the face out of the picture
    light = face_light(who, box)
    # The form turns away towards its edge.
    inner = np.asarray(mask.filter(ImageFilter.GaussianBlur(5.5)), np.float32) / 255
    light -= 0.22 * (1 - inner)
    canvas.through(mask, box, shaded(light, who.skin))
    mask = full(mask, box)

    rng = who.rng["skin"]
    numbers = rng.random((9, 3))
    warm = mix(who.skin_colour, (214, 74, 70), 0.5)
    rosy = on["Rosy_Cheeks"]
    cheeks = [ellipse(x, y, 10 * k, 7 * k) for x, y in pose([(-27, 20), (27, 20)])]
    canvas.fill(cheeks, mix(who.skin_colour, (232, 66, 84), 0.75) if rosy else warm,
                0.62 if rosy else 0.22 if on["Heavy_Makeup"] else 0.12, 4.5 * k, mask)
    x, y = pose([(0, s.nose_length - 1)], s.nose_depth - 4)[0]
    canvas.fill(ellipse(x, y, s.nose_width * 0.8 * k, 4 * k), warm, 0.16, 2.5, mask)
    if not on["Attractive"]:  # freckles and spots
        places = pose(numbers[:, :2] * (60, 80) - 30)
        sizes = 0.5 + 0.5 * numbers[:, 2]
        spots = [ellipse(x, y, size, 0.9 * size, points=8) for (x, y), size in zip(places, sizes, strict=True)]
        canvas.fill(spots, who.skin_shadow, 0.45, 0, mask)
    crease_colour = mix(who.skin_shadow, (50, 20, 16), 0.22)
    for (dark, blur), strokes in _creases(who).items():
        canvas.fill(strokes, crease_colour, dark, blur, mask)
    return mask
