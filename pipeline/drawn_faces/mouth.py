"""Nose and mouth."""

import numpy as np

from pipeline.drawn_faces.canvas import Canvas, full, mix, region
from pipeline.drawn_faces.geometry import curve, ellipse, ribbon
from pipeline.drawn_faces.person import Person


def paint_nose(canvas: Canvas, who: Person) -> None:
    """Paint nostrils, wings, tip and the ridge's shadow. The soft forms are in the face's light already."""
    on, s, pose = who.on, who.shape, who.pose
    k = pose.scale
    dark = mix(who.skin_shadow, (36, 12, 10), 0.55)
    edge = mix(who.skin_shadow, (60, 24, 20), 0.15)
    w, end, shift = s.nose_width, s.nose_length, 0.6 * s.asymmetry[3]
    lit = 1 if who.light[0] > 0 else -1
    for side in (-1, 1):
        x, y = pose([(side * w * 0.46 + shift, end + 2.6)], 34)[0]
        canvas.fill(ellipse(x, y, w * 0.25 * k, 1.45 * k, -side * 0.3, 12), dark, 0.85, 0.35)
        wing = curve(pose([(side * w * 0.72, end - 6.5), (side * w * 0.98, end - 3.4), (side * w * 1.04, end + 0.4),
                           (side * w * 0.74, end + 3.2)], 31))
        canvas.fill(ribbon(wing, 1.5 * k), edge, 0.62 if side == -lit else 0.42, 0.35)
        # The ridge hides the far side's edge and shows the near side's shadow.
        facing = 0.30 * (side == -lit) + 0.9 * max(0.0, side * np.sin(pose.yaw))
        ridge = curve(pose([(side * 6.5, -9), (side * 3.6, -1), (side * 3.6, 10), (side * w * 0.5, end - 5)], 33))
        canvas.fill(ribbon(ridge, 2.0 * k), edge, min(0.75, 0.12 + facing), 1.0)
    sharp = on["Pointy_Nose"]
    base = curve(pose([(-w * 0.5, end + 2.4), (-w * 0.2, end + 3.2), (0, end + (4.6 if sharp else 3.6)),
                       (w * 0.2, end + 3.2), (w * 0.5, end + 2.4)], 37))
    canvas.fill(ribbon(base, 1.4 * k), edge, 0.6, 0.4)
    x, y = pose([(shift + 0.8 * lit, end - 2.5)], s.nose_depth)[0]
    shine = mix(who.skin_colour, (255, 250, 242), 0.75)
    if sharp:
        line = pose([(shift, -2), (shift, 8), (shift, end - 6), (shift, end - 0.5)],
                    np.array([28, 32, 39, s.nose_depth]))
        canvas.fill(ribbon(curve(line), 2.0 * k), shine, 0.42, 0.8)
        canvas.fill(ellipse(x, y + 1, 1.3 * k, 1.6 * k, points=12), shine, 0.8, 0.5)
        for side in (-1, 1):
            tip = curve(pose([(side * 2.4, end - 7), (side * 3.4, end - 2), (0, end + 3.2)], s.nose_depth - 3))
            canvas.fill(ribbon(tip, 1.2 * k), edge, 0.5, 0.5)
    else:
        big = on["Big_Nose"]
        canvas.fill(ellipse(x, y, (3.4 if big else 2.0) * k, (2.6 if big else 1.7) * k, points=14), shine, 0.38, 1.0)
        if big:
            ball = curve(pose([(-w * 0.5, end - 6), (-w * 0.55, end - 0.5), (0, end + 4.4), (w * 0.55, end - 0.5),
                               (w * 0.5, end - 6)], s.nose_depth - 5))
            canvas.fill(ribbon(ball, 1.4 * k), edge, 0.42, 0.6)


