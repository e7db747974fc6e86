"""What the stage dataset says before the long work."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.config.loading import load_params
from pipeline.data.attributes import Attributes, no_attributes
from pipeline.data.dataset import Dataset
from pipeline.errors import InputError
from pipeline.hardware.processor import processor_name
from pipeline.plan import expected
from pipeline.plan.expected import refuse_unknown_splits, training_hours, warnings_before
from tests import tiny
from tests.data.pictures import Held

SPLIT = np.repeat(["train", "valid", "test"], [1600, 200, 200])


@pytest.fixture
def faces() -> Dataset:
    """2,000 faces, of which half are known to have an attribute or not to have it."""
    known = np.arange(2000)[:, None] % 2 == 0
    return Dataset(np.array([f"{row}.jpg" for row in range(2000)]), SPLIT,
                   Attributes(("Hat",), known & (np.arange(2000)[:, None] % 4 == 0), known), None, Held({}))


def test_what_is_asked_for_and_not_there_is_said(faces):
    notes = list(warnings_before(load_params(tiny.PARAMS), faces))
    assert "sampling.images asks for 1,000, and there are 200 test images: all are taken" in notes
    assert any("1 of 1 attributes have a vector from fewer images than attributes.per_class" in note for note in notes)
    assert not any("report.mosaic_images" in note for note in notes)
    without = dataclasses.replace(faces, attributes=no_attributes(2000))
    assert any("has no attributes" in note for note in warnings_before(load_params(tiny.PARAMS), without))


def test_too_little_memory_is_said_with_both_numbers(faces, monkeypatch):
    monkeypatch.setattr("pipeline.data.space.available_memory", lambda: 1_000_000)
    said = " ".join(warnings_before(load_params(tiny.PARAMS), faces))
    assert "a training will need about 22.1 MB of memory" in said and "1 MB free" in said


def test_a_split_without_known_values_is_refused(faces):
    refuse_unknown_splits(faces)
    refuse_unknown_splits(dataclasses.replace(faces, attributes=no_attributes(2000)))
    known = faces.attributes.known & (SPLIT != "valid")[:, None]
    unknown = Attributes(("Hat",), faces.attributes.values & known, known)
    with pytest.raises(InputError, match="none of the 200 valid images has a known value of any attribute, .*complete"):
        refuse_unknown_splits(dataclasses.replace(faces, attributes=unknown))


def test_hours_come_from_records_of_this_processor_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(expected, "RECORDS", Path("records"))
    params = load_params(tiny.PARAMS)

    def write(processor: str) -> None:
        for name in params.variants:
            path = Path(f"records/train/{name}.json")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"processor": processor, "images_per_second": 100.0}))

    assert training_hours(params, 160_000) is None  # no records
    write("another processor")
    assert training_hours(params, 160_000) is None
    write(processor_name())
    hours = params.variant("dfc").train.epochs * 160_000 * len(params.variants) / 100 / 3600
    assert f"about {hours:.1f} hours" in training_hours(params, 160_000)
    assert training_hours(params, 1000) is None  # two minutes
