"""Images without landmarks have fewer views, and the plan says so."""

import pytest
import yaml

from pipeline.config.loading import load_params
from pipeline.config.params import Params
from pipeline.errors import InputError
from pipeline.plan.possible_views import has_landmarks, resolve_views
from pipeline.plan.resolve import resolve
from stages.plan import left_out
from tests import tiny


def params(tmp_path, **changes) -> Params:
    """Return the committed parameters with changes such as data={"align": "crop"}."""
    raw = yaml.safe_load(tiny.PARAMS.read_text())
    for section, values in changes.items():
        raw[section] |= values
    path = tmp_path / "params.yaml"
    path.write_text(yaml.safe_dump(raw))
    return load_params(path)


@pytest.mark.parametrize(("data", "expected"), [
    ({"source": "synthetic"}, True), ({"source": "celeba"}, True), ({"source": "celeba", "align": "crop"}, False),
    ({"source": "folder"}, False), ({"source": "folder", "landmarks": "points.csv"}, True),
    ({"source": "folder", "landmarks": "points.csv", "align": "crop"}, False),
    ({"source": "folder", "align": "detect"}, True), ({"source": "parquet", "align": "none"}, False),
])
def test_whether_there_will_be_landmarks(tmp_path, data, expected):
    assert has_landmarks(params(tmp_path, data=data).data) == expected


def test_with_landmarks_all_is_as_the_parameters_say(tmp_path):
    given = params(tmp_path)
    views = resolve_views(given)
    assert views == (given.evaluate.view_sets, "landmark", "landmark", given.view_gains.views, [])


def test_without_landmarks_views_are_left_out_and_notes_say_so(tmp_path):
    views = resolve_views(params(tmp_path, data={"source": "folder"}))
    assert views.view_sets == {"aligned": ["aligned"]} and views.report_set == "aligned" == views.of_baselines
    assert views.of_gains == ["aligned", "flipped"]
    assert views.notes == [
        "these images have no landmarks, so the views that are cut by them are left out: eyes, landmark, mouth",
        "sets that have one of these views are left out too: landmark, multi_view",
        "report.view_set is aligned instead of landmark", "baselines.view is aligned instead of landmark"]


@pytest.mark.parametrize("changes", [{"view_gains": {"views": ["eyes"]}}, {"evaluate": {"view_sets": {"a": ["mouth"]}},
                                                                          "report": {"view_set": "a"}}])
def test_no_view_left_is_refused(tmp_path, changes):
    with pytest.raises(InputError, match="has only views that are cut by landmarks.*add the view aligned, or give"):
        resolve_views(params(tmp_path, data={"align": "crop"}, **changes))


def test_the_stage_plan_says_what_is_left_out(tmp_path):
    said = left_out(resolve(params(tmp_path, data={"source": "folder", "root": str(tmp_path)},
                                   loss_network={"source": "random"})))
    assert said.startswith("note: these images have no landmarks, so the views that are cut by them are left out: eyes")
    assert said.endswith("; report.view_set is aligned instead of landmark; baselines.view is aligned instead of "
                         "landmark")
    assert left_out(resolve(params(tmp_path, data={"root": str(tmp_path)}))) == ""
