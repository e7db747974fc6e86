"""How far along an attribute's vector the SVM's answer flips, what flips with it, and whether the picture agrees.

v is the vector of an attribute (Hou et al. 2016, section 4.3.2), and wᵀz + b the decision of its linear SVM on the
latent vector z. A face whose answer is no gets the attribute, z + αv; one whose answer is yes loses it, z − αv. An SVM
is linear, so its answer flips at α = |wᵀz + b| / wᵀv where wᵀv > 0, and nowhere else. α counts whole vectors: α = 1
moves the mean of the faces without the attribute to the mean of those with it.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.evaluation.linear_svm import LinearSVMs
from pipeline.evaluation.preservation import NO_SVM

WITHIN = 1.0  # α up to which a flip counts as within reach: the papers' figures end at one whole vector
MARGIN = 1.1  # a face is decoded at so many times the α at which its answer flips
DECODED_AT_ONCE = 128  # images

# float32 N×D → uint8 N×3×S×S, and back to the posterior means.
Decode = Callable[[np.ndarray], np.ndarray]
Encode = Callable[[np.ndarray], np.ndarray]


class Flips(NamedTuple):
    """What K attribute vectors do to the answers of K SVMs."""

    table: pd.DataFrame  # one row per attribute; `measure_flips` has the columns
    entanglement: np.ndarray  # float64 K×K; see `entanglement_row`


def measure_flips(names: Sequence[str], z: np.ndarray, vectors: np.ndarray, svms: LinearSVMs,
                  decoded_faces: int = 0, decode: Decode | None = None, encode: Encode | None = None) -> Flips:
    """Move held-out faces along each attribute vector until the SVM's answer flips.

    Args:
        names: of the K attributes.
        z: float32 N×D, posterior means of faces on which neither vectors nor SVMs were fitted.
        vectors: float K×D; NaN for an attribute without a vector.
        svms: K SVMs on z; with weights that are NaN for an attribute without an SVM.
        decoded_faces: at most so many faces of each attribute are decoded; 0 for none.
        decode: latent vectors, float32 N×D → images, uint8 N×3×S×S. Needed to decode, as `encode` is.
        encode: images → posterior means, float32 N×D.

    Returns:
        The entanglement, and a row per attribute; shares are 0 … 1:
          attribute      its name
          yes, no        number of faces with either answer of the SVM
          median_alpha   median over all faces of the α at which the answer flips
          flipped        share of faces whose answer flips within α ≤ `WITHIN`; 0 where the vector moves no answer to
                         its other side (wᵀv ≤ 0)
          others         share of the other attributes' answers that flip where this one does: the mean of its row of
                         the entanglement without the diagonal
          decoded_faces  number of faces that were moved and decoded
          decoded        share of these whose picture, encoded again, has the flipped answer
          unmoved        the same share without moving them: answers that decoding and encoding alone flips
          kept           the change of the SVM's decision by which these pictures differ from those of the same faces
                         unmoved, over that of z itself: 1 where the picture shows all of it, 0 where nothing
          note           "", or why nothing was measured; the other numbers are NaN then
    """
    decisions, effects = svms.decide(z), vectors.astype(np.float64) @ svms.weights[:-1]
    alpha = flipping_alpha(decisions, effects.diagonal())
    yes = (decisions > 0).sum(axis=0)
    notes = [why_not(decisions[:, i], effects[i, i]) for i in range(len(names))]
    measured = np.array([not note for note in notes], dtype=bool)
    entanglement = np.full((len(names), len(names)), np.nan)
    for i in np.flatnonzero(measured).tolist():
        entanglement[i] = entanglement_row(decisions, alpha[:, i], effects, i)
    entanglement[:, ~measured] = np.nan
    stuck = (yes > 0) & (yes < len(z)) & (effects.diagonal() <= 0)  # no move along the vector flips an answer
    others = entanglement.copy()
    np.fill_diagonal(others, np.nan)
    table = pd.DataFrame({
        "attribute": list(names), "yes": yes, "no": (decisions <= 0).sum(axis=0),
        "median_alpha": np.where(measured, np.median(alpha, axis=0), np.nan),
        "flipped": np.where(measured | stuck, (alpha <= WITHIN).mean(axis=0), np.nan),
        "others": pd.DataFrame(others).mean(axis=1),
        **decoded_answers(z, vectors, svms, alpha, measured, decoded_faces, decode, encode), "note": notes})
    return Flips(table, entanglement)


def flipping_alpha(decisions: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Return the α at which each face's answer to each attribute flips.

    Args:
        decisions: float64 N×K, wᵀz + b.
        gain: float64 K, wᵀv: what one whole vector adds to the decision of its own attribute.

    Returns:
        float64 N×K, at least 0; NaN where the gain is not above 0.
    """
    return np.abs(decisions) / np.where(gain > 0, gain, np.nan)


