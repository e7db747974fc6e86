"""What removed variants have left is deleted if it is kept elsewhere; nothing else is deleted."""

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
import yaml

from pipeline.plan import removed_variants
from pipeline.plan.removed_variants import delete_results_of_others

MADE = {"train@dfc": ["models/dfc", "metrics/train/dfc.json"], "train@old": ["models/old", "metrics/train/old.json"],
        "features@dfc": ["features/dfc"], "features@pvae": ["features/pvae"], "train@pvae": ["models/pvae"],
        "report": ["report"]}


def store(cache: Path, data: bytes, suffix: str = "") -> str:
    """Put a file into DVC's cache and return its MD5."""
    md5 = hashlib.md5(data).hexdigest() + suffix
    (cache / md5[:2]).mkdir(parents=True, exist_ok=True)
    (cache / md5[:2] / md5[2:]).write_bytes(data)
    return md5


def forget(path: Path) -> None:
    """Take a file out of DVC's cache."""
    md5 = removed_variants.md5_of(path)
    (removed_variants.cache_folder() / md5[:2] / md5[2:]).unlink()


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A project with results of the stages MADE, which DVC has recorded and cached, and a folder of the user."""
    folder, cache = tmp_path / "project", tmp_path / "cache"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(removed_variants, "cache_folder", lambda: cache)
    stages: dict[str, dict] = {stage: {"outs": []} for stage in MADE}
    for stage, paths in MADE.items():
        for path in paths:
            data, file = path.encode(), folder / path if path.endswith(".json") else folder / path / "deep" / "file"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            md5 = store(cache, data)
            if file != folder / path:
                md5 = store(cache, json.dumps([{"md5": md5, "relpath": "deep/file"}]).encode(), ".dir")
            stages[stage]["outs"].append({"path": path, "md5": md5})
    (folder / "models/mine").mkdir()
    (folder / "dvc.lock").write_text(yaml.safe_dump({"stages": stages}))
    return folder


def test_results_of_removed_variants_are_deleted(project, capsys):
    before = {path for path in project.rglob("*") if path.suffix == ".json" or path.name == "file"}
    deleted = ["features/pvae", "metrics/train/old.json", "models/old"]
    assert delete_results_of_others(["dfc", "pvae"], of_features=["dfc"]) == deleted
    assert "deleted, as params.yaml no longer has their variants: features/pvae, " in capsys.readouterr().out
    left = {path for path in project.rglob("*") if path.suffix == ".json" or path.name == "file"}
    assert before - left == {project / "features/pvae/deep/file", project / "models/old/deep/file",
                             project / "metrics/train/old.json"}
    assert (project / "models/mine").is_dir() and not (project / "models/old").exists()
    assert delete_results_of_others(["dfc", "pvae"], of_features=["dfc"]) == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("change", ["another file", "more files", "not in the cache"])
def test_results_that_are_kept_nowhere_else_stay(project, capsys, change):
    if change == "another file":
        (project / "models/old/deep/file").write_text("trained again, and killed")
    elif change == "more files":
        (project / "models/old/mine.txt").write_text("mine")
    else:
        forget(project / "metrics/train/old.json")
    wanted = {"features/pvae", "metrics/train/old.json", "models/old"}
    kept = "metrics/train/old.json" if change == "not in the cache" else "models/old"
    assert set(delete_results_of_others(["dfc", "pvae"], of_features=["dfc"])) == wanted - {kept}
    assert (project / kept).exists() and f"kept nowhere else: {kept};" in capsys.readouterr().out


def test_metrics_that_only_git_has_are_deleted_unless_they_have_changed(project, capsys):
    metrics = project / "metrics/train/old.json"
    forget(metrics)
    for command in (["init", "-q"], ["add", "metrics"],
                    ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "metrics"]):
        subprocess.run(["git", *command], check=True)
    before = metrics.read_bytes()
    metrics.write_text("changed")
    delete_results_of_others(["dfc", "pvae"], of_features=["dfc"])
    assert metrics.read_text() == "changed"
    metrics.write_bytes(before)
    assert delete_results_of_others(["dfc", "pvae"], of_features=["dfc"]) == ["metrics/train/old.json"]


def test_metrics_that_a_restored_lock_does_not_name_are_deleted(project):
    lock = yaml.safe_load((project / "dvc.lock").read_text())
    del lock["stages"]["train@old"]
    (project / "dvc.lock").write_text(yaml.safe_dump(lock))
    assert delete_results_of_others(["dfc", "pvae"], of_features=["dfc", "pvae"]) == ["metrics/train/old.json"]
    assert (project / "metrics/train/dfc.json").exists() and (project / "models/old").exists()


def test_without_a_lock_nothing_is_deleted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models/dfc").mkdir(parents=True)
    assert delete_results_of_others([], of_features=[]) == [] and (tmp_path / "models/dfc").is_dir()
