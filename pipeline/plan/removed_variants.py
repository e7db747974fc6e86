"""Deleting what removed variants have left behind."""

import hashlib
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pipeline.config.plans import ReportPlan, ViewGainsPlan, read_plan
from pipeline.files.yaml_file import parse_yaml
from pipeline.paths import DVC_LOCK, METRICS
from pipeline.plan.code import OF_EACH_VARIANT


def delete_results_of_removed_variants() -> None:
    """Delete what stages have made of variants that are not in the plan; see `delete_results_of_others`.

    The stage plan calls it, and so do the stages that read whole folders: DVC may have taken plan's result from its run
    cache.
    """
    delete_results_of_others(read_plan(ReportPlan).variants, read_plan(ViewGainsPlan).variants)


def delete_results_of_others(variants: Collection[str], of_features: Collection[str]) -> list[str]:
    """Delete what stages have made of other variants than these, if DVC's cache or Git keeps it.

    A stage that reads a whole folder, such as metrics/, then does not find it there. What is kept nowhere else stays,
    and a message names it.

    Args:
        variants: The variants of the plan.
        of_features: Those of the stage features, which are fewer.

    Returns:
        The deleted paths, sorted.
    """
    left = paths_of_others(variants, of_features)
    if not left:
        return []
    cache = cache_folder()
    kept_elsewhere = {path for path in left if is_in_cache(Path(path), cache) or is_in_git(path)}
    for path in sorted(kept_elsewhere):
        shutil.rmtree(path) if Path(path).is_dir() else Path(path).unlink()
    if kept_elsewhere:
        print(f"deleted, as params.yaml no longer has their variants: {', '.join(sorted(kept_elsewhere))}; DVC's "
              "cache or Git keeps them")
    if kept_nowhere := sorted(left - kept_elsewhere):
        print(f"of variants that params.yaml no longer has, and kept nowhere else: {', '.join(kept_nowhere)}; delete "
              "them, or move them elsewhere")
    return sorted(kept_elsewhere)


def paths_of_others(variants: Collection[str], of_features: Collection[str]) -> set[str]:
    """Return the outputs of stages of other variants that are still there; arguments as above."""
    stages: dict[str, Any] = \
        (parse_yaml(DVC_LOCK.read_text()) or {}).get("stages", {}) if DVC_LOCK.is_file() else {}
    of_others = {stage for stage in stages if "@" in stage
                 and stage.partition("@")[2] not in (of_features if stage.startswith("features@") else variants)}
    outputs = {stage: {out["path"] for out in entry.get("outs", [])} for stage, entry in stages.items()}
    kept = {path for stage, outs in outputs.items() if stage not in of_others for path in outs}
    left = {path for stage in of_others for path in outputs[stage] if path not in kept and Path(path).exists()}
    for path in METRICS.glob("*/*.json"):  # DVC does not cache metrics, and leaves them when it checks out
        if path.stem not in variants and path.parent.name in OF_EACH_VARIANT:
            left.add(str(path))
    return left


def is_in_cache(path: Path, cache: Path) -> bool:
    """Return whether DVC's cache has a file, or all files of a folder, as they are now."""
    hashes = [md5_of(file) for file in (path, *path.rglob("*")) if file.is_file()]
    return all((cache / md5[:2] / md5[2:]).is_file() for md5 in hashes)


def md5_of(path: Path) -> str:
    """Return the MD5 of a file, by which DVC's cache has it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def is_in_git(path: str) -> bool:
    """Return whether Git has a file as it is now."""
    return all(subprocess.run(["git", *command, "--", path], capture_output=True).returncode == 0
               for command in (["ls-files", "--error-unmatch"], ["diff", "--quiet", "HEAD"]))


def cache_folder() -> Path:
    """Return the folder in which DVC keeps files by their MD5."""
    from dvc.repo import Repo  # takes a second

    return Path(Repo().cache.local.path)
