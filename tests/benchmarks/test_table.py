"""The whole table with little of everything, without Ray, DVC and MLflow."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measuring import Row, left_out
from benchmarks.table import line, number

PROJECT = Path(__file__).resolve().parents[2]
BLOCK = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("ray", "mlflow", "dvc"):
            raise ModuleNotFoundError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "dvc" else found(name, package)
from benchmarks.__main__ import main
main(["--quick", "--json", sys.argv[1], "--precision", "fp32"])
"""


@pytest.mark.slow
def test_every_row_has_a_finite_ratio_without_ray_dvc_and_mlflow(tmp_path):
    file = tmp_path / "bench.json"
    done = subprocess.run([sys.executable, "-c", BLOCK, str(file)], cwd=PROJECT, capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    content = json.loads(file.read_text())
    rows = {row["name"]: row for row in content["rows"]}
    assert [name for name, row in rows.items() if row["ratio"] is None] == ["dvc repro, nothing to do"]
    assert rows.pop("dvc repro, nothing to do")["note"] == "left out: DVC is not installed"
    assert all(math.isfinite(row["ratio"]) and row["ratio"] > 0 for row in rows.values())
    assert len([name for name in rows if name.startswith("step of ")]) == 5
    svms, = (row for name, row in rows.items() if name.endswith("SVMs, 500 features"))
    assert svms["more"]["accuracy"]["ours"] == pytest.approx(svms["more"]["accuracy"]["plain"], abs=0.02)
    scores = rows["scores of reconstructions"]["more"]
    assert scores["scores"] == pytest.approx(scores["scores_plain"] | {"images": 24}, rel=1e-4)
    assert {"input of training", "latents", "features at relu4_1", "scores of reconstructions"} < rows.keys()
    assert "fp32" in content["machine"]["precision"] and "ONEDNN_MAX_CPU_ISA" in content["machine"]
    assert all(name in done.stdout for name in rows)


def test_a_line_of_the_table():
    row = Row("latents", "images/s", 1234.5, 45.67, 27.03, [25.0, 28.5], "plain: one by one", 0.857, 0.4)
    assert line(row).split() == ["latents", "1,234", "45.7", "images/s", "27.03", "25.00", "…", "28.50", "86%",
                                 "40%", "plain:", "one", "by", "one"]
    assert line(left_out("x", "no reason")).split() == ["x", "left", "out:", "no", "reason"]


@pytest.mark.parametrize(("value", "words"), [(1234.5, "1,234"), (99.95, "100"), (5.678, "5.68"), (0.01234, "0.0123")])
def test_three_significant_digits(value, words):
    assert number(value) == words
