"""Clone the working tree with a tiny plan, and run commands in the clone as users run them."""

import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from tests.tiny import params_without_an_experiment
from tests.two_nodes import outside

PROJECT = Path(__file__).resolve().parents[1]


def run(folder: Path, *command: str, ok: bool = True, environment: dict[str, str] | None = None) -> str:
    """Run a command in the project's environment, which need not be active. Return its stdout and stderr together."""
    done = subprocess.run(command, cwd=folder, env={**outside(), **(environment or {})}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=500)
    assert (done.returncode == 0) == ok, done.stdout[-4000:]
    return done.stdout


def dvc(folder: Path, *arguments: str, ok: bool = True, environment: dict[str, str] | None = None) -> str:
    return run(folder, DVC, *arguments, ok=ok, environment=environment)


DVC = str(Path(sys.executable).parent / "dvc")


def clone(folder: Path, variants: set[str], **sections: dict) -> Path:
    """Clone the working tree with uncommitted files, and commit there.

    Args:
        folder: Where the clone is made.
        variants: The variants that params.yaml keeps.
        sections: Section of params.yaml → the values that it gets.
    """
    run(PROJECT, "git", "clone", "-q", "--no-hardlinks", str(PROJECT), str(folder))
    listed = run(PROJECT, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, folder / name)
    for name in filter(None, run(folder, "git", "ls-files", "-z").split("\0")):
        if not (PROJECT / name).is_file():
            (folder / name).unlink()  # deleted here since the last commit
    params = params_without_an_experiment()
    for section, values in sections.items():
        assert values.keys() <= params[section].keys()
        params[section] |= values
    params["variants"] = {name: block for name, block in params["variants"].items() if name in variants}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    for command in (["config", "user.name", "test"], ["config", "user.email", "test@localhost"], ["add", "-A"],
                    ["commit", "-qm", "tiny plan"]):
        run(folder, "git", *command)
    return folder


def set_params(folder: Path, section: str, **values) -> None:
    """Change params.yaml of a clone."""
    path = folder / "params.yaml"
    params = yaml.safe_load(path.read_text())
    assert values.keys() <= params[section].keys()
    params[section] |= values
    path.write_text(yaml.safe_dump(params, sort_keys=False))
