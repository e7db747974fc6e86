"""A copy of this project that has one variant, `dfc`, and reads a given CelebA."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from pipeline.files.yaml_file import parse_yaml

PROJECT = Path(__file__).resolve().parents[2]
DVC = Path(sys.executable).with_name("dvc")  # the project's, which knows its own spelling of lists
VARIANT = "dfc"
# As at the papers' scale, but that a training has one epoch. The network has random weights, since none are downloaded,
# and the demo's width. So the stage `teach` has nothing to train, and the baseline `supervised` is left out.
CHANGES: dict[str, dict[str, Any]] = {
    "data": {"source": "celeba", "test": "official"},
    "loss_network": {"source": "random", "width": 0.25},
    "train": {"epochs": 1},
    "baselines": {"methods": ["pca", "untrained", "loss_network"]},
    "view_gains": {"variants": [VARIANT]},
}


def make_project(folder: Path, celeba: Path) -> None:
    """Copy the files that git lists, with uncommitted changes, into `folder`, and set its parameters.

    Args:
        folder: is left as it is where it was made before.
        celeba: in CelebA's layout.
    """
    if (folder / "complete").is_file():
        return
    shutil.rmtree(folder, ignore_errors=True)
    listed = git(PROJECT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, folder / name)
    (folder / "dvc.lock").unlink(missing_ok=True)
    shutil.rmtree(folder / "metrics", ignore_errors=True)
    params = parse_yaml((folder / "params.yaml").read_text())
    params["scale"] = "paper"
    for section, values in CHANGES.items():
        params[section] |= values
    params["data"]["root"] = str(celeba)
    params["variants"] = {VARIANT: params["variants"][VARIANT]}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    git(folder, "init", "-q")
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=full-size", "-c", "user.email=full-size@localhost", "-c", "commit.gpgsign=false",
        "commit", "-q", "--no-verify", "-m", "full size")
    (folder / "complete").touch()


def stages_of(folder: Path) -> list[str]:
    """Return the names of the stages as DVC has them, each behind those that it needs."""
    listed = subprocess.run([DVC, "stage", "list", "--name-only"], cwd=folder, check=True, text=True,
                            stdout=subprocess.PIPE)
    return listed.stdout.split()


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder, and return what it prints."""
    return subprocess.run(["git", *arguments], cwd=folder, check=True, text=True, stdout=subprocess.PIPE).stdout
