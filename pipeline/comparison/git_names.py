"""Which names of experiments Git knows: branches, tags, commits, and the experiments of `dvc exp`."""

import subprocess
from collections.abc import Iterable
from typing import NamedTuple

from pipeline.errors import InputError, did_you_mean
from pipeline.workspace import git
from pipeline.workspace.project import project_root

WORKSPACE = "workspace"  # the files as they are now, as DVC calls them
REFS_OF_DVC = "refs/exps"  # refs/exps/<2 digits>/<38 digits of the commit that it builds on>/<name>
NAMED = 12  # names that an error lists


class DvcExperiment(NamedTuple):
    """An experiment that `dvc exp run` has made."""

    name: str
    baseline: str  # the commit on which it builds
    commit: str


def dvc_experiments() -> list[DvcExperiment]:
    """Return all experiments of DVC in this repository."""
    lines = git.output_or_nothing("for-each-ref", "--format=%(refname) %(objectname)", REFS_OF_DVC).splitlines()
    parts = [(ref.split("/"), commit) for ref, commit in (line.split() for line in lines)]
    return [DvcExperiment(ref[4], ref[2] + ref[3], commit) for ref, commit in parts
            if len(ref) == 5 and len(ref[2] + ref[3]) == 40]


def commit_of(name: str) -> str:
    """Return the commit that a branch, a tag, a commit's hash or an experiment's name stands for.

    Where several experiments have one name, that on the commit of the checkout is taken.

    Raises:
        InputError: There is no such name, or it stands for several experiments on other commits.
    """
    git.output("rev-parse", "--git-dir")  # says so outside of a checkout
    commit = git.output_or_nothing("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if commit and not name.startswith("-"):
        return commit
    found = [one for one in dvc_experiments() if one.name == name]
    here = [one for one in found if one.baseline == git.output_or_nothing("rev-parse", "HEAD")]
    if len(here or found) == 1:
        return (here or found)[0].commit
    if found:
        raise InputError(f"{name} is the name of {len(found)} experiments, none of them on this commit; give one of "
                         f"their commits: {', '.join(one.commit[:7] for one in found)}")
    known = names()
    raise InputError(f"there is no experiment {name}{did_you_mean(name, known)}; {listed(known)}")


def names() -> list[str]:
    """Return every name that can be compared: the workspace, branches, tags and DVC's experiments."""
    refs = git.output_or_nothing("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags").splitlines()
    return list(dict.fromkeys([WORKSPACE, *refs, *(one.name for one in dvc_experiments())]))


def listed(known: Iterable[str]) -> str:
    """Return which names there are, in words; the first `NAMED` of many."""
    known = list(known)
    more = f" and {len(known) - NAMED} more (`dvc exp list --all`, `git branch`)" if len(known) > NAMED else ""
    return f"there are {', '.join(known[:NAMED])}{more}"


def file_at(commit: str, path: str) -> bytes | None:
    """Return a file of a commit, by its path within the project; None where the commit has no such file."""
    done = subprocess.run(["git", "show", f"{commit}:./{path}"], cwd=project_root(), capture_output=True)
    return None if done.returncode else done.stdout
