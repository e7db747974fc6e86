"""The data set's attributes in words: how many, whose, and what a report without them leaves out."""

from collections.abc import Sequence

from pipeline.vocabulary import ATTRIBUTES, counted


def celebas(names: Sequence[str]) -> list[str]:
    """Return those of the names that are CelebA's attributes, in the order of `names`."""
    return [name for name in names if name in ATTRIBUTES]


def all_of_celeba(names: Sequence[str]) -> bool:
    """Return whether all of CelebA's 40 attributes are among the names, and no other."""
    return set(names) == set(ATTRIBUTES)


def all_attributes(names: Sequence[str]) -> str:
    """Return what a mean is over: "the 40 attributes"."""
    return "the one attribute" if len(names) == 1 else f"the {len(names)} attributes"


def whose_attributes(names: Sequence[str]) -> str:
    """Return whose attributes they are: "CelebA’s 40 attributes", "the data set’s 7 attributes"."""
    return f"{'CelebA' if all_of_celeba(names) else 'the data set'}’s {counted(len(names), 'attribute')}"


def left_out(names: Sequence[str], of_plan: Sequence[str]) -> list[str]:
    """Return what the report leaves out for want of attributes or landmarks, one sentence for each part.

    Args:
        names: of the data set's attributes.
        of_plan: what the plan could not do as params.yaml says.
    """
    parts: list[str] = []
    if not names:
        parts = [f"{part} attributes, and the data set has none" for part in (
            "Table 1 and its baselines: they need",
            "What each view adds: it needs",
            "What attribute vectors do: it needs",
            "Images behind the attribute vectors: they need",
            "The figures of attribute arithmetic and manipulation: they need",
            "The figures of correlation and entanglement: they need",
            "The share of attributes that reconstructions keep: it needs")]
    elif len(names) == 1:
        parts = ["The figures of correlation and entanglement: they need two attributes, and the data set has one"]
    if names and not all_of_celeba(names):
        has = len(celebas(names))
        parts.append("Accuracies that others have published: they are means over CelebA’s 40 attributes, of which the "
                     f"data set has {has or 'none'}" + (", beside others" if has and has < len(names) else ""))
    # A parameter's name stays small.
    return [*parts, *(note if "." in note.split()[0] else note[0].upper() + note[1:] for note in of_plan)]
