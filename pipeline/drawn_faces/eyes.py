"""Eyes and eyebrows. Both sides are painted at once, layer by layer."""

import numpy as np
from numpy.typing import ArrayLike

from pipeline.drawn_faces.canvas import Canvas, full, mix, region
from pipeline.drawn_faces.geometry import curve, ellipse, ribbon
from pipeline.drawn_faces.person import Person

EYE_SHADOWS = ((120, 70, 96), (92, 74, 110), (110, 72, 52), (70, 92, 120), (60, 52, 56), (148, 96, 78))
SIDES = (-1, 1)


def paint_eyes(canvas: Canvas, who: Person) -> None:
    """Paint both eyes with lids, iris, pupil, highlight, lashes and make-up."""
    on, s, pose = who.on, who.shape, who.pose
    k = pose.scale
    gaze = who.rng["eyes"].standard_normal(2).clip(-1.5, 1.5) * (1.1, 0.4)
    tint = who.rng["eyes"].random()
    made_up = on["Heavy_Makeup"]
    lash = (30, 20, 20) if made_up else mix(who.skin_shadow, (26, 16, 14), 0.78)
    w, h, tilt = s.eye_width, s.eye_height, s.eye_tilt

    def place(points: ArrayLike) -> list[np.ndarray]:
        """Return the pixels for both eyes of points that are given from the eye's centre outwards."""
        points = np.array(points, float)
        both = np.concatenate([points * (side, 1) + (side * s.eye_u, -0.5 * side * s.asymmetry[0]) for side in SIDES])
        return np.split(pose(both), 2)

    uppers = [curve(points) for points in place([(-w, 1.2), (-0.72 * w, -0.42 * h), (-0.3 * w, -0.92 * h),
                                                 (0.2 * w, -h), (0.62 * w, -0.66 * h), (w, -tilt)])]
    lowers = [curve(points) for points in place([(w, -tilt), (0.62 * w, 0.48 * h), (0.1 * w, 0.72 * h),
                                                 (-0.45 * w, 0.58 * h), (-w, 1.2)])]
    if made_up:
        tops = place([(w + 3, -tilt - 3.5), (0.7 * w, -h - 6), (0, -h - 7), (-0.8 * w, -h - 3.5)])
        lids = [np.concatenate([upper, curve(top)]) for upper, top in zip(uppers, tops, strict=True)]
        canvas.fill(lids, EYE_SHADOWS[int(tint * len(EYE_SHADOWS))], 0.62, 1.6)
    creases = place([(-0.85 * w, -0.4 * h - 2.6), (-0.2 * w, -h - 3.0), (0.45 * w, -h - 2.6), (1.02 * w, -tilt - 2.6)])
    canvas.fill([ribbon(curve(points), 1.3 * k) for points in creases], who.skin_shadow, 0.75, 0.4)

    mask, box = region([(np.concatenate(lids), 255) for lids in zip(uppers, lowers, strict=True)])
    opening = full(mask, box)
    canvas.through(mask, box, mix((238, 234, 232), who.skin_shadow, 0.17))
    centres = np.concatenate(place([(0, 0)])) + gaze * k - (0, 0.04 * h)
    r = 4.7 * k

    def discs(dx: float, dy: float, a: float, b: float, points: int = 16) -> list[np.ndarray]:
        return [ellipse(x + dx, y + dy, a, b, points=points) for x, y in centres]

    canvas.fill(discs(0, 0, r * max(np.cos(pose.yaw), 0.8), r), mix(who.iris_colour, (16, 12, 12), 0.55),
                within=opening)
    canvas.fill(discs(0, 0.3, r * 0.78, r * 0.78), who.iris_colour, within=opening)
    canvas.fill(discs(0, r * 0.42, r * 0.5, r * 0.3), mix(who.iris_colour, (255, 255, 240), 0.35), 0.6, 0.5, opening)
    canvas.fill(discs(0, 0, r * 0.42, r * 0.42), (14, 10, 12), within=opening)
    canvas.fill([ribbon(upper + (0, 0.9 * k), 2.2 * k, taper=False) for upper in uppers], (40, 26, 28), 0.5, 0.6,
                opening)
    glint = 0.32 * r if who.light[0] > 0 else -0.32 * r
    canvas.fill(discs(glint, -0.36 * r, 0.95 * k, 0.95 * k, 8), (255, 255, 255), 0.9, 0, opening)
    corners = np.concatenate(place([(-w + 1.2, 1.0)]))
    canvas.fill([ellipse(x, y, 1.3 * k, k, points=8) for x, y in corners], (206, 140, 132), 0.7, 0.4, opening)

    thick = 2.9 if made_up else 1.35 if on["Male"] else 1.9
    lines = uppers
    if made_up:  # the eyeliner's wing
        wings = place([(w, -tilt), (w + 3.5, -tilt - 2.8)])
        lines = [np.concatenate([upper, curve(wing)]) for upper, wing in zip(uppers, wings, strict=True)]
    strokes = [ribbon(line - (0, 0.2 * k), thick * k) for line in lines]
    if not on["Male"]:
        length = (4.2 if made_up else 2.6) * k
        for side, upper in zip(SIDES, uppers, strict=True):
            for t in (0.52, 0.66, 0.80, 0.93):
                root = upper[int(t * (len(upper) - 1))]
                tip = root + (0.9 * side * (t - 0.25) * length, -0.8 * length)
                strokes.append(ribbon([root, (root + tip) / 2 + (0, 0.3), tip], 0.8 * k))
    canvas.fill(strokes, lash, 0.92)
    canvas.fill([ribbon(lower, (1.4 if made_up else 0.8) * k) for lower in lowers], lash, 0.75 if made_up else 0.42)


def paint_brows(canvas: Canvas, who: Person) -> None:
    """Paint both eyebrows: a soft body and single hairs."""
    on, s, pose = who.on, who.shape, who.pose
    k = pose.scale
    colour = mix(who.hair_colour, (38, 26, 22), 0.55)
    if on["Gray_Hair"] or (on["Bald"] and not on["Young"]):
        colour = mix(who.hair_colour, (70, 66, 66), 0.6)
    jitter = who.rng["eyes"].standard_normal((14, 2)).clip(-2, 2)
    thick, u, v, arch = s.brow_thickness, s.eye_u, s.brow_v, s.brow_arch
    spine = np.array([(u - 12, v + 1.2), (u - 6, v - 0.35 * arch), (u + 2, v - 0.85 * arch), (u + 8, v - arch),
                      (u + 14.5, v + 1.6 - 0.1 * arch)])
    bushy = on["Bushy_Eyebrows"]
    count = 14 if bushy else 8
    bodies, hairs = [], []
    for side in SIDES:
        points = curve(pose(spine * (side, 1) + (0, -0.6 * side * s.asymmetry[1])))
        widths = np.interp(np.linspace(0, 1, len(points)), (0, 0.12, 0.55, 0.8, 1), (0.55, 1, 1, 0.75, 0.2)) * thick * k
        bodies.append(ribbon(points, widths, taper=False))
        leans = ((1.4, -1.5 if bushy else -0.8) + 0.5 * jitter) * (side, 1) * k * (0.6 + 0.16 * thick)
        for i in range(count):
            root, lean = points[int((i + 0.5) / count * (len(points) - 4))], leans[i]
            hairs.append(ribbon([root - 0.4 * lean, root + 0.4 * lean, root + 1.2 * lean], 0.8 * k))
    canvas.fill(bodies, colour, 0.85, 0.45)
    canvas.fill(hairs, colour, 0.8)
