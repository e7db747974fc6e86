"""Which stages load which slow package when they begin, each in a process of its own, and how plan does without."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.plan.code import stages
from tests import tiny

PROJECT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "torchvision", "matplotlib", "sklearn", "skimage", "ray", "mlflow", "pandas", "scipy", "joblib",
         "torch._dynamo", "sympy")
# Others load them when their work begins, or not at all. test_without_torch.py runs those that have nothing to do.
ALLOWED = {
    "loss_network": {"torch"}, "train": {"torch"}, "photographs": {"torch"}, "samples": {"torch"},
    "figures": {"torch", "matplotlib", "pandas"}, "view_gains": {"pandas"}, "report": {"pandas"}, "explorer": {"torch"},
}


def loaded(code: str) -> set[str]:
    """Run code in a process of its own, and return which of HEAVY it has loaded."""
    shown = f"{code}\nimport sys\nprint([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", shown], env={**os.environ, "PYTHONPATH": str(PROJECT)}, cwd=PROJECT,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(eval(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("stage", ["plan", *stages()])
def test_a_stage_loads_only_what_it_is_allowed_to(stage):
    assert loaded(f"import stages.{stage}") <= ALLOWED.get(stage, set())


def test_the_plan_is_made_without_torch():
    assert loaded("from pathlib import Path\nfrom pipeline.config.loading import load_params\n"
                  f"from pipeline.plan.resolve import resolve\nparams = load_params(Path({str(tiny.PARAMS)!r}))\n"
                  "assert resolve(params)\nfrom pipeline.plan.code import digests\n"
                  "assert digests([params.variant(name) for name in params.variants], 'synthetic')\n"
                  "from pipeline.plan.modules import Modules\n"
                  "from pipeline.plan.unseen_code import refuse_unseen_code\n"
                  "refuse_unseen_code(Modules())") == set()


def test_what_talks_to_mlflow_loads_it_only_then():
    assert loaded("import pipeline.tracking.reporter, pipeline.tracking.reporter_process, stages.track") == set()
