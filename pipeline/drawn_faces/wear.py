"""What people wear on head and neck: glasses, hats, earrings, necklaces."""

import colorsys

import numpy as np
from numpy.typing import ArrayLike

from pipeline.drawn_faces.canvas import Canvas, Colour, mix, whole_colour
from pipeline.drawn_faces.geometry import OUTLINE_DEPTH, curve, ellipse, ribbon
from pipeline.drawn_faces.person import Person


def hue(h: float, saturation: float, value: float) -> Colour:
    """Return the RGB colour, 0 … 255, of a hue, saturation and value in 0 … 1."""
    rgb = colorsys.hsv_to_rgb(h % 1, min(max(saturation, 0), 1), min(max(value, 0), 1))
    return whole_colour(255 * channel for channel in rgb)


def paint_glasses(canvas: Canvas, who: Person, chance: np.ndarray) -> None:
    """Paint glasses with frames of several shapes; about one pair in four is dark."""
    pose, s = who.pose, who.shape
    k = pose.scale
    form, tone, dark, tint = chance[:4]
    frame = ((24, 22, 24), (70, 40, 26), (120, 118, 122), (150, 112, 52), (40, 30, 60))[int(tone * 5)]
    half_u, half_v = (13.6, 9.4) if form < 0.45 else (12.4, 11.2) if form < 0.75 else (14.0, 7.6)
    power = 4.0 if form < 0.45 else 2.1 if form < 0.75 else 3.0
    t = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    rim = np.stack([half_u * np.sign(np.cos(t)) * np.abs(np.cos(t)) ** (2 / power),
                    half_v * np.sign(np.sin(t)) * np.abs(np.sin(t)) ** (2 / power)], 1)
    width = (2.9 if tone < 0.4 else 1.9) * k
    sunglasses = dark < 0.25
    for side in (-1, 1):
        lens = pose(rim + (side * (s.eye_u + 0.6), 2.0), 27)
        if sunglasses:
            canvas.fill(lens, mix((22, 20, 24), hue(tint, 0.5, 0.4), 0.25), 0.93, 0.3)
            glare = lens * 0.6 + lens.mean(0) * 0.4 - (0.15 * half_u * k, 0.35 * half_v * k)
            canvas.fill(glare, (150, 160, 176), 0.28, 2.0)
        else:
            canvas.fill(lens, (226, 236, 244), 0.13, 0.5)
            x, y = lens.mean(0)
            glare = np.array([(x - 7 * k, y + 4 * k), (x - 1 * k, y - 7 * k), (x + 2 * k, y - 7 * k),
                              (x - 4 * k, y + 4 * k)])
            canvas.fill(glare, (255, 255, 255), 0.22, 0.7)
        canvas.fill(ribbon(np.concatenate([lens, lens[:1]]) + (0, 1.2 * k), width, False), who.skin_shadow, 0.35, 1.0)
        canvas.fill(ribbon(np.concatenate([lens, lens[:1]]), width, False), frame)
        arm = np.concatenate([pose([(side * (s.eye_u + half_u), -2.5)], 26), pose([(side * 44, -3)], -4),
                              pose([(side * 48, 0)], -18)])
        canvas.fill(ribbon(curve(arm), width * 0.9, False), frame)
        shine = curve(pose(rim[16:23] + (side * (s.eye_u + 0.6), 1.6), 27))
        canvas.fill(ribbon(shine, 0.6 * k), (255, 255, 255), 0.4)
    gap = s.eye_u + 0.6 - half_u
    bridge = curve(pose([(-gap - 0.5, 0.5), (0, -1.8), (gap + 0.5, 0.5)], 29))
    canvas.fill(ribbon(bridge, width, False), frame)


