import pytest

from pipeline.config.loading import load_params
from pipeline.errors import InputError
from pipeline.plan.data_checks import check_data
from tests import tiny


def refusal(tmp_path, **changes) -> str:
    """Return what is said about the section data with these changes."""
    changes = {"root": str(tmp_path), **changes}
    try:
        check_data(load_params(tiny.PARAMS).data.model_copy(update=changes))
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("name", "value", "nothing"), [
    ("attributes", "params.yaml", "data/none"), ("landmarks", "params.yaml", "data/none"),
    ("split_column", "set", "null"), ("person_column", "who", "null")])
def test_drawn_faces_have_no_tables_beside_them(tmp_path, name, value, nothing):
    changes = {"test": "official", name: value}
    assert refusal(tmp_path, source="synthetic", test="official") == ""
    assert refusal(tmp_path, source="synthetic", **changes) == (
        f"params.yaml: data.{name} is {value}, but drawn faces have their own tables; set it to {nothing}, or set "
        "data.source to folder or parquet")
    assert "but CelebA's images have their own tables" in refusal(tmp_path, source="celeba", **changes)
    assert refusal(tmp_path, source="folder", **changes) == ""


def test_columns_beside_the_ways_to_split(tmp_path):
    assert refusal(tmp_path, source="folder", split_column="set", test="hash") == ""  # it is only no attribute
    assert "whoever they show" in refusal(tmp_path, source="folder", person_column="who", test=5)
    assert refusal(tmp_path, source="folder", person_column="who", test="hash") == ""


def test_alignment_by_what_is_not_given_is_refused(tmp_path):
    assert "data.landmarks names no table" in refusal(tmp_path, source="folder", align="landmarks")
    assert refusal(tmp_path, source="celeba", align="landmarks") == ""
    assert "run `make detector`" in refusal(tmp_path, source="folder", align="detect")
