"""By what results were made."""

import platform

import pytest

from pipeline import records
from pipeline.errors import InputError
from pipeline.report import machines


def test_a_record_says_the_machine_and_more(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requirements.lock").write_text("torch==2")
    records.write_record("report")
    records.write_record("train", "dfc", training="abc", seconds=1.5)
    found = records.read_record("train", "dfc")
    assert (found["training"], found["seconds"], found["python"]) == ("abc", 1.5, platform.python_version())
    assert len(found["requirements.lock"]) == 12 and found["processor"]
    with pytest.raises(InputError, match="records/train/removed.json is missing; run `dvc pull"):
        records.read_record("train", "removed")


def test_all_records_but_those_of_removed_variants(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for stage, variant in (("report", None), ("train", "dfc"), ("train", "removed"), ("latents", "dfc")):
        records.write_record(stage, variant, seconds=1)
    found = dict(records.of_all(["dfc"]))
    assert found == dict.fromkeys(["latents@dfc", "report", "train@dfc"], records.machine())


def test_the_report_says_where_results_differ_in_what_made_them():
    here = {"python": "3.12.1", "requirements.lock": "abc", "processor": "AMD EPYC (AVX2)"}
    other = here | {"python": "3.13.0"}
    assert machines([("prepare", here), ("train@dfc", here)]) == {
        "all results": "Python 3.12.1, packages of requirements.lock abc, on AMD EPYC (AVX2)"}
    assert machines([("prepare", here), ("train@dfc", other), ("report", here)]) == {
        "prepare, report": "Python 3.12.1, packages of requirements.lock abc, on AMD EPYC (AVX2)",
        "train@dfc": "Python 3.13.0, packages of requirements.lock abc, on AMD EPYC (AVX2)"}
    assert machines([]) == {}
