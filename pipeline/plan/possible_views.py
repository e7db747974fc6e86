"""Which views of a face the images allow: those that are cut by landmarks need some."""

from typing import NamedTuple

from pipeline.config.fields import NO_FILE
from pipeline.config.params import Params
from pipeline.config.sections import Data
from pipeline.data.prepare import all_views, possible_views
from pipeline.data.source import load_source
from pipeline.errors import InputError

ALIGNED = "aligned"  # every data set has this view


class Views(NamedTuple):
    """The views that are evaluated, where the images allow them: named as in params.yaml."""

    view_sets: dict[str, list[str]]  # of evaluate
    report_set: str  # report.view_set
    of_baselines: str  # baselines.view
    of_gains: list[str]  # view_gains.views
    notes: list[str]  # what is otherwise than params.yaml says, in words


def has_landmarks(data: Data) -> bool:
    """Return whether the images will have landmarks, as far as parameters tell."""
    if data.align in ("crop", "detect"):
        return data.align == "detect"
    return data.landmarks != NO_FILE or bool(load_source(data.source).HAS_LANDMARKS)


def resolve_views(params: Params) -> Views:
    """Leave out the views that the images do not allow.

    Raises:
        InputError: No view is left where at least one is needed.
    """
    wanted, gains = params.evaluate.view_sets, params.view_gains.views
    views = all_views()
    possible = possible_views(views, has_landmarks(params.data))
    sets = {name: of_set for name, of_set in wanted.items() if set(of_set) <= possible.keys()}
    for parameter, left in (("evaluate.view_sets", sets), ("view_gains.views", [v for v in gains if v in possible])):
        if not left:
            raise InputError(f"params.yaml: {parameter} has only views that are cut by landmarks, and these images "
                             f"have none; add the view {ALIGNED}, or give landmarks by data.landmarks or "
                             "data.align: detect")
    found = Views(sets, params.report.view_set if params.report.view_set in sets else next(iter(sets)),
                  params.baselines.view if params.baselines.view in possible else ALIGNED,
                  [view for view in gains if view in possible], [])
    if len(possible) < len(views):
        found.notes.append("these images have no landmarks, so the views that are cut by them are left out: "
                           + ", ".join(view for view in views if view not in possible))
    if lost := [name for name in wanted if name not in sets]:
        found.notes.append(f"sets that have one of these views are left out too: {', '.join(lost)}")
    if found.report_set != params.report.view_set:
        found.notes.append(f"report.view_set is {found.report_set} instead of {params.report.view_set}")
    if found.of_baselines != params.baselines.view:
        found.notes.append(f"baselines.view is {found.of_baselines} instead of {params.baselines.view}")
    return found