def paint_mouth(canvas: Canvas, who: Person) -> None:
    """Paint the lips, and teeth and tongue between them where the mouth is open."""
    on, s, pose = who.on, who.shape, who.pose
    k = pose.scale
    t = np.linspace(-1, 1, 25)
    corners = s.smile * np.abs(t) ** 1.8
    bow = (1 - t**2) ** 0.75 * (1 - 0.24 * np.exp(-((t / 0.13) ** 2)) - 0.12 * np.abs(t))
    arch = np.sqrt(np.clip(1 - t**2, 0, 1))
    v = s.mouth_v - corners - 0.5 * s.asymmetry[2] * t
    line = v + 0.5 * arch * (1 - np.abs(t)) - 0.3 * s.gap * arch
    top = line - s.upper_lip * bow * 1.12 - 0.1
    bottom = line + s.gap * arch**1.2
    under = bottom + s.lower_lip * np.clip(1 - np.abs(t) ** 2.6, 0, 1) ** 0.8 * (0.95 if s.gap else 1)
    u = s.mouth_width * t

    def place(values: np.ndarray) -> np.ndarray:
        return pose(np.stack([u, values], 1))

    upper_edge, parting, lower_edge, under_edge = (place(values) for values in (top, line, bottom, under))
    lip = who.lip_colour
    painted = on["Wearing_Lipstick"]
    strength = 0.97 if painted else 0.80
    if s.gap:
        inside = np.concatenate([parting, lower_edge[::-1]])
        mask, box = region([(inside, 255)])
        if mask is not None:
            hole = full(mask, box)
            canvas.through(mask, box, (62, 20, 24))
            x, y = pose([(0, s.mouth_v + 0.62 * s.gap)])[0]
            canvas.fill(ellipse(x, y, 0.5 * s.mouth_width * k, 0.3 * s.gap * k), (178, 84, 86), 0.8, 0.8, hole)
            reach = min(0.74 * s.gap, 5.0) if on["Smiling"] else 0.46 * s.gap
            teeth = place(line + reach * arch**0.7)
            canvas.fill(np.concatenate([parting, teeth[::-1]]), (244, 240, 232), 0.97, 0.2, hole)
            gaps = [ribbon(np.stack([parting[i], teeth[i]]), 0.5 * k, False) for i in range(5, 20, 2)]
            canvas.fill(gaps, (150, 130, 126), 0.30, within=hole)
            canvas.fill(ribbon(parting + (0, 0.6 * k), 1.4 * k), (90, 50, 50), 0.45, 0.5, hole)
            canvas.fill([ellipse(x, y, 4 * k, 3 * k) for x, y in parting[[0, -1]]], (50, 20, 20), 0.65, 1.4, hole)
    canvas.fill(np.concatenate([upper_edge, parting[::-1]]), mix(lip, (60, 10, 20), 0.20), strength, 0.3)
    canvas.fill(np.concatenate([lower_edge, under_edge[::-1]]), lip, strength, 0.3)
    gloss = mix(lip, (255, 246, 240), 0.62 if painted else 0.42)
    middle = place(0.45 * bottom + 0.55 * under)[8:17]
    canvas.fill(ribbon(middle, max(1.2, 0.30 * s.lower_lip) * k), gloss, 0.65 if painted else 0.42, 0.6)
    canvas.fill(ribbon(upper_edge[6:19] - (0, 0.7 * k), 1.0 * k), mix(who.skin_colour, (255, 245, 235), 0.5), 0.45, 0.5)
    seam = mix(lip, (40, 8, 12), 0.72)
    if s.gap:
        canvas.fill(ribbon(parting, 0.9 * k), seam, 0.7, 0.2)
    else:
        canvas.fill(ribbon(parting, 1.7 * k), seam, 0.92, 0.25)
    canvas.fill([ellipse(x, y, 1.3 * k, 1.1 * k, points=10) for x, y in parting[[0, -1]]],
                mix(who.skin_shadow, (40, 10, 10), 0.4),
                0.5, 0.6)
    if painted:
        canvas.fill(ribbon(under_edge, 0.8 * k), mix(lip, (50, 0, 10), 0.4), 0.5, 0.3)