def paint_hat(canvas: Canvas, who: Person, chance: np.ndarray) -> None:
    """Paint a cap with a visor, a woollen hat, or a hat with a brim."""
    pose = who.pose
    k = pose.scale
    form, tone, strong, bright = chance[:4]
    colour = hue(tone, 0.25 + 0.65 * strong, 0.20 + 0.65 * bright)
    shade, light = mix(colour, (10, 8, 12), 0.5), mix(colour, (255, 250, 240), 0.32)
    side = 1 if who.light[0] > 0 else -1

    def put(points: ArrayLike, paint: Colour, depth: float = OUTLINE_DEPTH, opacity: float = 1.0, blur: float = 0.3,
            closed: bool = True) -> None:
        canvas.fill(curve(pose(points, depth), closed), paint, opacity, blur)

    def line(points: ArrayLike, paint: Colour, width: float, depth: float = OUTLINE_DEPTH, opacity: float = 0.7,
             blur: float = 0.5) -> None:
        canvas.fill(ribbon(curve(pose(points, depth)), width * k), paint, opacity, blur)

    put([(-44, -26), (0, -20), (44, -26), (44, -16), (0, -12), (-44, -16)], who.skin_shadow, 2, 0.7, 3.0)
    if form < 0.4:  # cap
        put([(-50, -26), (-49, -48), (-34, -74), (0, -84), (34, -74), (49, -48), (50, -26), (30, -34), (0, -38),
             (-30, -34)], colour)
        put([(side * 12, -74), (side * 34, -62), (side * 38, -42), (side * 16, -48)], light, blur=5, opacity=0.55)
        put([(-side * 24, -76), (-side * 46, -50), (-side * 49, -32), (-side * 34, -44)], shade, blur=4, opacity=0.6)
        for u in (-24, 0, 24):
            line([(u * 0.2, -83), (u * 0.9, -62), (u, -38)], shade, 1.2)
        put([(-45, -32), (-36, -40), (0, -45), (36, -40), (45, -32), (43, -22), (24, -23.5), (0, -26), (-24, -23.5),
             (-43, -22)],
            mix(colour, shade, 0.35), 20)
        line([(-44, -24), (-22, -25), (0, -27.5), (22, -25), (44, -24)], shade, 2.4, 20, 0.9)
        line([(-36, -37), (0, -42), (36, -37)], light, 1.6, 20, 0.5)
    elif form < 0.7:  # woollen
        put([(-49, -22), (-51, -46), (-38, -76), (0, -90), (38, -76), (51, -46), (49, -22), (0, -32)], colour)
        put([(side * 10, -78), (side * 34, -66), (side * 40, -44), (side * 14, -50)], light, blur=6, opacity=0.5)
        put([(-side * 22, -80), (-side * 48, -54), (-side * 50, -28), (-side * 36, -44)], shade, blur=5, opacity=0.6)
        for u in np.linspace(-42, 42, 11):
            line([(u * 0.35, -86 + 0.01 * u * u), (u, -60), (u * 1.06, -38)], shade, 1.3, opacity=0.4)
        put([(-51, -22), (-51, -38), (-26, -46), (0, -48), (26, -46), (51, -38), (51, -22), (26, -29), (0, -32),
             (-26, -29)],
            mix(colour, light, 0.35))
        for u in np.linspace(-48, 48, 17):
            line([(u, -46 + 0.004 * u * u), (u, -31 + 0.004 * u * u)], shade, 1.2, opacity=0.5)
    else:  # brim
        put([(-38, -36), (-37, -66), (-24, -84), (0, -80), (24, -84), (37, -66), (38, -36)], colour)
        put([(side * 6, -78), (side * 26, -72), (side * 30, -50), (side * 10, -52)], light, blur=5, opacity=0.5)
        put([(-side * 14, -80), (-side * 34, -66), (-side * 37, -44), (-side * 22, -48)], shade, blur=4, opacity=0.6)
        put([(-38, -40), (0, -46), (38, -40), (38, -51), (0, -57), (-38, -51)],
            mix(shade, hue(tone + 0.4, 0.5, 0.3), 0.5))
        put([(-82, -34), (-60, -42), (-30, -45), (0, -46), (30, -45), (60, -42), (82, -34), (56, -27), (26, -27.5),
             (0, -28), (-26, -27.5), (-56, -27)], mix(colour, shade, 0.15), 4)
        line([(-80, -33), (-54, -27), (0, -28.5), (54, -27), (80, -33)], shade, 3.0, 4, 0.85)
        line([(-74, -36), (-40, -42), (0, -44), (40, -42), (74, -36)], light, 1.6, 4, 0.5)