def why_not(decisions: np.ndarray, gain: float) -> str:
    """Return why an attribute's flips cannot be measured, or "" if they can.

    Args:
        decisions: float64 N, its SVM's.
        gain: wᵀv; NaN without a vector.
    """
    answers = decisions > 0
    if np.isnan(decisions).any():
        return NO_SVM
    if np.isnan(gain):
        return "no vector: the images to compute it from lack one class"
    if answers.all() or not answers.any():
        return f"the SVM answers {'yes' if answers.all() else 'no'} for every face"
    return "" if gain > 0 else "the SVM's answer does not flip along the vector: wᵀv is not above 0"


def entanglement_row(decisions: np.ndarray, alpha: np.ndarray, effects: np.ndarray, attribute: int) -> np.ndarray:
    """Return which answers flip with that of one attribute, each face moved to the α where its own answer flips.

    Args:
        decisions: float64 N×K, those of all SVMs.
        alpha: float64 N, those of the attribute.
        effects: float64 K×K, what one whole vector of row i adds to the decision of column j; NaN rows without vector.
        attribute: number of the attribute.

    Returns:
        float64 K, the share of faces whose answer differs from that of the face as it was. The attribute itself has 1
        by definition. NaN for attributes without a vector.
    """
    towards = np.where(decisions[:, attribute] > 0, -1, 1)
    moved = decisions + np.outer(towards * alpha, effects[attribute])
    row = ((moved > 0) != (decisions > 0)).mean(axis=0)
    row[attribute] = 1
    row[np.isnan(effects.diagonal())] = np.nan
    return row


def decoded_answers(z: np.ndarray, vectors: np.ndarray, svms: LinearSVMs, alpha: np.ndarray, measured: np.ndarray,
                    count: int, decode: Decode | None, encode: Encode | None) -> dict[str, np.ndarray]:
    """Ask the SVMs about the pictures of moved faces: algebra on z says nothing about what the decoder shows.

    A face is moved to `MARGIN` times its own α, decoded, rounded to a picture of 8 bits, and encoded again.

    Args:
        z: float32 N×D.
        vectors: float K×D.
        svms: K SVMs on z.
        alpha: float64 N×K.
        measured: bool K, the attributes to do this for.
        count: faces of each attribute, spread evenly over all when sorted by α; 0 for none.
        decode: see `measure_flips`.
        encode: see `measure_flips`.

    Returns:
        decoded_faces (int64 K), decoded, unmoved and kept (float64 K; NaN where no face was decoded).
    """
    found = {"decoded_faces": np.zeros(len(measured), np.int64),
             **{name: np.full(len(measured), np.nan) for name in ("decoded", "unmoved", "kept")}}
    if not count or decode is None or encode is None or not measured.any():
        return found
    chosen = {i: spread_over(alpha[:, i], count) for i in np.flatnonzero(measured)}
    attribute = np.repeat(list(chosen), [len(faces) for faces in chosen.values()])
    face = np.concatenate(list(chosen.values()))

    def decide(latents: np.ndarray) -> np.ndarray:
        return svms.decide(latents)[np.arange(len(face)), attribute]

    before = decide(z[face])
    towards = np.where(before > 0, -1, 1)
    moved = z[face] + (MARGIN * towards * alpha[face, attribute])[:, None] * vectors[attribute]
    shown, again = np.unique(face, return_inverse=True)  # unmoved, a face has one picture for all attributes
    decoded = decide(encoded_pictures(moved, decode, encode))
    unmoved = decide(encoded_pictures(z[shown], decode, encode)[again])
    for i, faces in chosen.items():
        rows = attribute == i
        found["decoded_faces"][i] = len(faces)
        for name, after in (("decoded", decoded), ("unmoved", unmoved)):
            found[name][i] = ((after > 0) != (before > 0))[rows].mean()
        found["kept"][i] = (towards * (decoded - unmoved))[rows].sum() / (MARGIN * np.abs(before[rows]).sum())
    return found


def spread_over(alpha: np.ndarray, count: int) -> np.ndarray:
    """Return the rows of at most `count` faces: from the smallest α, float N, to the largest in steps of equal rank."""
    ranks = np.linspace(0, len(alpha) - 1, min(count, len(alpha))).round().astype(int)
    return np.argsort(alpha, kind="stable")[ranks]


def encoded_pictures(z: np.ndarray, decode: Decode, encode: Encode) -> np.ndarray:
    """Decode latent vectors, float N×D, and encode their pictures: float32 N×D."""
    z = z.astype(np.float32)
    return np.concatenate([encode(decode(z[start:start + DECODED_AT_ONCE]))
                           for start in range(0, len(z), DECODED_AT_ONCE)])


def averages(flips: Flips) -> dict[str, float | int | None]:
    """Average over the attributes that could be measured: so median_alpha is a mean of medians, each over the faces.

    Returns:
        median_alpha, flipped, others, decoded, unmoved and kept, None where there is nothing to average; and
        attributes, the number of those that were measured.
    """
    names = ("median_alpha", "flipped", "others", "decoded", "unmoved", "kept")
    means = {name: float(flips.table[name].mean()) for name in names}
    return {**{name: None if np.isnan(mean) else mean for name, mean in means.items()},
            "attributes": int((flips.table["note"] == "").sum())}
