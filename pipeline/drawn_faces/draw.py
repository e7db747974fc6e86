"""Drawing one face in CelebA's aligned frame."""

import numpy as np
from PIL import Image, ImageFilter

from pipeline.drawn_faces import beard, eyes, hair, head, mouth, person, scene, wear
from pipeline.drawn_faces.canvas import Canvas


def draw_face(attributes: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw the person that has these attributes.

    Args:
        attributes: bool (40,), in CelebA's order (pipeline.vocabulary).
        rng: decides everything else about person and picture. The same state with other attributes gives the same
            person with those attributes changed.

    Returns:
        pixels: uint8 218×178×3, RGB.
        landmarks: int (5, 2), (x, y) in pixels as drawn: left eye, right eye, nose, left and right corner of the mouth.
    """
    who = person.person(attributes, rng)
    on = who.on
    canvas = Canvas(scene.background(who.rng["scene"]))
    chance = who.rng["wear"].random(8)
    locks = hair.comb(who)

    hair.paint_back(canvas, who, locks)
    neck = head.paint_neck(canvas, who)
    if on["Wearing_Necklace"]:
        wear.paint_necklace(canvas, who, chance)
    scene.paint_clothes(canvas, who, neck)
    head.paint_ears(canvas, who)
    face = head.paint_face(canvas, who, neck)
    mouth.paint_nose(canvas, who)
    beard.paint_beard(canvas, who, face)
    mouth.paint_mouth(canvas, who)
    eyes.paint_eyes(canvas, who)
    eyes.paint_brows(canvas, who)
    hair.paint_front(canvas, who, locks, face)
    if on["Wearing_Earrings"]:
        wear.paint_earrings(canvas, who, chance[2:])
    if on["Wearing_Hat"]:
        wear.paint_hat(canvas, who, chance[3:])
    if on["Eyeglasses"]:
        wear.paint_glasses(canvas, who, chance[4:])
    return finish(canvas.image, who), person.landmarks(who)


def finish(image: Image.Image, who: person.Person) -> np.ndarray:
    """Apply the camera: exposure, colour of the light, and for Blurry a lack of focus; return uint8 218×178×3."""
    exposure, warmth, contrast = np.clip(who.rng["finish"].standard_normal(3), -2, 2)
    if who.on["Blurry"]:
        image = image.filter(ImageFilter.GaussianBlur(2.4))
    levels = np.arange(256)
    tables: list[int] = []
    for tint in (warmth, 0.0, -warmth):
        bent = 128 + (levels - 128) * (1 + 0.06 * contrast)
        tables += (bent * (1 + 0.07 * exposure + 0.025 * tint)).clip(0, 255).astype(int).tolist()
    return np.asarray(image.point(tables))
