"""Which parameters differ between experiments, each resolved to what its variants are trained with."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from pipeline import paths
from pipeline.comparison.experiment import Experiment
from pipeline.config.params import Params

OF_VARIANTS = ("model", "loss", "adversary", "train")  # sections that count as each variant resolves them
ABSENT = "–"


class Difference(NamedTuple):
    """A parameter that is not the same in all experiments."""

    name: str  # dotted path in params.yaml
    variants: tuple[str, ...]  # those for which it differs so; empty for a parameter that belongs to none
    values: tuple[str, ...]  # one for each experiment


class Differences(NamedTuple):
    """All parameters, compared."""

    different: list[Difference]
    equal: int  # how many have one value in all experiments, counted for each variant
    absent: list[str]  # sentences on variants that not all experiments have
    code: list[str]  # stages whose code differs


def compare_parameters(experiments: Sequence[Experiment], variants: Sequence[str]) -> Differences:
    """Compare the parameters of all variants, and those that belong to none.

    Args:
        experiments: At least two.
        variants: Those that count.
    """
    params = [experiment.params for experiment in experiments]
    found, equal = compared([flat(shared_sections(one)) for one in params], "")
    absent = []
    for variant in variants:
        has = [variant in one.variants for one in params]
        if not all(has):
            absent.append(f"The variant {variant} is only in {names_where(experiments, has)}.")
        resolved = [flat(one.variant(variant).model_dump(mode="json", exclude={"label", "name", "image_size"}))
                    if variant in one.variants else None for one in params]
        more, same = compared(resolved, variant)
        found, equal = found + more, equal + same
    return Differences(merged(found), equal, absent, changed_code(experiments, variants))


def shared_sections(params: Params) -> dict[str, Any]:
    """Return the parameters that belong to no variant; `scales` has filled them already."""
    return params.model_dump(mode="json", exclude={"scales", "variants", *OF_VARIANTS})


def compared(flats: Sequence[Mapping[str, str] | None], variant: str) -> tuple[list[Difference], int]:
    """Return the parameters that differ, and how many are equal. None: the experiment lacks the variant."""
    there = [one for one in flats if one is not None]
    found, equal = [], 0
    for name in dict.fromkeys(name for one in there for name in one):
        values = [ABSENT if one is None else one.get(name, ABSENT) for one in flats]
        if len({one.get(name, ABSENT) for one in there}) > 1:
            if follows_from_layers(name, there):
                continue
            found.append(Difference(name, (variant,) if variant else (), tuple(values)))
        else:
            equal += 1
    return found, equal


def follows_from_layers(name: str, flats: Sequence[Mapping[str, str]]) -> bool:
    """Return whether a parameter differs only since loss.layers does: the reference of a layer that not all read."""
    return name.startswith("loss.reference_rms.") and len({one[name] for one in flats if name in one}) == 1


def merged(differences: Sequence[Difference]) -> list[Difference]:
    """Return the differences with one row for all variants in which a parameter differs in the same way."""
    rows: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for one in differences:
        rows.setdefault((one.name, one.values), []).extend(one.variants)
    return [Difference(name, tuple(variants), values) for (name, values), variants in rows.items()]


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return dotted name → value as text, of nested sections. A list is one value: "relu1_1, relu2_1"."""
    rows: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            rows |= flat(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            rows[prefix + name] = ", ".join(str(item) for item in value) or "none"
        else:
            rows[prefix + name] = value if isinstance(value, str) else json.dumps(value)
    return rows


def changed_code(experiments: Sequence[Experiment], variants: Sequence[str]) -> list[str]:
    """Return the stages that ran with different code, by the digests in dvc.lock. A stage that one lacks counts not."""
    def digest(experiment: Experiment, stage: str) -> set[str]:
        entries = experiment.stages[stage].get("deps") or []
        return {entry.get("md5", "") for entry in entries if Path(entry["path"]).is_relative_to(paths.CODE)}

    stages = [stage for stage in experiments[0].stages if all(stage in one.stages for one in experiments)
              and stage.partition("@")[2] in ("", *variants) and stage != "track"]
    return [stage for stage in stages if len({frozenset(digest(one, stage)) for one in experiments}) > 1]


def names_where(experiments: Sequence[Experiment], has: Sequence[bool]) -> str:
    """Return the names of the experiments for which `has` is true."""
    return ", ".join(one.name for one, there in zip(experiments, has, strict=True) if there)
