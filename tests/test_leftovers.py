"""What removed variants have left is deleted, and nothing else."""

import shutil

import yaml

from pipeline import leftovers
from pipeline.leftovers import delete_results_of_others


def test_results_of_removed_variants_are_deleted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(leftovers, "cache_folder", lambda: tmp_path / "cache")
    made = {"train@dfc": ["models/dfc", "metrics/train/dfc.json"],
            "train@old": ["models/old", "metrics/train/old.json", "models/not_in_the_cache"],
            "features@dfc": ["features/dfc"], "features@pvae": ["features/pvae"], "train@pvae": ["models/pvae"],
            "report": ["report"]}
    for path in [path for paths in made.values() for path in paths] + ["models/mine"]:
        file = tmp_path / path if path.endswith(".json") else tmp_path / path / "file"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump({"stages": {
        stage: {"outs": [{"path": path, "md5": f"ab{path.replace('/', '-')}"} for path in paths]}
        for stage, paths in made.items()}}))
    for path in [path for paths in made.values() for path in paths if path != "models/not_in_the_cache"]:
        (tmp_path / "cache/ab").mkdir(parents=True, exist_ok=True)
        (tmp_path / "cache/ab" / path.replace("/", "-")).touch()
    wanted = ["features/pvae", "metrics/train/old.json", "models/old"]
    assert delete_results_of_others(["dfc", "pvae"], several=["dfc"]) == wanted
    assert "models/old" in capsys.readouterr().out
    shutil.rmtree(tmp_path / "cache")
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"dvc.lock", "models/not_in_the_cache/file", "models/dfc/file", "models/pvae/file",
                    "models/mine/file", "metrics/train/dfc.json", "features/dfc/file", "report/file"}
    assert delete_results_of_others(["dfc", "pvae"], several=["dfc"]) == []
    assert capsys.readouterr().out == ""


def test_without_a_lock_nothing_is_deleted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models/dfc").mkdir(parents=True)
    assert delete_results_of_others([], several=[]) == [] and (tmp_path / "models/dfc").is_dir()
