"""deploy/slurm.sbatch, as far as it can be checked without Slurm."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.clone import PROJECT

SCRIPT = PROJECT / "deploy/slurm.sbatch"
FAKE_DVC = '#!/bin/bash\necho "$OMP_NUM_THREADS $LOKY_MAX_CPU_COUNT"; printf "[%s]" "$@"; exit 3\n'
JOB = {"SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "8", "CUDA_VISIBLE_DEVICES": "5"}


def run(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    outside = {name: value for name, value in os.environ.items() if name == "PATH"}
    return subprocess.run(["bash", str(SCRIPT), *arguments], cwd=folder, env=outside | environment,
                          capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path) -> Path:
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/dvc").write_text(FAKE_DVC)
    (tmp_path / ".venv/bin/dvc").chmod(0o755)
    (tmp_path / "dvc.yaml").touch()
    return tmp_path


def test_a_job_runs_its_experiment_in_a_copy_with_the_threads_of_its_cores(project):
    done = run(project, JOB, "-n", "a", "-S", "loss.layers=relu1_1,relu2_1")
    first, threads, arguments = done.stdout.splitlines()
    assert first.startswith("job 7 on ") and first.endswith(": 8 threads, CUDA_VISIBLE_DEVICES=5")
    assert threads == "8 8"
    assert arguments == "[--wait-for-lock][exp][run][--temp][-n][a][-S][loss.layers=relu1_1,relu2_1]"
    assert done.returncode == 3  # Slurm sees that DVC has failed
    assert run(project, {**JOB, "OMP_NUM_THREADS": "2"}).stdout.splitlines()[1] == "2 8"


def test_what_is_missing_is_one_sentence(project):
    assert run(project, {}).stderr.startswith("error: this is a job of Slurm: sbatch deploy/slurm.sbatch ")
    (project / ".venv/bin/dvc").unlink()
    assert run(project, JOB).stderr.startswith(f"error: {project}/.venv has no dvc; run make there first")
    (project / "dvc.yaml").unlink()
    done = run(project, JOB)
    assert done.stderr == (f"error: {project} has no dvc.yaml; give sbatch in the project's folder, or with "
                           "--chdir=FOLDER\n")
    assert done.returncode == 1 and not done.stdout
