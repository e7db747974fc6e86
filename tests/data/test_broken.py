import numpy as np
import pytest

from pipeline.data.broken import Broken, broken_image, check_broken, leave_out, read_broken, write_broken
from pipeline.errors import InputError
from tests.data.pictures import dataset_of


def some(count: int) -> list[Broken]:
    return [broken_image(f"{i}.jpg", f"{i}.jpg in photos is damaged: replace it", "photos") for i in range(count)]


def refused(*given) -> str:
    with pytest.raises(InputError) as caught:
        check_broken(*given)
    return str(caught.value)


@pytest.mark.parametrize(("message", "reason"), [
    ("a.jpg in photos is damaged or cut short: download it again", "is damaged or cut short"),
    ("photos/a.jpg cannot be read (Permission denied): unpack it again", "cannot be read (Permission denied)"),
    ("a.jpg in photos has landmarks that do not lie as in a face (1,2 3,4): give them", "has landmarks that do not lie "
     "as in a face (1,2 3,4)"),
    ("row 7 is null", "row 7 is null")])
def test_the_reason_is_the_message_without_place_and_remedy(message, reason):
    assert broken_image("a.jpg", message, "photos") == ("a.jpg", reason, message)


def test_the_list_is_read_as_it_was_written(tmp_path):
    broken = [Broken('a, "b"\n.jpg', "is damaged, or cut short", ""), Broken("ü.jpg", "is empty", "")]
    write_broken(tmp_path / "new" / "broken.csv", broken)
    assert read_broken(tmp_path / "new" / "broken.csv") == {image[0]: image[1] for image in broken}
    write_broken(tmp_path / "new" / "broken.csv", [])
    assert (tmp_path / "new" / "broken.csv").read_text() == "image_id,reason\n"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["broken.csv"]


@pytest.mark.parametrize("text", [None, "", "image,reason\n", "image_id,reason\na\n"])
def test_what_is_no_list_is_refused(tmp_path, text):
    if text is not None:
        (tmp_path / "broken.csv").write_text(text)
    with pytest.raises(InputError, match="broken.csv is missing or is no list of broken images; run `dvc repro"):
        read_broken(tmp_path / "broken.csv")


def test_stop_names_the_first_and_counts_the_others():
    check_broken([], 9, "stop", 0.0, "broken.csv")
    assert refused(some(1), 9, "stop", 1.0, "broken.csv") == (
        "0.jpg in photos is damaged: replace it; broken.csv lists it, and data.broken: skip leaves out what it lists")
    assert refused(some(500), 6000, "stop", 1.0, "broken.csv") == (
        "0.jpg in photos is damaged: replace it (499 more of 6,000 images cannot be used either); broken.csv lists all "
        "500, and data.broken: skip leaves out what it lists")
    assert refused(some(500), 6000, "stop", 0.01, "broken.csv").endswith(
        "skip leaves out what it lists where data.broken_limit allows 8.33% instead of 1%")


def test_skip_goes_as_far_as_the_limit():
    check_broken(some(60), 6000, "skip", 0.01, "broken.csv")
    assert refused(some(61), 6000, "skip", 0.01, "broken.csv") == (
        "61 of 6,000 images cannot be used (1.02%), where data.broken_limit allows 1%: 0.jpg is damaged, 1.jpg is "
        "damaged, 2.jpg is damaged, …; broken.csv lists all; mend them or take them out, or raise data.broken_limit")
    check_broken(some(2), 3, "skip", 1.0, "broken.csv")
    assert refused(some(3), 3, "skip", 1.0, "broken.csv").endswith("lists all; none is left: mend them")
    assert "where data.broken_limit allows 0%" in refused(some(1), 3, "skip", 0.0, "broken.csv")


def test_listed_images_are_left_out(tmp_path):
    dataset = dataset_of({"a": b"", "b\udcff": b"", "c": b"", "d": b""}, np.arange(40.0).reshape(4, 5, 2))
    write_broken(tmp_path / "broken.csv", [Broken("b\udcff", "is empty", ""), Broken("d", "is empty", "")])
    left = leave_out(dataset, tmp_path / "broken.csv")
    assert left.image_ids.tolist() == ["a", "c"] and left.landmarks[1, 0, 0] == 20
    write_broken(tmp_path / "broken.csv", [])
    assert leave_out(dataset, tmp_path / "broken.csv") is dataset
