"""What was run: parameters, precision and hardware of each training, machines of all results, and notes."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.report.contents import VariantResults
from pipeline.report.numbers import DASH

LONG = 240  # characters; the page folds the details of a longer note away


def flatten(parameters: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return nested parameters by their dotted names: {"loss": {"beta": 0.5}} becomes {"loss.beta": "0.5"}.

    Lists become texts separated by commas, and None a dash.
    """
    flat: dict[str, str] = {}
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{name}.")
        elif isinstance(value, (list, tuple)):
            flat[prefix + str(name)] = ", ".join(map(str, value))
        else:
            flat[prefix + str(name)] = DASH if value is None else str(value)
    return flat


def parameter_rows(variants: Sequence[VariantResults]) -> dict[str, list[tuple[str, list[str]]]]:
    """Return "differing" parameters with one value per variant, and "shared" ones with a single value."""
    flats = [flatten(variant.parameters) for variant in variants]
    rows: dict[str, list[tuple[str, list[str]]]] = {"differing": [], "shared": []}
    for name in dict.fromkeys(name for flat in flats for name in flat):
        values = [flat.get(name, DASH) for flat in flats]
        if len(set(values)) > 1:
            rows["differing"].append((name, values))
        else:
            rows["shared"].append((name, values[:1]))
    return rows


def trainings_in_words(variants: Sequence[VariantResults]) -> dict[str, str]:
    """Return how variants were trained, those together that were trained alike: {"PVAE, VAE-123": "in bf16, by …"}."""
    labels: dict[str, list[str]] = {}
    for variant in variants:
        if trained := variant.trained:
            where = f"1 worker, on {trained['device']}" if trained["workers"] == 1 else \
                f"{trained['workers']} workers, the first on {trained['device']}"
            if "earlier_workers" in trained:
                where += f" (earlier {trained['earlier_workers']})"
            how = f"in {trained['precision']}, by {where}{start_in_words(trained)}"
            labels.setdefault(how, []).append(variant.label)
    return {", ".join(alike): how for how, alike in labels.items()}


def start_in_words(trained: Mapping[str, str | int]) -> str:
    """Return from which weights a training started, "" for new ones. trained: as in records/train."""
    if "start_weights" not in trained:
        return ""
    of = f" of {trained['start_weights_of']}," if "start_weights_of" in trained else ""
    return (f", begun with the model's weights{of} in {trained['start_weights']} "
            f"(SHA-256 {str(trained['start_weights_sha256'])[:12]}…)")


def machines_in_words(made_by: Sequence[tuple[str, Mapping[str, str]]]) -> dict[str, str]:
    """Return what made the results, by "all results", or by the names of the stages where machines differ.

    Args:
        made_by: as in `Report`.
    """
    stages: dict[str, list[str]] = {}
    for stage, machine in made_by:
        words = (f"Python {machine['python']}, packages of requirements.lock {machine['requirements.lock']}, "
                 f"on {machine['processor']}")
        stages.setdefault(words, []).append(stage)
    if len(stages) == 1:
        return {"all results": next(iter(stages))}
    return {", ".join(names): words for words, names in stages.items()}


def merged_notes(variants: Sequence[VariantResults]) -> list[tuple[str, str]]:
    """Return each note of the variants once, with the labels of all variants that have it: "PVAE, VAE-123: …".

    Returns:
        Pairs of a sentence and its details. Details are "" unless the note is long: then they are what follows its
        first colon.
    """
    labels: dict[str, list[str]] = {}
    for variant in variants:
        for note in variant.notes:
            labels.setdefault(note, []).append(variant.label)
    merged = []
    for note, affected in labels.items():
        sentence, _, details = note.partition(": ") if len(note) > LONG else (note, "", "")
        merged.append((f"{', '.join(affected)}: {sentence}", details))
    return merged
