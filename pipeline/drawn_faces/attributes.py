"""Sampling the 40 attributes of a drawn person.

The model is a Gaussian copula. There is one latent normal per attribute; `CORRELATIONS` correlates them, and
thresholds give each attribute its frequency given the sex (`FREQUENCIES`). Hair colour, hair texture and beard are
sampled as groups, because their members exclude or imply one another. The numbers are CelebA's, rounded.
"""

from functools import cache
from statistics import NormalDist

import numpy as np

from pipeline.vocabulary import ATTRIBUTES

INDEX = {name: i for i, name in enumerate(ATTRIBUTES)}

MALE = 0.42
# P(attribute | woman), P(attribute | man). Hair colours, hair textures and beards follow below.
FREQUENCIES: dict[str, tuple[float, float]] = {
    "Arched_Eyebrows": (0.43, 0.05), "Attractive": (0.68, 0.28), "Bags_Under_Eyes": (0.11, 0.34),
    "Bald": (0.0, 0.05), "Bangs": (0.21, 0.08), "Big_Lips": (0.30, 0.16), "Big_Nose": (0.10, 0.42),
    "Blurry": (0.05, 0.06), "Bushy_Eyebrows": (0.07, 0.24), "Chubby": (0.01, 0.12), "Double_Chin": (0.01, 0.10),
    "Eyeglasses": (0.02, 0.12), "Heavy_Makeup": (0.66, 0.005), "High_Cheekbones": (0.56, 0.30),
    "Mouth_Slightly_Open": (0.53, 0.42), "Narrow_Eyes": (0.11, 0.12), "Oval_Face": (0.33, 0.22),
    "Pale_Skin": (0.055, 0.025), "Pointy_Nose": (0.36, 0.16), "Receding_Hairline": (0.05, 0.13),
    "Rosy_Cheeks": (0.11, 0.005), "Smiling": (0.54, 0.40), "Wearing_Earrings": (0.32, 0.015),
    "Wearing_Hat": (0.03, 0.09), "Wearing_Lipstick": (0.80, 0.01), "Wearing_Necklace": (0.20, 0.02),
    "Wearing_Necktie": (0.002, 0.18), "Young": (0.88, 0.63),
}

# P(colour | woman), P(colour | man), in the order of one latent scale from dark to light; "" is none of the four.
HAIR_COLOURS: dict[str, tuple[float, float]] = {
    "Black_Hair": (0.20, 0.30), "Brown_Hair": (0.24, 0.16), "": (0.31, 0.42), "Gray_Hair": (0.01, 0.09),
    "Blond_Hair": (0.24, 0.03),
}
# Factors on the share of grey hair, by whether the person is young: nearly all grey hair is of the old.
GRAY_GIVEN_AGE = {True: 0.05, False: 4.6}
# Straight, neither, wavy: in this order on one latent scale.
HAIR_TEXTURES: dict[str, tuple[float, float]] = {
    "Straight_Hair": (0.19, 0.25), "": (0.36, 0.60), "Wavy_Hair": (0.45, 0.15),
}
BEARD = 0.40  # P(beard | man); women have none
# P(kind | beard)
BEARD_KINDS = {"5_o_Clock_Shadow": 0.66, "Goatee": 0.38, "Mustache": 0.25, "Sideburns": 0.35}

