"""One drawn person, with everything that painting needs to know: build, colours, light, pose.

Chance and attributes are kept apart. The random numbers do not depend on the attributes, so a change of one attribute
changes what it stands for and leaves the rest of the person as it was.
"""

from typing import NamedTuple

import numpy as np

from pipeline.drawn_faces.canvas import Colour, mix, ramp, whole_colour
from pipeline.drawn_faces.geometry import Pose, pose
from pipeline.vocabulary import ATTRIBUTES

# From light to dark, under neutral light.
SKIN_TONES = np.array([
    (243, 205, 182), (236, 190, 160), (226, 176, 142), (208, 154, 118), (182, 126, 90), (142, 94, 66), (102, 68, 50),
], float)
PALE = np.array((250, 226, 214), float)
HAIR = {
    "Black_Hair": ((30, 26, 28), (26, 22, 20), (34, 30, 36)),
    "Brown_Hair": ((96, 60, 38), (78, 50, 34), (116, 74, 46)),
    "Blond_Hair": ((216, 176, 108), (232, 200, 138), (196, 154, 88)),
    "Gray_Hair": ((158, 158, 162), (188, 188, 190), (132, 132, 138)),
    "": ((136, 62, 34), (126, 98, 66), (72, 50, 42), (150, 84, 48), (104, 82, 66), (166, 126, 82), (110, 52, 40),
         (122, 44, 68)),
}
IRISES = ((84, 56, 36), (64, 42, 28), (96, 74, 44), (76, 108, 138), (92, 118, 130), (84, 106, 76), (70, 50, 38))
LIPSTICKS = ((188, 32, 48), (206, 70, 92), (156, 30, 60), (220, 96, 100), (176, 52, 70), (214, 84, 120))


class Shape(NamedTuple):
    """Sizes of the face, in face units (geometry.py)."""

    outline: np.ndarray  # right half of the silhouette, N×2, from the skull's top to the chin
    eye_u: float  # distance of each eye from the middle
    eye_width: float  # half
    eye_height: float
    eye_tilt: float  # the outer corner above the inner
    brow_v: float
    brow_arch: float
    brow_thickness: float
    nose_width: float  # half
    nose_length: float
    nose_depth: float  # w of the tip
    mouth_width: float  # half
    mouth_v: float
    upper_lip: float
    lower_lip: float
    smile: float  # the corners above the middle
    gap: float  # between the lips
    asymmetry: np.ndarray  # 4 small offsets: eyes, brows, mouth, nose


class Person(NamedTuple):
    """One person, ready to be painted."""

    on: dict[str, bool]  # by the attribute's name
    pose: Pose
    shape: Shape
    light: np.ndarray  # unit vector (right, down, to the viewer) towards the light
    skin: np.ndarray  # ramps (canvas.ramp)
    hair: np.ndarray
    hair_colour: Colour
    skin_colour: Colour
    skin_shadow: Colour
    lip_colour: Colour
    iris_colour: Colour
    rng: dict[str, np.random.Generator]  # one stream for each subject


def _shape(on: dict[str, bool], rng: np.random.Generator) -> Shape:
    n = np.clip(rng.standard_normal(24), -2, 2)
    male, young = on["Male"], on["Young"]
    jaw = (1.03 if male else 0.935) + 0.025 * n[0]
    cheek = 1 + 0.02 * n[1]
    chin_width = (1.08 if male else 0.84) * (1 + 0.08 * n[2])
    length = 1 + 0.02 * n[3]
    if on["Chubby"]:
        jaw, cheek, chin_width = jaw * 1.17, cheek * 1.09, chin_width * 1.25
    if on["Oval_Face"]:
        jaw, cheek, chin_width, length = jaw * 0.91, cheek * 0.955, chin_width * 0.76, length * 1.06
    if on["Double_Chin"]:
        jaw, chin_width = jaw * 1.05, chin_width * 1.08
    cheekbone = 1.6 if on["High_Cheekbones"] else 0.0
    outline = np.array([
        (0, -68), (20, -65), (34, -50), (41, -26), (43 * cheek, -4), ((43 + cheekbone) * cheek, 12),
        ((40.5 - 0.7 * cheekbone) * cheek, 29), (36 * jaw, 44), (26.5 * jaw * chin_width**0.4, 57 * length),
        (13 * chin_width, 66 * length), (0, 68.5 * length),
    ])
    smile = 3.6 + 0.5 * n[4] if on["Smiling"] else 0.7 + 0.6 * n[4]
    gap = 0.0
    if on["Mouth_Slightly_Open"]:
        gap = (6.2 if on["Smiling"] else 4.6) + 0.9 * n[5]
    lips = (1.55 if on["Big_Lips"] else 0.95) * (0.9 if male else 1.06) * (1 + 0.1 * n[6])
    lips *= 0.9 if on["Smiling"] else 1
    height = (4.0 if male else 4.6) * (1 + 0.08 * n[7]) * (1.06 if on["Attractive"] else 0.97)
    height *= (0.88 if on["Smiling"] else 1) * (1 if young else 0.92) * (0.48 if on["Narrow_Eyes"] else 1)
    nose = (8.2 if male else 7.3) * (1 + 0.06 * n[8])
    nose *= (1.36 if on["Big_Nose"] else 1) * (0.82 if on["Pointy_Nose"] else 1)
    brow = (3.1 if male else 2.3) * (1 + 0.12 * n[9]) * (1.75 if on["Bushy_Eyebrows"] else 1)
    return Shape(
        outline=outline,
        eye_u=19.5 + 0.7 * n[10],
        eye_width=(9.6 if male else 10.3) + 0.4 * n[11] + (0.5 if on["Attractive"] else 0),
        eye_height=height,
        eye_tilt=(0.4 if male else 1.1) + 0.8 * n[12] - (0 if young else 0.8),
        brow_v=(-12.0 if male else -14.0) + 0.9 * n[13] - (1.5 if on["Arched_Eyebrows"] else 0),
        brow_arch=(5.2 if on["Arched_Eyebrows"] else 1.6) + 0.5 * n[14],
        brow_thickness=brow,
        nose_width=nose,
        nose_length=25.0 + 0.8 * n[15] + (2.4 if on["Big_Nose"] else 0) - (0.4 if on["Pointy_Nose"] else 0),
        nose_depth=41.0 + 1.5 * n[16] + (4 if on["Pointy_Nose"] else 0) + (2 if on["Big_Nose"] else 0),
        mouth_width=15.3 + 0.9 * n[17] + (3.2 if on["Smiling"] else 0) + (0.7 if on["Big_Lips"] else 0),
        mouth_v=41.4 + 0.8 * n[18],
        upper_lip=3.1 * lips,
        lower_lip=4.3 * lips,
        smile=smile,
        gap=gap,
        asymmetry=n[19:23] * (0.25 if on["Attractive"] else 1.0),
    )


