"""A working tree with a storage in which tests leave folders, and its list of them."""

import os
import time
from pathlib import Path

import pytest
import torch
import yaml

from pipeline.config.plans import read_variant
from pipeline.files.folder import Folder
from pipeline.files.json_file import write_json
from pipeline.leftovers.__main__ import main
from pipeline.training import checkpoints, runs
from pipeline.training.inputs import inputs_of, loss_network_file
from tests import tiny

ONE, OTHER, EARLIER = "dfc-0123456789abcdef", "pvae-0123456789abcdef", "dfc-fedcba9876543210"
DATA = "ab" * 32  # sha256 of the shards
COPY = ".dvc/tmp/exps/standalone/tmpabc_d0"  # of the project, for an experiment
HINT = "to delete some: python -m pipeline.leftovers delete NAME …, or delete --older-than DAYS"
HOUR, DAY = 3600, 24 * 3600


@pytest.fixture
def project(tmp_path, mlflow_project, config, monkeypatch) -> Path:
    """Make the current folder a working tree that has only params.yaml; its storage is .checkpoints."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DVC_ROOT")
    set_params(tracking={"uri": f"sqlite:///{mlflow_project}/mlflow.db", "experiment": config.experiment})
    return folder


def set_params(**sections: dict) -> None:
    params = yaml.safe_load(tiny.PARAMS.read_text())
    for section, values in sections.items():
        params[section] |= values
    Path("params.yaml").write_text(yaml.safe_dump(params))


@pytest.fixture
def storage(project) -> Path:
    return project / ".checkpoints"


def write_file(storage: Path, name: str, size: int, age: float = 0) -> None:
    """Write a file of `size` bytes whose time is `age` seconds ago."""
    (storage / name).parent.mkdir(parents=True, exist_ok=True)
    (storage / name).write_bytes(bytes(size))
    os.utime(storage / name, (time.time() - age,) * 2)


def age_files(folder: Path, age: float) -> None:
    for path in folder.rglob("*.*"):
        os.utime(path, (time.time() - age,) * 2)


@pytest.fixture
def begin_run(tmp_path, storage, monkeypatch):
    """Return a function that begins a run in another clone, with checkpoints, and returns its name in the list."""
    def begin_run(configuration: str, *steps: int, complete: bool = False, clone: str = "clone", age: float = 0) -> str:
        (tmp_path / clone).mkdir(exist_ok=True)
        with monkeypatch.context() as there:
            there.chdir(tmp_path / clone)
            run = runs.begin_or_resume_run(Folder.of(storage), configuration, "before")
            for step in steps:
                checkpoints.write_checkpoint_and_delete_others(run.folder, step, {"step": step, "w": torch.zeros(100)})
            if complete:
                runs.end_and_delete_earlier_checkpoints(run, "before")
        age_files(storage / configuration / run.name, age)
        return f"{configuration}/{run.name}"

    return begin_run


@pytest.fixture
def planned(project) -> Path:
    """Add a plan, a manifest of shards and a loss network to the working tree."""
    tiny.write_code(tiny.variant(), tiny.variant("pvae"))
    write_json(Path("data/shards/view=aligned/_manifest.json"), {"sha256": DATA, "files_sha256": "of their files"})
    write_json(loss_network_file(tiny.variant("pvae")), {})
    tiny.write_loss_network(loss_network_file(tiny.variant()))
    return project


def read_list(capsys) -> dict[str, tuple[str, str, str]]:
    """Return size, age and description of each folder in the list, by its name."""
    capsys.readouterr()
    main([])
    *lines, _, hint = capsys.readouterr().out.splitlines()
    assert hint == HINT
    by_name = {}
    for first, second in zip(lines[::2], lines[1::2], strict=True):
        number, unit, *age, name = first.split()
        by_name[name] = f"{number} {unit}", " ".join(age).removesuffix(" old"), second.strip()
    return by_name


def folders_in(storage: Path) -> set[str]:
    """Return the folders in the storage, and those in them."""
    return {str(path.relative_to(storage)) for pattern in ("*", "*/*") for path in storage.glob(pattern)
            if path.is_dir()}


def planned_configuration() -> str:
    """Return the configuration of dfc that the working tree plans."""
    return inputs_of(read_variant("dfc")).configuration()