def paint_earrings(canvas: Canvas, who: Person, chance: np.ndarray) -> None:
    """Paint studs, drops or hoops below both ears, over the hair."""
    pose = who.pose
    k = pose.scale
    form, metal = chance[:2]
    colour = (226, 182, 84) if metal < 0.5 else (214, 218, 228)
    dark = mix(colour, (60, 44, 30), 0.55)
    for side in (-1, 1):
        x, y = pose([(side * 46.0, 23)], -10)[0]
        if form < 0.35:
            ring = ellipse(x, y + 8 * k, 5.5 * k, 8 * k)
            canvas.fill(ribbon(np.concatenate([ring, ring[:1]]), 2.4 * k, False), dark)
            canvas.fill(ribbon(np.concatenate([ring, ring[:1]]) - 0.3, 1.5 * k, False), colour)
        else:
            if form < 0.75:
                canvas.fill(ribbon(np.array([(x, y), (x, y + 4 * k), (x, y + 9 * k)]), 1.3 * k, False), colour)
                y += 11 * k
            r = 3.6 * k
            canvas.fill(ellipse(x, y, r, r * 1.2), dark)
            canvas.fill(ellipse(x - 0.3, y - 0.3, r * 0.82, r), colour)
        canvas.fill(ellipse(x - 0.9 * k, y - 1.0 * k, 1.2 * k, 1.2 * k, points=10), (255, 255, 255), 0.9)


def paint_necklace(canvas: Canvas, who: Person, chance: np.ndarray) -> None:
    """Paint a chain or a string of pearls around the neck."""
    pose = who.pose
    k = pose.scale
    form, metal = chance[:2]
    colour = (232, 188, 88) if metal < 0.5 else (226, 230, 238)
    wide = 33 if who.on["Male"] else 28
    tilt = np.tan(pose.roll)
    spine = np.array([(-wide, 77), (-wide * 0.85, 85), (-wide * 0.5, 92), (0, 96), (wide * 0.5, 92), (wide * 0.85, 85),
                      (wide, 77)], float)
    spine[:, 0] -= tilt * (spine[:, 1] - 50)
    points = curve(pose(spine, -14), samples=5)
    canvas.fill(ribbon(points + (0, 1.4), 2.4 * k, False), who.skin_shadow, 0.6, 0.8)
    if form < 0.5:
        canvas.fill([ellipse(x, y, 2.1 * k, 2.1 * k, points=10) for x, y in points], mix(colour, (90, 80, 70), 0.4))
        canvas.fill([ellipse(x - 0.4, y - 0.5, 1.4 * k, 1.4 * k, points=10) for x, y in points],
                    mix(colour, (255, 255, 255), 0.4))
    else:
        canvas.fill(ribbon(points, 2.2 * k, False), mix(colour, (90, 70, 40), 0.35))
        canvas.fill(ribbon(points - (0, 0.4), 1.1 * k, False), mix(colour, (255, 255, 255), 0.35))
        x, y = points[len(points) // 2]
        canvas.fill(ellipse(x, y + 4.5 * k, 3.4 * k, 4.4 * k), mix(colour, (120, 30, 60), 0.5))
        canvas.fill(ellipse(x - 0.8 * k, y + 3.2 * k, 1.2 * k, 1.4 * k, points=10), (255, 255, 255), 0.8)
