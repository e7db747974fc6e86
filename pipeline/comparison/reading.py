"""Reading experiments by their names, and refusing those that cannot be compared."""

import hashlib
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import yaml

from pipeline import paths
from pipeline.comparison import git_names
from pipeline.comparison.experiment import Experiment, read_file
from pipeline.comparison.git_names import WORKSPACE
from pipeline.config.loading import load_params
from pipeline.config.params import Params
from pipeline.errors import InputError
from pipeline.files.yaml_file import parse_yaml
from pipeline.vocabulary import counted
from pipeline.workspace import git
from pipeline.workspace.project import project_root

MOST = 6  # as many colours as can be told apart


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
    params = read_params(name, commit)
    try:
        lock = parse_yaml(read_file(commit, paths.DVC_LOCK) or b"") or {}
    except yaml.YAMLError:
        raise InputError(f"dvc.lock of {name} is damaged; restore it, or run `dvc repro` there") from None
    date, says = (date_and_words(commit) if commit else (date_of_workspace(), "the files as they are now"))
    experiment = Experiment(name, commit, date, says, params, lock.get("stages") or {})
    if not experiment.variants():
        raise InputError(f"{name} has trained no variant: its dvc.lock has no stage train; run `dvc repro` there and "
                         "commit dvc.lock, or compare another experiment")
    refuse_changed(experiment)
    return experiment


def read_params(name: str, commit: str) -> Params:
    """Return the parameters of an experiment, as this code reads them.

    Args:
        name: Of the experiment.
        commit: Its hash, "" for the working tree.

    Raises:
        InputError: The experiment has no params.yaml, or one that this code does not read.
    """
    content = read_file(commit, paths.PARAMS)
    if content is None:
        raise InputError(f"{name} has no {paths.PARAMS}; compare an experiment of this project")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / paths.PARAMS
        path.write_bytes(content)
        try:
            return load_params(path)
        except InputError as error:
            what = str(error).replace(str(path), str(paths.PARAMS))
            raise InputError(f"this code does not read the parameters of {name}: {what}") from None


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
