"""What the report says of the images."""

import json

import pytest

from pipeline.report.gathering import data_facts

MANIFEST = {"source": "photographs (folder)", "image_size": 64, "images": {"train": 7, "test": 2}, "attributes": [],
            "sha256": "ab"}


@pytest.fixture
def facts(tmp_path, monkeypatch):
    """facts(**more) → what the report says of images whose manifest has `more`."""
    monkeypatch.chdir(tmp_path)

    def facts(**more) -> dict[str, object]:
        (tmp_path / "data/shards/view=aligned").mkdir(parents=True, exist_ok=True)
        (tmp_path / "data/shards/view=aligned/_manifest.json").write_text(json.dumps(MANIFEST | more))
        return data_facts()

    return facts


def test_images_in_celebas_frame_need_no_word(facts):
    expected = {"source": "photographs (folder)", "train images": 7, "test images": 2, "image size": 64,
                "attributes": "none", "sha256 of view aligned": "ab"}
    assert facts() == facts(align="none", left_out={"images": 0, "first": []}) == expected


def test_alignment_and_broken_images_are_said(facts):
    first = [["a.jpg", "is damaged or cut short"], ["b.png", "has no face"]]
    said = facts(align="detect", left_out={"images": 3, "first": first})
    assert said["faces aligned by"] == "landmarks that a detector has found"
    assert said["broken images, left out"] == ("3: a.jpg is damaged or cut short; b.png has no face; …; "
                                               "data/dataset/broken.csv lists all")
    assert "…" not in str(facts(align="crop", left_out={"images": 2, "first": first}))
