"""What is odd about an attribute's SVM, as fragments of a sentence: the column `note` of the rows of `svm.evaluate`."""

from collections.abc import Mapping, Sequence

import pandas as pd

from pipeline.data.attributes import Attributes

NO_TRAINING_IMAGE = "no training image with a known value: no scores"
NO_TEST_IMAGE = "no test image with a known value: no scores"
NOT_CONVERGED = "not converged"  # begins the fragments about SVMs that are not at their minimum


def not_converged(gradient: float, tolerance: float, where: str) -> str:
    """Return that L-BFGS has not reached the minimum.

    Args:
        gradient: the largest component that is left, over the largest at the start.
        tolerance: what it should be.
        where: on which images with which C, in words.
    """
    return f"{NOT_CONVERGED} {where}: the gradient is {gradient:.1e} of that at the start, and not {tolerance:g}"


def of_training_classes(training: Attributes) -> list[str]:
    """Return for each attribute that all training images with a known value are positive or negative, or there is none.

    Returns:
        K notes; "" where there are both classes.
    """
    return [NO_TRAINING_IMAGE if not known else "" if 0 < positive < known else
            f"only {'positive' if positive else 'negative'} training images: always answered so"
            for positive, known in _counts(training)]


def of_test_classes(test: Attributes) -> list[str]:
    """Return for each attribute that all test images with a known value are positive or negative, or there is none.

    Returns:
        K notes; "" where there are both classes.
    """
    return [NO_TEST_IMAGE if not known else "" if 0 < positive < known else
            f"no {'negative' if positive else 'positive'} test image: balanced accuracy, average precision and AUROC "
            "are not defined" for positive, known in _counts(test)]


def _counts(attributes: Attributes) -> list[tuple[int, int]]:
    """Return for each attribute how many images have it, and for how many it is known."""
    return list(zip(attributes.values.sum(axis=0).tolist(), attributes.known.sum(axis=0).tolist(), strict=True))


def joined(*notes: str) -> str:
    """Return the notes that are not empty, with semicolons between them."""
    return "; ".join(note for note in notes if note)


def convergence(rows: pd.DataFrame) -> str:
    """Return which SVMs have not converged, "" where all have. rows: of `svm.evaluate`, also as read from a file."""
    noted = rows["note"].fillna("").astype(str).str.contains(NOT_CONVERGED, regex=False)
    if not noted.any():
        return ""
    names = ", ".join(map(str, rows.loc[noted, "attribute"]))
    return f"{noted.sum()} of {len(rows)} SVMs have {NOT_CONVERGED}, so their scores may be off: {names}"


def at_the_edge(chosen: Mapping[str, float], candidates: Sequence[float], parameter: str) -> str:
    """Return for which features validation chose the smallest or the largest C, "" for none or for a single candidate.

    Args:
        chosen: features in words → their C; NaN where there are no SVMs.
        candidates: for C.
        parameter: that lists them, "evaluate.svm_c".
    """
    low, high = min(candidates), max(candidates)
    edges = [(f"the {which} of {parameter}, {edge:g}", [name for name, C in chosen.items() if edge == C])
             for which, edge in (("smallest", low), ("largest", high))] if low < high else []
    said = [f"{what}, for {'; '.join(names)}" for what, names in edges if names]
    return f"validation chose {', and '.join(said)}: a C beyond the candidates may be better" if said else ""
