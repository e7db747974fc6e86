import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.data.celeba_layout import TEMPLATE
from pipeline.data.checking import check_images
from pipeline.data.detection import one_face
from pipeline.data.detection.detector import Face
from pipeline.data.detection.one_face import find_face
from pipeline.data.framing import Framing
from pipeline.errors import InputError
from pipeline.parallel import in_processes, in_this_process
from tests.data.detection.test_detector import spots
from tests.data.pictures import dataset_of, encoded

PICTURE = Image.new("RGB", (400, 300))


class Finds:
    """A detector that finds given faces: x of the left side, width, and landmarks."""

    def __init__(self, *faces):
        self.faces = [Face((left, 20.0, left + width, 20 + width), 0.9, points.astype(np.float32))
                      for left, width, points in faces]

    def detect(self, image):
        assert torch.get_num_threads() == 1
        return self.faces


def refused(*faces) -> str:
    with pytest.raises(InputError) as caught:
        find_face(Finds(*faces), PICTURE, "a.jpg in photos")
    return str(caught.value)


def test_points_are_counted_from_the_corner():
    found = find_face(Finds((30.0, 100.0, TEMPLATE)), PICTURE, "a")
    assert found.dtype == np.float32 and (found == TEMPLATE + 0.5).all()


def test_faces_in_the_background_do_not_count():
    large, small, other = (10.0, 100.0, TEMPLATE), (150.0, 49.0, TEMPLATE / 2), (150.0, 50.0, TEMPLATE / 2)
    for faces in ((large, small), (small, large)):
        assert (find_face(Finds(*faces), PICTURE, "a") == TEMPLATE + 0.5).all()
    assert refused(large, other, small) == ("a.jpg in photos shows 2 faces of similar size: cut it to one, or take it "
                                            "out")


def test_pictures_without_a_face_are_refused():
    assert refused().startswith("a.jpg in photos shows no face that the detector finds: ")
    mirrored = TEMPLATE[[1, 0, 2, 4, 3]]
    assert refused((10.0, 100.0, mirrored)).startswith("a.jpg in photos shows a face whose eyes, nose and mouth ")


def test_the_number_of_threads_is_as_before():
    before = torch.get_num_threads()
    refused()
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("processes", [1, 2])
def test_faces_of_a_data_set(spot_weights, monkeypatch, processes):
    """Weights for a spot put its landmarks in no face's order, so the check of that is left out."""
    monkeypatch.setattr(one_face, "check_landmarks", lambda *given: None)
    stored = {"one.png": encoded(spots(260, 220, (120, 85, 10)), "PNG"), "none.png": encoded(PICTURE, "PNG"),
              "two.png": encoded(spots(400, 250, (70, 60, 14), (270, 130, 14)), "PNG"), "cut.png": b"\x89PNG",
              "far.png": encoded(spots(400, 250, (70, 60, 5), (270, 130, 14)), "PNG")}
    parallel_map = in_this_process if processes == 1 else in_processes(2)
    if processes == 2:  # the patch is not seen there
        stored = {name: stored[name] for name in ("none.png", "two.png")}
    checked = check_images(dataset_of(stored), Framing("detect"), parallel_map, spot_weights, progress=False)
    reasons = {image.image_id: image.reason for image in checked.broken}
    assert reasons.pop("none.png") == "shows no face that the detector finds"
    assert reasons.pop("two.png") == "shows 2 faces of similar size"
    if processes == 1:
        assert reasons == {"cut.png": "is damaged or not an image"}
        assert checked.landmarks.dtype == np.float32 and checked.landmarks.shape == (5, 5, 2)
        assert np.isfinite(checked.landmarks).all(axis=(1, 2)).tolist() == checked.sound.tolist() == [
            True, False, False, False, True]
        assert np.abs(checked.landmarks[0].mean(axis=0) - (120, 85)).max() < 40
        assert np.abs(checked.landmarks[4].mean(axis=0) - (270, 130)).max() < 40


def test_detection_needs_weights(tmp_path):
    with pytest.raises(InputError, match="the weights of the face detector, does not exist; `make detector` fetches"):
        check_images(dataset_of({"a": b""}), Framing("detect"), detector_weights=tmp_path / "none", progress=False)