# Latent correlations within each sex; the others are zero. "Hair" and "Texture" are the two latent scales above.
CORRELATIONS: dict[tuple[str, str], float] = {
    ("Smiling", "High_Cheekbones"): 0.82, ("Smiling", "Mouth_Slightly_Open"): 0.72,
    ("High_Cheekbones", "Mouth_Slightly_Open"): 0.58, ("Heavy_Makeup", "Wearing_Lipstick"): 0.80,
    ("Heavy_Makeup", "Attractive"): 0.45, ("Wearing_Lipstick", "Attractive"): 0.40, ("Young", "Attractive"): 0.55,
    ("Heavy_Makeup", "Arched_Eyebrows"): 0.35, ("Heavy_Makeup", "Rosy_Cheeks"): 0.45,
    ("Wearing_Lipstick", "Arched_Eyebrows"): 0.35, ("Wearing_Lipstick", "Wearing_Earrings"): 0.20,
    ("Wearing_Lipstick", "Rosy_Cheeks"): 0.35, ("Heavy_Makeup", "Pointy_Nose"): 0.15,
    ("Chubby", "Double_Chin"): 0.75, ("Chubby", "Big_Nose"): 0.35, ("Chubby", "Attractive"): -0.45,
    ("Chubby", "Oval_Face"): -0.25, ("Double_Chin", "Young"): -0.55, ("Chubby", "Young"): -0.35,
    ("Double_Chin", "Big_Nose"): 0.35, ("Big_Nose", "Attractive"): -0.25, ("Big_Nose", "Bags_Under_Eyes"): 0.35,
    ("Big_Nose", "Pointy_Nose"): -0.30, ("Big_Nose", "Young"): -0.25, ("Bags_Under_Eyes", "Young"): -0.25,
    ("Bags_Under_Eyes", "Attractive"): -0.15, ("Receding_Hairline", "Young"): -0.45, ("Bald", "Young"): -0.45,
    ("Bald", "Chubby"): 0.35, ("Receding_Hairline", "Attractive"): -0.25, ("Receding_Hairline", "Bangs"): -0.40,
    ("Eyeglasses", "Young"): -0.35, ("Eyeglasses", "Attractive"): -0.35, ("Wearing_Necktie", "Young"): -0.30,
    ("Wearing_Necktie", "Wearing_Hat"): -0.35, ("Bushy_Eyebrows", "Hair"): -0.35, ("Pale_Skin", "Rosy_Cheeks"): -0.10,
    ("Attractive", "Oval_Face"): 0.25, ("Attractive", "Pointy_Nose"): 0.20, ("Attractive", "Texture"): 0.15,
    ("Wearing_Lipstick", "Hair"): 0.10, ("Heavy_Makeup", "Hair"): 0.12, ("Heavy_Makeup", "Texture"): 0.10,
    ("Wearing_Earrings", "Wearing_Necklace"): 0.25, ("Wearing_Earrings", "Arched_Eyebrows"): 0.15,
    ("Arched_Eyebrows", "Bushy_Eyebrows"): -0.15, ("Blurry", "Attractive"): -0.25, ("Bangs", "Young"): 0.20,
    ("Narrow_Eyes", "Smiling"): 0.15, ("Beard", "Attractive"): 0.05, ("Beard", "Young"): 0.10,
    ("5_o_Clock_Shadow", "Young"): 0.20, ("5_o_Clock_Shadow", "Bushy_Eyebrows"): 0.20, ("Goatee", "Mustache"): 0.45,
    ("Goatee", "Sideburns"): 0.40, ("Mustache", "Sideburns"): 0.20, ("Goatee", "5_o_Clock_Shadow"): -0.30,
    ("Mustache", "5_o_Clock_Shadow"): -0.30, ("Wearing_Hat", "Beard"): 0.25, ("Wearing_Hat", "Attractive"): -0.20,
    ("Wearing_Necktie", "Beard"): -0.25, ("Smiling", "Oval_Face"): 0.30, ("High_Cheekbones", "Oval_Face"): 0.30,
    ("Smiling", "Rosy_Cheeks"): 0.30, ("High_Cheekbones", "Rosy_Cheeks"): 0.35, ("Big_Lips", "Arched_Eyebrows"): 0.25,
    ("Wearing_Earrings", "Rosy_Cheeks"): 0.25, ("Receding_Hairline", "Chubby"): 0.25,
    ("Receding_Hairline", "Double_Chin"): 0.25, ("Bald", "Double_Chin"): 0.35, ("Smiling", "Wearing_Earrings"): 0.15,
    ("High_Cheekbones", "Wearing_Earrings"): 0.20,
}

_LATENTS = (*FREQUENCIES, *BEARD_KINDS, "Hair", "Texture", "Beard")
_LATENT = {name: i for i, name in enumerate(_LATENTS)}
_NORMAL = NormalDist()


@cache
def _factor() -> np.ndarray:
    """Return the lower Cholesky factor of the latent correlations.

    CORRELATIONS need not be positive definite: eigenvalues are clipped, and the diagonal is scaled back to one.
    """
    correlation = np.eye(len(_LATENTS))
    for (a, b), value in CORRELATIONS.items():
        correlation[_LATENT[a], _LATENT[b]] = correlation[_LATENT[b], _LATENT[a]] = value
    values, vectors = np.linalg.eigh(correlation)
    correlation = (vectors * values.clip(0.02)) @ vectors.T
    deviation = np.sqrt(np.diag(correlation))
    return np.linalg.cholesky(correlation / np.outer(deviation, deviation))


def _choose(shares: dict[str, float], uniform: float) -> str:
    """Return the category that `uniform` (0 … 1) falls into when the shares are laid end to end in order."""
    uniform *= sum(shares.values())
    chosen = ""
    for name, share in shares.items():
        chosen = name
        uniform -= share
        if uniform < 0:
            break
    return chosen


def sample_attributes(rng: np.random.Generator) -> np.ndarray:
    """Sample one person's attributes: bool (40,), in CelebA's order."""
    male = int(rng.random() < MALE)
    latent = dict(zip(_LATENTS, (_factor() @ rng.standard_normal(len(_LATENTS))).tolist(), strict=True))
    uniform = {name: _NORMAL.cdf(value) for name, value in latent.items()}
    on = {name: uniform[name] > 1 - frequency[male] for name, frequency in FREQUENCIES.items()}
    on["Male"] = bool(male)

    beard = bool(male) and uniform["Beard"] > 1 - BEARD
    on |= {kind: beard and uniform[kind] > 1 - frequency for kind, frequency in BEARD_KINDS.items()}
    on["No_Beard"] = not beard

    if on["Bald"]:  # there is no hair to cut, to colour or to recede
        on |= {"Bangs": False, "Receding_Hairline": False, "Wearing_Hat": False}
    else:
        colours = {name: share[male] for name, share in HAIR_COLOURS.items()}
        colours["Gray_Hair"] *= GRAY_GIVEN_AGE[on["Young"]]
        textures = {name: share[male] for name, share in HAIR_TEXTURES.items()}
        on[_choose(colours, uniform["Hair"])] = True
        on[_choose(textures, uniform["Texture"])] = True
    if on["Wearing_Hat"]:
        on |= {"Bangs": False, "Receding_Hairline": False}
    if on["Receding_Hairline"]:
        on["Bangs"] = False
    if on["Wearing_Necktie"]:
        on["Wearing_Necklace"] = False
    return np.array([on.get(name, False) for name in ATTRIBUTES])
