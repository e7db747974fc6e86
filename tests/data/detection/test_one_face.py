import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.data.celeba_layout import TEMPLATE
from pipeline.data.checking import check_images
from pipeline.data.detection.detector import Face
from pipeline.data.detection.one_face import find_face
from pipeline.data.framing import Framing
from pipeline.data.upright import similarity
from pipeline.errors import InputError
from pipeline.parallel import in_processes, in_this_process
from tests.data.detection.test_detector import spots
from tests.data.pictures import dataset_of, encoded

PICTURE = Image.new("RGB", (400, 300))


class Finds:
    """A detector that finds given faces (x of the left side, width, landmarks), and others in CelebA's frame."""

    def __init__(self, *faces, again=()):
        self.faces = [Face((left, 20.0, left + width, 20 + width), 0.9, points.astype(np.float32))
                      for left, width, points in faces]
        self.again = [Face((0.0, 0.0, 9.0, 9.0), 0.9, points.astype(np.float32)) for points in again]

    def detect(self, image):
        assert torch.get_num_threads() == 1
        return self.again if image.size == (178, 218) else self.faces


def refused(*faces) -> str:
    with pytest.raises(InputError) as caught:
        find_face(Finds(*faces), PICTURE, "a.jpg in photos")
    return str(caught.value)


def test_points_are_counted_from_the_corner():
    found = find_face(Finds((30.0, 100.0, TEMPLATE)), PICTURE, "a")
    assert found.dtype == np.float32 and (found == TEMPLATE + 0.5).all()


def test_points_are_found_again_where_the_face_is_upright():
    turned = (TEMPLATE - (89, 109)) @ np.array([[0, 1.5], [-1.5, 0]]) + (200, 150)  # by 90°, larger
    wrong = turned + np.array([[6, 0], [6, 0], [0, 0], [0, 0], [0, 0]])
    move = similarity(TEMPLATE, wrong + 0.5)
    seen = move.back((turned + 0.5) @ (1, 1j))  # where the frame shows the right points
    right = np.stack([seen.real, seen.imag], axis=1) - 0.5
    found = find_face(Finds((30.0, 100.0, wrong), again=[TEMPLATE + 40, right]), PICTURE, "a")
    assert np.abs(found - (turned + 0.5)).max() < 1e-3 and found.dtype == np.float32
    for others in ((), (TEMPLATE + 40,)):
        assert np.abs(find_face(Finds((30.0, 100.0, wrong), again=others), PICTURE, "a") - (wrong + 0.5)).max() < 1e-3
    mirrored = Finds((30.0, 100.0, wrong), again=[TEMPLATE[[1, 0, 2, 4, 3]]])
    with pytest.raises(InputError, match="does not place"):
        find_face(mirrored, PICTURE, "a")


def test_faces_in_the_background_do_not_count():
    large, small, other = (10.0, 100.0, TEMPLATE), (150.0, 49.0, TEMPLATE / 2), (150.0, 50.0, TEMPLATE / 2)
    for faces in ((large, small), (small, large)):
        assert (find_face(Finds(*faces), PICTURE, "a") == TEMPLATE + 0.5).all()
    assert refused(large, other, small) == ("a.jpg in photos shows 2 faces of similar size: cut it to one, or take it "
                                            "out")


def test_what_may_be_no_face_counts_only_alone():
    badge, face = (Face((0.0, 0.0, 200.0, 200.0), 0.89, (TEMPLATE + 50).astype(np.float32)),
                   Face((0.0, 0.0, 90.0, 90.0), 0.9, TEMPLATE.astype(np.float32)))
    for faces, found in (([badge, face], TEMPLATE), ([badge], TEMPLATE + 50)):
        detector = Finds()
        detector.faces = faces
        assert (find_face(detector, PICTURE, "a") == found + 0.5).all()


def test_pictures_without_a_face_are_refused():
    assert refused().startswith("a.jpg in photos shows no face that the detector finds: ")
    mirrored = TEMPLATE[[1, 0, 2, 4, 3]]
    assert refused((10.0, 100.0, mirrored)).startswith("a.jpg in photos shows a face whose eyes, nose and mouth ")


def test_the_number_of_threads_is_as_before():
    before = torch.get_num_threads()
    refused()
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("processes", [1, 2])
def test_faces_of_a_data_set(spot_weights, processes):
    stored = {"one.png": encoded(spots(260, 220, (120, 85, 10)), "PNG"), "none.png": encoded(PICTURE, "PNG"),
              "two.png": encoded(spots(400, 250, (70, 60, 14), (270, 130, 14)), "PNG"), "cut.png": b"\x89PNG",
              "far.png": encoded(spots(400, 250, (70, 60, 5), (270, 130, 14)), "PNG")}
    parallel_map = in_this_process if processes == 1 else in_processes(2)
    checked = check_images(dataset_of(stored), Framing("detect"), parallel_map, spot_weights, progress=False)
    reasons = {image.image_id: image.reason for image in checked.broken}
    assert reasons.pop("none.png") == "shows no face that the detector finds"
    assert reasons.pop("two.png") == "shows 2 faces of similar size"
    assert reasons == {"cut.png": "is damaged or not an image"}
    assert checked.landmarks.dtype == np.float32 and checked.landmarks.shape == (5, 5, 2)
    assert np.isfinite(checked.landmarks).all(axis=(1, 2)).tolist() == checked.sound.tolist() == [
        True, False, False, False, True]
    sound = checked.sound_part(dataset_of(stored))
    assert sound.image_ids.tolist() == ["one.png", "far.png"] and (sound.landmarks == checked.landmarks[[0, 4]]).all()
    assert np.abs(checked.landmarks[0].mean(axis=0) - (120, 85)).max() < 40
    assert np.abs(checked.landmarks[4].mean(axis=0) - (270, 130)).max() < 40


def test_detection_needs_weights(tmp_path):
    with pytest.raises(InputError, match="the weights of the face detector, does not exist; `make detector` fetches"):
        check_images(dataset_of({"a": b""}), Framing("detect"), detector_weights=tmp_path / "none", progress=False)
