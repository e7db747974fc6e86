"""Do reconstructions keep a face's attributes? The same SVMs judge a face and its reconstruction, by their latents.

The SVMs are fitted to the latents of photographs. A reconstruction is encoded again, as an image like any other. The
encoder is the variant's own, so what it does not see in either image counts as kept.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pipeline.models.interface import Model

# Latents, float N×D → decision values of the SVMs, N×K: above 0 where the face has the attribute.
Decide = Callable[[np.ndarray], np.ndarray]

BATCH = 32  # images: few of them stay in a processor's cache while the decoder computes on them


NO_SVM = "no SVM: no image to fit it to has a known value"
COLUMNS = ("attribute", "faces", "reconstructions", "agreement", "chance", "kappa", "note")


def attribute_preservation(names: Sequence[str], decide: Decide, faces: np.ndarray, reconstructions: np.ndarray
                           ) -> pd.DataFrame:
    """Compare the SVMs' answers about faces with those about their reconstructions.

    Args:
        names: of the K attributes.
        decide: their SVMs; the decision values are NaN for an attribute that has none.
        faces: float N×D, latents of the faces.
        reconstructions: float N×D, latents of their reconstructions, from `encode_reconstructions`.

    Returns:
        One row per attribute; shares are 0 … 1:
          attribute        its name
          faces            share of faces that get the answer yes
          reconstructions  share of reconstructions that do
          agreement        share of faces whose reconstruction gets the same answer
          chance           the agreement to expect of answers with these shares that have nothing to do with each other
          kappa            Cohen's κ = (agreement − chance) / (1 − chance): 1 always the same answer, 0 no more than by
                           chance; NaN where all faces get one answer, so that there is nothing to keep
          note             "", or why there is no kappa; without an SVM all numbers are NaN
    """
    decided, decided_again = decide(faces), decide(reconstructions)
    before, after, without = decided > 0, decided_again > 0, np.asarray(np.isnan(decided).any(axis=0))
    rows: list[dict[str, str | float]] = []
    for attribute, of_faces, of_reconstructions, no_svm in zip(names, before.T, after.T, without, strict=True):
        if no_svm:
            rows.append(dict.fromkeys(COLUMNS, float("nan")) | {"attribute": attribute, "note": NO_SVM})
            continue
        p, q = float(of_faces.mean()), float(of_reconstructions.mean())
        one_answer = of_faces.all() or not of_faces.any()
        rows.append({
            "attribute": attribute, "faces": p, "reconstructions": q,
            "agreement": float((of_faces == of_reconstructions).mean()), "chance": p * q + (1 - p) * (1 - q),
            "kappa": float("nan") if one_answer else cohens_kappa(of_faces, of_reconstructions),
            "note": f"all faces get the answer {'yes' if of_faces.all() else 'no'}: no kappa" if one_answer else ""})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def cohens_kappa(a: np.ndarray, b: np.ndarray) -> float:
    """Return Cohen's κ of two answers to the same questions, bool N each, of which `a` has both kinds.

    It is computed from counts, and so exactly 0 where `b` is always the same.
    """
    both, neither, only_a, only_b = (int(np.sum(cases)) for cases in (a & b, ~a & ~b, a & ~b, ~a & b))
    disagreement_by_chance = (both + only_a) * (only_a + neither) + (both + only_b) * (only_b + neither)
    return 2 * (both * neither - only_a * only_b) / disagreement_by_chance


def preservation_averages(rows: pd.DataFrame) -> dict[str, float | int | None]:
    """Average the rows of `attribute_preservation` over the attributes.

    Returns:
        Mean agreement and chance; mean kappa over the attributes that have one (None if none has), and their number.
    """
    known = rows["kappa"].dropna()
    return {"agreement": float(rows["agreement"].mean()), "chance": float(rows["chance"].mean()),
            "kappa": float(known.mean()) if len(known) else None, "attributes": len(known)}


def encode_reconstructions(vae: "Model", mu: np.ndarray) -> np.ndarray:
    """Decode latents, and encode the images again; in full float32, on a GPU if there is one.

    The images between are those that are shown: clipped and rounded to uint8.

    Args:
        vae: a trained VAE in evaluation mode. It moves to the device and stays there.
        mu: float32 N×D, the faces' posterior means.

    Returns:
        The posterior means of the reconstructions, float32 N×D.
    """
    import torch

    from pipeline.data.pixels import to_uint8
    from pipeline.hardware.float32 import full_float32
    from pipeline.hardware.gpu import best_device
    from pipeline.latent_space.encoding import encode

    vae, again = vae.to(best_device()), [np.empty((0, mu.shape[1]), np.float32)]
    with torch.no_grad():
        for start in range(0, len(mu), BATCH):
            z = torch.from_numpy(mu[start:start + BATCH].copy()).to(best_device())
            with full_float32():
                pixels = to_uint8(vae.decode(z)).cpu().numpy()
            again.append(encode(vae, pixels)[0])
    return np.concatenate(again)
