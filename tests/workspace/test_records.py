"""Records of what made results."""

import platform

import pytest

from pipeline.errors import InputError
from pipeline.workspace import records


def test_a_record_holds_the_machine_and_more(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements.lock").write_text("torch==2")
    records.write_record("report")
    records.write_record("train", "dfc", training="abc", seconds=1.5)
    record = records.read_record("train", "dfc")
    assert (record["training"], record["seconds"], record["python"]) == ("abc", 1.5, platform.python_version())
    assert len(record["requirements.lock"]) == 12 and record["processor"]
    with pytest.raises(InputError, match="records/train/removed.json is missing; run `dvc pull"):
        records.read_record("train", "removed")


def test_records_of_removed_variants_are_left_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for stage, variant in (("report", None), ("train", "dfc"), ("train", "removed"), ("latents", "dfc")):
        records.write_record(stage, variant, seconds=1)
    machines = dict(records.machines_by_stage(["dfc"]))
    assert machines == dict.fromkeys(["latents@dfc", "report", "train@dfc"], records.machine())