def _skin(on: dict[str, bool], rng: np.random.Generator) -> np.ndarray:
    """Return the base colour of the skin, (3,), 0 … 255."""
    tone, red, yellow = rng.beta(1.3, 2.0) * 6, *rng.standard_normal(2)
    if on["Pale_Skin"]:
        return PALE
    low = min(int(tone), 5)
    base = SKIN_TONES[low] + (tone - low) * (SKIN_TONES[low + 1] - SKIN_TONES[low])
    red, yellow = np.clip((red, yellow), -2, 2)
    return base + red * np.array((2, -2, -1)) + yellow * np.array((0, 1, -4))


def _hair_colour(on: dict[str, bool], rng: np.random.Generator) -> Colour:
    pick, t = rng.random(), 0.5 * rng.random()
    name = next((name for name in HAIR if name and on[name]), "")
    choices = HAIR[name]
    if not name and not on["Young"]:
        choices = choices[1:3]
    return mix(choices[int(pick * len(choices))], choices[0], t)


def person(attributes: np.ndarray, rng: np.random.Generator) -> Person:
    """Return the person with these attributes (bool, 40); `rng` decides the rest."""
    on = dict(zip(ATTRIBUTES, np.asarray(attributes, bool).tolist(), strict=True))
    subjects = ("pose", "shape", "colour", "light", "scene", "hair", "eyes", "skin", "beard", "wear", "finish")
    seeds = rng.integers(2**63, size=len(subjects)).tolist()
    streams = {name: np.random.default_rng(seed) for name, seed in zip(subjects, seeds, strict=True)}

    side, lift = np.clip(streams["light"].standard_normal(2), -2, 2)
    light = np.array((0.40 * side, -0.35 + 0.15 * lift, 0.85))

    skin = _skin(on, streams["colour"])
    hair = _hair_colour(on, streams["colour"])
    eyes = IRISES if skin.mean() > 150 else IRISES[:3]
    iris, lipstick = streams["colour"].random(2)
    base = np.array(hair, float)
    lips = mix(skin, (176, 70, 76), 0.34 if on["Male"] else 0.46)
    if on["Wearing_Lipstick"]:
        lips = LIPSTICKS[int(lipstick * len(LIPSTICKS))]
    darkness = np.array((0.66, 0.50, 0.46))
    return Person(
        on=on, pose=pose(streams["pose"]), shape=_shape(on, streams["shape"]), light=light / np.linalg.norm(light),
        skin=ramp((0, skin * (0.22, 0.13, 0.12)), (70, skin * (0.52, 0.37, 0.34)), (115, skin * (0.82, 0.70, 0.66)),
                  (160, skin), (215, skin + (255 - skin) * (0.42, 0.38, 0.34)), (255, skin + (255 - skin) * 0.8)),
        hair=ramp((0, base * 0.18), (70, base * 0.5), (128, base), (190, base * 0.8 + (62, 56, 48)),
                  (255, base * 0.62 + (112, 104, 94))),
        hair_colour=hair,
        skin_colour=whole_colour(skin.clip(0, 255)),
        skin_shadow=whole_colour(skin * darkness),
        lip_colour=lips,
        iris_colour=eyes[int(iris * len(eyes))],
        rng=streams,
    )


def landmarks(who: Person) -> np.ndarray:
    """Return the five landmarks as drawn, int (5, 2), in pixels (x, y) of the 178×218 picture.

    They are left eye, right eye, nose, left and right corner of the mouth; left and right are the picture's.
    """
    s, (eye, _, mouth, nose) = who.shape, who.shape.asymmetry
    flat = who.pose([(-s.eye_u, 0.5 * eye), (s.eye_u, -0.5 * eye), (-s.mouth_width, s.mouth_v - s.smile + 0.5 * mouth),
                     (s.mouth_width, s.mouth_v - s.smile - 0.5 * mouth)])
    tip = who.pose([(0.6 * nose, s.nose_length)], s.nose_depth)
    return np.rint(np.concatenate([flat[:2], tip, flat[2:]])).astype(int)
