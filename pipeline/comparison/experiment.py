"""An experiment that is compared: its commit or the working tree, and what its dvc.lock records."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from pipeline import paths
from pipeline.comparison import git_names
from pipeline.comparison.git_names import WORKSPACE
from pipeline.errors import InputError
from pipeline.files.yaml_file import parse_yaml
from pipeline.vocabulary import counted
from pipeline.workspace import git
from pipeline.workspace.project import project_root

MOST = 6  # as many colours as can be told apart


@dataclass(frozen=True)
class Experiment:
    """What Git and dvc.lock say of an experiment. Nothing is checked out.

    Attributes:
        name: As it was given.
        commit: Its hash, "" for the working tree.
        date: Of the commit, or of the working tree's dvc.lock: "2025-11-26 21:30".
        says: The commit's subject, or on what an experiment of DVC builds.
        stages: The stages of its dvc.lock, as DVC writes them.
    """

    name: str
    commit: str
    date: str
    says: str
    stages: Mapping[str, Any]

    def read(self, path: Path) -> bytes | None:
        """Return a file that Git keeps, by its path within the project; None if there is none."""
        return read_file(self.commit, path)

    def dependency(self, stage: str, path: Path | str) -> str:
        """Return the MD5 that a stage's dependency had when the stage ran; "" if dvc.lock has none."""
        return self._md5(stage, "deps", path)

    def output(self, stage: str, path: Path | str) -> str:
        """Return the MD5 of a stage's output; "" if dvc.lock has none."""
        return self._md5(stage, "outs", path)

    def weights(self, variant: str) -> str:
        """Return the MD5 of the folder with a variant's trained weights; "" if it has not been trained."""
        return self.output(f"train@{variant}", paths.MODELS / variant)

    def variants(self) -> list[str]:
        """Return the variants that have been trained."""
        names = [stage.partition("@")[2] for stage in self.stages if stage.startswith("train@")]
        return [name for name in names if self.weights(name)]

    def _md5(self, stage: str, kind: str, path: Path | str) -> str:
        entries = (self.stages.get(stage) or {}).get(kind) or []
        return next((entry.get("md5", "") for entry in entries if entry["path"] == str(path)), "")


def read_experiments(names: Sequence[str]) -> list[Experiment]:
    """Return the experiments of these names.

    Raises:
        InputError: There are fewer than two or more than `MOST`, one does not exist or is there twice, has trained
            nothing, or has parameters or numbers of another run than its dvc.lock records.
    """
    if len(names) < 2:
        raise InputError("give the names of at least two experiments, such as "
                         f'`make compare EXP="main my-experiment"`; {git_names.listed(git_names.names())}')
    if len(names) > MOST:
        raise InputError(f"{len(names)} experiments are too many for one page; give at most {MOST}")
    experiments: list[Experiment] = []
    for name in names:
        experiment = read_experiment(name)
        for other in experiments:
            if other.commit == experiment.commit:
                raise InputError(f"{other.name} and {name} are the same experiment; give each one once")
        experiments.append(experiment)
    return experiments


def read_experiment(name: str) -> Experiment:
    """Return one experiment; raises InputError as `read_experiments` does."""
    commit = "" if name == WORKSPACE else git_names.commit_of(name)
    try:
        lock = parse_yaml(read_file(commit, paths.DVC_LOCK) or b"") or {}
    except yaml.YAMLError:
        raise InputError(f"dvc.lock of {name} is damaged; restore it, or run `dvc repro` there") from None
    date, says = (date_and_words(commit) if commit else (date_of_workspace(), "the files as they are now"))
    experiment = Experiment(name, commit, date, says, lock.get("stages") or {})
    if not experiment.variants():
        raise InputError(f"{name} has trained no variant: its dvc.lock has no stage train; run `dvc repro` there and "
                         "commit dvc.lock, or compare another experiment")
    refuse_changed(experiment)
    return experiment


def refuse_changed(experiment: Experiment) -> None:
    """Raise InputError if params.yaml or a file of numbers is not the one that dvc.lock records."""
    recorded = {str(paths.PARAMS): experiment.dependency("plan", paths.PARAMS)}
    for stage in experiment.stages.values():
        recorded |= {entry["path"]: entry.get("md5", "") for entry in stage.get("outs") or []
                     if Path(entry["path"]).is_relative_to(paths.METRICS)}
    changed = []
    for path, md5 in recorded.items():
        content = experiment.read(Path(path))
        if md5 and content is not None and hashlib.md5(content).hexdigest() != md5:
            changed.append(path)
    if changed:
        more = f" and {counted(len(changed) - 1, 'other file')}" if len(changed) > 1 else ""
        raise InputError(f"{changed[0]}{more} of {experiment.name} changed after the results were made, as its "
                         "dvc.lock shows; run `dvc repro` there, and commit the file together with dvc.lock")


def read_file(commit: str, path: Path) -> bytes | None:
    """Return a file of a commit, or of the working tree if `commit` is ""; None if there is none."""
    if commit:
        return git_names.file_at(commit, path.as_posix())
    file = project_root() / path
    return file.read_bytes() if file.is_file() else None


def date_and_words(commit: str) -> tuple[str, str]:
    """Return the date of a commit and what it says; of an experiment of DVC's, on what it builds."""
    date, subject = git.output("show", "-s", "--format=%ad%n%s", "--date=format:%Y-%m-%d %H:%M", commit).split("\n", 1)
    baseline = next((one.baseline for one in git_names.dvc_experiments() if one.commit == commit), "")
    if baseline:
        of_baseline = git.output_or_nothing("show", "-s", "--format=%s", baseline)
        own = "" if subject.startswith("dvc: commit experiment") else f"{subject}; "
        subject = f"{own}an experiment on {baseline[:7]}" + (f", “{of_baseline}”" if of_baseline else "")
    return date, subject


def date_of_workspace() -> str:
    """Return when the working tree's dvc.lock was written; "" without one."""
    lock = project_root() / paths.DVC_LOCK
    return f"{datetime.fromtimestamp(lock.stat().st_mtime):%Y-%m-%d %H:%M}" if lock.is_file() else ""
