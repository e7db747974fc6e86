"""Small JSON files."""

import json

import pytest

from pipeline.files.json_file import read_json, write_json


def refuse(constant: str) -> None:
    pytest.fail(f"{constant} is no JSON")


def test_numbers_that_are_not_finite_are_null(tmp_path):
    path = tmp_path / "folder/metrics.json"
    write_json(path, {"a": float("nan"), "b": [1, -float("inf"), 0.1], "c": {"d": float("inf"), "e": "NaN", "f": None},
                      "g": True})
    assert json.loads(path.read_text(), parse_constant=refuse) == read_json(path) == {
        "a": None, "b": [1, None, 0.1], "c": {"d": None, "e": "NaN", "f": None}, "g": True}
