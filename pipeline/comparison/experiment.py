"""An experiment that is compared: its commit or the working tree, its parameters, and what its dvc.lock records."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import paths
from pipeline.comparison import git_names
from pipeline.config.params import Params
from pipeline.workspace.project import project_root


@dataclass(frozen=True)
class Experiment:
    """What Git and dvc.lock say of an experiment. Nothing is checked out.

    Attributes:
        name: As it was given.
        commit: Its hash, "" for the working tree.
        date: Of the commit, or of the working tree's dvc.lock: "2025-11-26 21:30".
        says: The commit's subject, or on what an experiment of DVC builds.
        params: Its params.yaml.
        stages: The stages of its dvc.lock, as DVC writes them.
    """

    name: str
    commit: str
    date: str
    says: str
    params: Params
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
        """Return the MD5 of the folder with a variant's trained weights; "" if it has no such variant."""
        is_there = variant in self.params.variants  # dvc.lock keeps stages of variants that were removed
        return self.output(f"train@{variant}", paths.MODELS / variant) if is_there else ""

    def variants(self) -> list[str]:
        """Return the variants that have been trained, in the order of params.yaml."""
        return [name for name in self.params.variants if self.weights(name)]

    def _md5(self, stage: str, kind: str, path: Path | str) -> str:
        entries = (self.stages.get(stage) or {}).get(kind) or []
        return next((entry.get("md5", "") for entry in entries if entry["path"] == str(path)), "")


def read_file(commit: str, path: Path) -> bytes | None:
    """Return a file of a commit, or of the working tree if `commit` is ""; None if there is none."""
    if commit:
        return git_names.file_at(commit, path.as_posix())
    file = project_root() / path
    return file.read_bytes() if file.is_file() else None
