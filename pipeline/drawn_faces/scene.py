"""Background and clothes."""

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image, ImageDraw, ImageFilter

from pipeline.data.celeba_layout import HEIGHT, WIDTH
from pipeline.drawn_faces.canvas import Canvas, glow, mix, region, shaded
from pipeline.drawn_faces.canvas import ramp as colour_ramp
from pipeline.drawn_faces.geometry import curve, ribbon
from pipeline.drawn_faces.head import face_plane
from pipeline.drawn_faces.person import Person
from pipeline.drawn_faces.wear import hue


def background(rng: np.random.Generator) -> Image.Image:
    """Return a background out of focus: a plain wall, a gradient, lights, or a room; RGB 178×218."""
    n = rng.random(8)
    blobs = rng.random((14, 6))
    bright = n[1] * 0.85 + 0.1
    low = hue(n[2], 0.55 * n[3], bright)
    high = hue(n[2] + 0.25 * (n[4] - 0.5), 0.55 * n[5], bright * (0.45 + 0.75 * n[6]))
    small = (WIDTH // 4 + 1, HEIGHT // 4 + 1)
    x, y = np.meshgrid(np.linspace(-1, 1, small[0]), np.linspace(-1, 1, small[1]))
    t = np.hypot(x, y) / 1.4 if n[7] < 0.35 else 0.5 + 0.5 * (x * np.cos(6.3 * n[7]) + y * np.sin(6.3 * n[7])) / 1.4
    t = t.clip(0, 1)[..., None]
    image = Image.fromarray(((1 - t) * low + t * high).clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image, "RGBA")
    kind = n[0]
    if kind < 0.25:
        pass
    elif kind < 0.5:  # soft masses: foliage, cloth, people far away
        for a, b, c, d, e, f in blobs[:8]:
            colour = hue(n[2] + 0.3 * (c - 0.5), 0.5 * d, bright * (0.4 + 0.9 * e))
            cx, cy, r, q = a * small[0], b * small[1], 4 + 10 * f, 4 + 12 * c
            draw.ellipse((cx - r, cy - q, cx + r, cy + q), fill=(*colour, 170))
        image = image.filter(ImageFilter.GaussianBlur(2.2))
    elif kind < 0.7:  # lights
        image = image.point([int(0.55 * v) for v in range(256)] * 3)
        image = image.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
        draw = ImageDraw.Draw(image, "RGBA")
        for a, b, c, d, _, f in blobs:
            colour = hue(0.08 + 0.5 * (c - 0.5) * d, 0.3 + 0.4 * c, 0.8 + 0.2 * d)
            cx, cy, r = a * WIDTH, b * HEIGHT * 0.9, 4 + 11 * f
            draw.ellipse((cx - r, cy - r, cx + r, cy + r), fill=(*colour, int(40 + 90 * d)))
        return image.filter(ImageFilter.GaussianBlur(1.2))
    else:  # a room: upright and level bands
        for a, b, c, d, e, f in blobs[:6]:
            colour = hue(n[2] + 0.2 * (c - 0.5), 0.6 * d, bright * (0.4 + 0.9 * e))
            cx, cy = a * small[0], b * small[1]
            if f < 0.65:
                draw.rectangle((cx - 2 - 5 * c, 0, cx + 2 + 5 * c, small[1]), fill=(*colour, 190))
            else:
                draw.rectangle((0, cy - 1 - 4 * c, small[0], cy + 1 + 4 * c), fill=(*colour, 190))
        image = image.filter(ImageFilter.GaussianBlur(0.9))
    return image.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)


