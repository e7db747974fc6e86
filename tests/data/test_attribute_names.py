"""What an attribute may be called."""

import pytest

from pipeline.data.attribute_names import check_attribute_names
from pipeline.errors import InputError
from pipeline.vocabulary import ATTRIBUTES


def test_names_that_are_taken():
    check_attribute_names(ATTRIBUTES, "T")
    check_attribute_names(["Red hair", "naïve", "笑顔", "a-b", "7", "x" * 60], "T")
    check_attribute_names([], "T")


@pytest.mark.parametrize("name", ["", " a", "a ", "a/b", ".a", "a.b", "a\nb", "a:b", "a,b", "-a", "x" * 61, "'"])
def test_names_of_other_characters_are_refused(name):
    with pytest.raises(InputError) as caught:
        check_attribute_names(["Hat", name], "T")
    assert str(caught.value).startswith(f"T has an attribute called {name[:60]!r}") and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["image_id", "Pixels", "view", "split", "Average", "lefteye_x", "rightmouth_y"])
def test_names_of_the_shards_columns_are_refused(name):
    with pytest.raises(InputError, match=f"^T has an attribute called {name}, which another column of the results is"):
        check_attribute_names([name], "T")


def test_names_that_differ_in_case_alone_are_refused():
    with pytest.raises(InputError, match="^T has attributes called Hat and hat, which look the same"):
        check_attribute_names(["Hat", "Smile", "hat"], "T")


def test_names_that_look_the_same_in_reports_are_refused():
    with pytest.raises(InputError, match="^T has attributes called Red_hair and red hair, which look the same in"):
        check_attribute_names(["Red_hair", "red hair"], "T")
    check_attribute_names(["Red_hair", "Red-hair"], "T")
