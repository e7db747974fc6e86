"""What removed variants have left behind."""

import hashlib
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path

import yaml

from pipeline.config import MultiViewPlan, ReportPlan, read_section
from pipeline.plan.code import OF_EACH_VARIANT


def delete_results_of_removed_variants() -> None:
    """Delete what stages have made of variants that the plan does not have.

    plan calls it, and the stages that read whole folders: DVC may have taken plan's result from its run cache.
    """
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
    made = {stage: {out["path"] for out in entry.get("outs", [])} for stage, entry in stages.items()}
    kept = {path for stage, outs in made.items() if stage not in others for path in outs}
    left = {path for stage in others for path in made[stage] if path not in kept and Path(path).exists()}
    for path in Path("metrics").glob("*/*.json"):  # DVC, which does not cache them, leaves them when it checks out
        if path.stem not in variants and path.parent.name in OF_EACH_VARIANT:
            left.add(str(path))
    if not left:
        return []
    cache = cache_folder()
    kept_elsewhere = {path for path in left if is_in_cache(Path(path), cache) or is_in_git(path)}
    for path in sorted(kept_elsewhere):
        shutil.rmtree(path) if Path(path).is_dir() else Path(path).unlink()
    if kept_elsewhere:
        print(f"deleted, as params.yaml no longer has their variants: {', '.join(sorted(kept_elsewhere))}; DVC's "
              "cache or Git keeps them")
    if others := sorted(left - kept_elsewhere):
        print(f"of variants that params.yaml no longer has, and kept nowhere else: {', '.join(others)}; delete them, "
              "or move them elsewhere")
    return sorted(kept_elsewhere)


def is_in_cache(path: Path, cache: Path) -> bool:
    """Whether DVC's cache has a file, or all files of a folder, as they are now."""
    found = [md5_of(file) for file in (path, *path.rglob("*")) if file.is_file()]
    return all((cache / md5[:2] / md5[2:]).is_file() for md5 in found)


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