def paint_clothes(canvas: Canvas, who: Person, neck: Image.Image) -> None:
    """Paint shoulders and collar, and for Wearing_Necktie jacket, shirt and tie; `neck` is the mask of the neck (L)."""
    on, pose = who.on, who.pose
    n = who.rng["scene"].random(8)
    k = pose.scale
    male = on["Male"]
    tilt = np.tan(pose.roll)
    base = hue(n[0], 0.75 * n[1], 0.18 + 0.72 * n[2])
    table = colour_ramp((0, mix(base, (8, 6, 12), 0.75)), (128, base), (255, mix(base, (255, 255, 255), 0.5)))

    def place(points: ArrayLike, depth: float = -18.0) -> np.ndarray:
        points = np.array(points, float)
        points[:, 0] -= tilt * np.clip(points[:, 1] - 50, 0, None)
        return pose(points, depth)

    wide = (37 if male else 31) + (3 if on["Chubby"] else 0)
    broad = 100 if male else 84
    high = 84.0 if male else 88.0
    suit = on["Wearing_Necktie"]
    form = n[3]
    drop = 97 if form < 0.4 else 112 if form < 0.7 else 104
    if suit:
        drop = 96
    body = [(-broad - 30, 160), (-broad, high + 22), (-62, high + 11), (-wide - 5, high + 2), (-wide, high - 2),
            (-wide * 0.6, drop - 5),
            (0, drop), (wide * 0.6, drop - 5), (wide, high - 2), (wide + 5, high + 2), (62, high + 11),
            (broad, high + 22), (broad + 30, 160)]
    outline = curve(place(body), closed=True)
    if not suit:
        canvas.fill(outline - (0, 3.0), who.skin_shadow, 0.45, 2.0, neck)
    mask, box = region([(outline, 255)])
    u, v = face_plane(who, box, -25)
    light = 0.52 - 0.20 * (u / 80) ** 2 + 0.2 * who.light[0] * u / 70
    light -= 0.25 * np.exp(-np.clip(v - 84, 0, None) / 9)
    folds = pose([(-46, 118), (-22, 124), (26, 124), (50, 116)], -20)
    glow(light, box, [(x, y, 5, 16, height) for (x, y), height in zip(folds, (-0.12, 0.10, -0.12, 0.10), strict=True)])
    canvas.through(mask, box, shaded(light, table))
    neckline = curve(place(body[4:9]))
    if suit:
        shirt = mix(hue(n[4], 0.2 * n[5], 0.93), (255, 255, 255), 0.4)
        shadow = mix(shirt, (80, 84, 110), 0.45)
        tie = hue(n[6], 0.85, 0.35 + 0.4 * n[7])
        canvas.fill(place([(-wide, high - 8), (wide, high - 8), (24, 140), (-24, 140)]), shirt, blur=0.3)
        knot = place([(-7.5, 92), (7.5, 92), (5.2, 101), (-5.2, 101)])
        blade = place([(-5.2, 101), (5.2, 101), (12, 145), (-12, 145)])
        for side in (-1, 1):
            collar = place([(side * wide, high - 12), (side * wide * 0.55, high + 3), (side * 2, 93), (side * 19, 107),
                            (side * (wide + 3), high + 3)])
            canvas.fill(collar + (0, 1.5), shadow, 0.8, 0.8)
            canvas.fill(collar, shirt, blur=0.2)
            canvas.fill(ribbon(collar[2:5], 1.0 * k), shadow, 0.9)
        canvas.fill(blade, tie)
        canvas.fill(knot, mix(tie, (255, 255, 255), 0.10))
        canvas.fill(ribbon(np.concatenate([knot[3:], knot[2:3]]), 1.4 * k), mix(tie, (0, 0, 0), 0.5), 0.8)
        stripes = [ribbon(place([(-8, y + 4), (8, y - 3)]), 1.8 * k, False) for y in (108, 116, 124)]
        canvas.fill(stripes, mix(tie, (255, 255, 255), 0.5), 0.7)
        cloth = mix(base, (30, 32, 44), 0.75)
        for side in (-1, 1):
            lapel = place([(side * (wide + 1), high - 4), (side * 23, 112), (side * 10, 150), (side * 140, 170),
                           (side * broad, high + 22), (side * 62, high + 10)])
            canvas.fill(lapel, cloth, blur=0.3)
            canvas.fill(ribbon(place([(side * (wide + 1), high - 4), (side * 23, 112), (side * 10, 150)]), 1.6 * k),
                        (8, 8, 12), 0.6, 0.5)
    elif male and form >= 0.4:  # an open collar
        for side in (-1, 1):
            collar = place([(side * wide, high - 9), (side * wide * 0.5, high + 8), (side * 9, drop - 2),
                            (side * 26, drop + 3), (side * (wide + 6), high + 4)])
            canvas.fill(collar + (0, 1.6), mix(base, (0, 0, 0), 0.6), 0.7, 1.0)
            canvas.fill(collar, mix(base, (255, 255, 255), 0.14))
            canvas.fill(ribbon(collar[2:5], 1.0 * k), mix(base, (0, 0, 0), 0.55), 0.6)
    else:
        canvas.fill(ribbon(neckline, 2.6 * k, False), mix(base, (0, 0, 0), 0.4), 0.6, 0.4)
        canvas.fill(ribbon(neckline + (0, 2.0 * k), 1.0 * k, False), mix(base, (255, 255, 255), 0.3), 0.5, 0.3)
