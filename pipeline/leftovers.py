"""What removed variants have left behind."""

import shutil
from collections.abc import Collection
from pathlib import Path

import yaml

from pipeline.config import MultiViewPlan, ReportPlan, read_section


def delete_results_of_removed_variants() -> None:
    """Delete what stages of variants have made that the plan does not have."""
    several = read_section(MultiViewPlan, "plan/pipeline/multi_view.json").variants
    delete_results_of_others(read_section(ReportPlan, "plan/pipeline/report.json").variants, several)


def delete_results_of_others(variants: Collection[str], several: Collection[str]) -> list[str]:
    """Delete what stages of other variants than these have made, where DVC's cache has it; the deleted paths.

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
    deleted = sorted(path for path, md5 in left.items() if md5 and (cache / md5[:2] / md5[2:]).is_file())
    for path in deleted:
        shutil.rmtree(path) if Path(path).is_dir() else Path(path).unlink()
    if deleted:
        print(f"deleted, as params.yaml no longer has their variants: {', '.join(deleted)}; DVC's cache keeps them")
    return deleted


def cache_folder() -> Path:
    """Where DVC keeps files by their md5."""
    from dvc.repo import Repo  # takes a second

    return Path(Repo().cache.local.path)
