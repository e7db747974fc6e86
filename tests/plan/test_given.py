import numpy as np
import pytest
from PIL import Image

from pipeline import paths
from pipeline.config.data_plans import DatasetPlan
from pipeline.data.broken import write_broken
from pipeline.data.source import fingerprint
from pipeline.errors import InputError
from pipeline.files.json_file import write_json
from pipeline.plan.given import checked_faces, given_by
from tests.data.pictures import encoded


def picture(shade: int) -> bytes:
    return encoded(Image.fromarray(np.full((30, 20, 3), shade, np.uint8)), "PNG")


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Ten photographs that the stage dataset has looked at, and their plan."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photographs").mkdir()
    for number in range(10):
        (tmp_path / f"photographs/{number}.png").write_bytes(picture(number))
    plan = DatasetPlan(source="folder", root="photographs", attributes=None, landmarks=None, align="auto",
                       detector=None, broken="stop", broken_limit=0.01, synthetic_images=1, test=3, valid_images=3,
                       shares=[0.8, 0.1, 0.1], split_column=None, person_column=None, limit=None, seed=0)
    paths.DATASET.mkdir(parents=True)
    write_broken(paths.BROKEN_IMAGES, [])
    write_json(paths.CHECKED_DATASET, {"align": "crop", "files": fingerprint("folder", given_by(plan))})
    return plan


def test_faces_are_those_that_were_looked_at(plan):
    faces, framing = checked_faces(plan)
    assert (len(faces), framing.way) == (10, "crop")


@pytest.mark.parametrize("change", [
    lambda folder: (folder / "3.png").write_bytes(picture(99)),
    lambda folder: (folder / "3.png").unlink(),
    lambda folder: (folder / "new.png").write_bytes(picture(99)),
], ids=["changed", "removed", "added"])
def test_data_that_changed_since_is_refused(plan, tmp_path, change):
    change(tmp_path / "photographs")
    with pytest.raises(InputError, match="^photographs, or a table of it, has changed since the stage dataset"):
        checked_faces(plan)
