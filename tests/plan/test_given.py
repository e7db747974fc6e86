"""The faces as the stage prepare has them."""

import pytest

from pipeline import paths
from pipeline.config.data_plans import DatasetPlan
from pipeline.data.broken import Broken, write_broken
from pipeline.errors import InputError
from pipeline.files.json_file import write_json
from pipeline.plan.given import checked_faces


def test_images_that_came_or_went_since_they_were_checked_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(8):
        (tmp_path / f"{number}.jpg").write_bytes(b"")
    plan = DatasetPlan(source="folder", root=str(tmp_path), attributes=None, landmarks=None, align="crop",
                       detector=None, broken="skip", broken_limit=0.5, synthetic_images=30, test=2,
                       valid_images=2, shares=[0.8, 0.1, 0.1], split_column=None, person_column=None, limit=None,
                       seed=0)
    paths.CHECKED_DATASET.parent.mkdir(parents=True)
    write_broken(paths.BROKEN_IMAGES, [Broken("0.jpg", "is empty", "")])
    write_json(paths.CHECKED_DATASET, {"images": 7, "align": "crop"})
    faces, framing = checked_faces(plan)
    assert faces.image_ids.tolist() == [f"{number}.jpg" for number in range(1, 8)] and framing.way == "crop"
    for change in ((tmp_path / "8.jpg").touch, (tmp_path / "5.jpg").unlink, (tmp_path / "4.jpg").unlink):
        change()
        if len(list(tmp_path.glob("*.jpg"))) != 8:
            with pytest.raises(InputError, match=r"has \d images that can be used, where .* has 7: they have changed"):
                checked_faces(plan)
