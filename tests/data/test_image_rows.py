"""Which row of a table belongs to which image."""

import unicodedata

import numpy as np
import pyarrow as pa
import pytest

from pipeline.data.image_rows import RowsOfImages, rows_of_images
from pipeline.errors import InputError

IMAGES = ["a.jpg", "ben/1.jpg", "ben/2.png", "carla/3.jpg"]


def refused(named, images=IMAGES) -> str:
    with pytest.raises(InputError) as caught:
        rows_of_images(named, images, "T")
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("named", [
    ["carla/3.jpg", "ben/2.png", "ben/1.jpg", "a.jpg"], ["3.jpg", "2.png", "1.jpg", "a.jpg"], ["3", "2", "1", "a"],
    ["carla/3", "ben/2", "ben/1", "a"], ["./carla/3.jpg", "ben/2.png", "1.jpg", "./a"],
])
def test_a_row_names_an_image_by_path_or_name_with_or_without_extension(named):
    assert rows_of_images(named, IMAGES, "T").tolist() == [3, 2, 1, 0]
    rows = rows_of_images([*named[:3], "other.jpg"], IMAGES, "T")
    assert rows.dtype == np.int64 and rows.tolist() == [-1, 2, 1, 0]


def test_the_id_itself_comes_first():
    images = ["1.jpg", "b/1.jpg", "1", "b/1.png"]
    assert rows_of_images(["1", "1.jpg", "b/1.png", "b/1.jpg"], images, "T").tolist() == [1, 3, 0, 2]


def test_a_dot_in_a_name_is_no_extension_of_another():
    assert rows_of_images(["a.b", "a"], ["a.b.jpg", "a.jpg"], "T").tolist() == [0, 1]
    assert rows_of_images(["x.y/a"], ["x.y/a"], "T").tolist() == [0]


def test_composed_and_decomposed_letters_are_the_same():
    composed, decomposed = (unicodedata.normalize(form, "zoé.jpg") for form in ("NFC", "NFD"))
    assert composed != decomposed
    assert rows_of_images([composed], [decomposed], "T").tolist() == [0]
    assert rows_of_images([decomposed], ["x/" + composed], "T").tolist() == [0]


def test_what_is_not_clear_is_refused():
    assert refused(["1"], ["1.jpg", "1.png"]) == "T has 1, which may be 1.jpg or 1.png: give the paths below data.root"
    assert refused(["1.jpg"], ["a/1.jpg", "b/1.jpg"]).startswith("T has 1.jpg, which may be a/1.jpg or b/1.jpg")
    assert refused(["a.jpg", "a"]).startswith("T has a.jpg and a, which are both the image a.jpg: leave one row")
    assert refused(["ben/1.jpg", "./ben/1.jpg"]).startswith("T has ben/1.jpg")


def test_a_table_of_other_images_is_refused():
    images = [f"{number:02}.jpg" for number in range(12)]
    message = refused([str(number) for number in range(12)], images)
    assert message.startswith("T has 12 rows, and only 2 of them are of the 12 images: it has 0, which is no image, "
                              "and lacks 00.jpg; give the paths below data.root, or file names,")
    assert "only 0 of them" in refused(["x"], images)
    assert (rows_of_images(images[:2], images, "T") >= 0).sum() == 2
    assert (rows_of_images(images + [f"x{number}" for number in range(100)], images, "T") >= 0).all()


def test_rows_in_the_order_of_the_images(tmp_path):
    (tmp_path / "t.csv").write_text("image_id,Hat,person\n3.jpg,1,carla\na.jpg,NA,\n1.jpg,0,ben\nx.jpg,1,xaver\n")
    table = RowsOfImages(tmp_path / "t.csv", IMAGES)
    assert table.names == ["Hat", "person"]
    assert table.columns(["Hat"]).to_pydict() == {"Hat": [None, "0", None, "1"]}
    assert table.words("person", "data.person_column") == ["", "ben", "", "carla"]
    assert [note.replace(str(table.path), "T") for note in table.notes()] == [
        "T does not list 1 image of 4, first ben/2.png: their values are unknown",
        "T lists 1 image that the data set does not have"]
    with pytest.raises(InputError, match="^data.person_column is 'parson', but .*t.csv has no such column; did you "
                                         "mean person.; it has Hat, person$"):
        table.words("parson", "data.person_column")
    assert isinstance(table.columns([]), pa.Table)
