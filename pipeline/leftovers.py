"""What removed variants have left behind."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

import yaml

from pipeline.config import MultiViewPlan, ReportPlan, read_section


def delete_results_of_removed_variants() -> None:
    """Delete what stages of variants have made that the plan does not have."""
    several = read_section(MultiViewPlan, "plan/pipeline/multi_view.json").variants
    delete_results_of_others(read_section(ReportPlan, "plan/pipeline/report.json").variants, several)


def delete_results_of_others(variants: Collection[str], several: Collection[str]) -> list[str]:
    """Delete what stages of other variants than these have made, where DVC's cache or Git has it; the deleted paths.

    several: the variants of the stage features, which are fewer. A stage that reads a whole folder, such as metrics/,
    then does not find it there.
    """
    lock = Path("dvc.lock")
    stages = (yaml.safe_load(lock.read_text()) or {}).get("stages", {}) if lock.is_file() else {}
    others = {stage for stage in stages if "@" in stage
              and stage.partition("@")[2] not in (several if stage.startswith("features@") else variants)}
    made = {stage: {out["path"]: out.get("md5", "") for out in entry.get("outs", [])}
            for stage, entry in stages.items()}
    kept = {path for stage, outs in made.items() if stage not in others for path in outs}
    left = {path: md5 for stage in others for path, md5 in made[stage].items()
            if path not in kept and Path(path).exists()}
    if not left:
        return []
    cache = cache_folder()
    kept_elsewhere = {path for path, md5 in left.items() if is_in_cache(Path(path), md5, cache) or is_in_git(path)}
    for path in sorted(kept_elsewhere):
        shutil.rmtree(path) if Path(path).is_dir() else Path(path).unlink()
    if kept_elsewhere:
        print(f"deleted, as params.yaml no longer has their variants: {', '.join(sorted(kept_elsewhere))}; DVC's "
              "cache or Git keeps them")
    if others := sorted(left.keys() - kept_elsewhere):
        print(f"of variants that params.yaml no longer has, and kept nowhere else: {', '.join(others)}; delete them, "
              "or move them elsewhere")
    return sorted(kept_elsewhere)


def is_in_cache(path: Path, md5: str, cache: Path) -> bool:
    """Whether DVC's cache has a file or folder as it is now, and as dvc.lock has recorded it."""
    cached = cache / md5[:2] / md5[2:]
    if not md5 or not cached.is_file():
        return False
    if not path.is_dir():
        return md5_of(path) == md5
    recorded = {entry["relpath"]: entry["md5"] for entry in json.loads(cached.read_text())}
    there = {str(file.relative_to(path)): md5_of(file) for file in path.rglob("*") if file.is_file()}
    return there == recorded and all((cache / part[:2] / part[2:]).is_file() for part in recorded.values())


def md5_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def is_in_git(path: str) -> bool:
    """Whether Git has a file as it is now."""
    return all(subprocess.run(["git", *command, "--", path], capture_output=True).returncode == 0
               for command in (["ls-files", "--error-unmatch"], ["diff", "--quiet", "HEAD"]))


def cache_folder() -> Path:
    """Where DVC keeps files by their md5."""
    from dvc.repo import Repo  # takes a second

    return Path(Repo().cache.local.path)
