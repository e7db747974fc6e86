"""environment.sh, by which `make` makes .venv: it finds a Python that works, or says in one line what is missing.

Pythons are named by scripts in a folder that is the whole PATH beside the system's tools; packages are not installed.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "environment.sh"
TOOLS = ("sh", "du", "df", "awk", "cut", "touch")
WORKS = f'exec {shlex.quote(sys.executable)} "$@"'
SHIM = "echo 'pyenv: command not found' >&2; exit 127"
OLD = 'echo 3.9; exit 1'
WITHOUT_VENV = f'case "$2" in *venv*) exit 1 ;; esac\n{WORKS}'
FULL_DISK = "echo 'Filesystem 1048576-blocks Used Available Capacity Mounted on'; echo '/dev/x 9000 8900 100 99% /'"


@pytest.fixture
def made(tmp_path):
    """made({name: script}, arguments) → what the script says, on a disk that is too full to install anything."""
    def made(pythons: dict[str, str], *arguments: str) -> str:
        folder = tmp_path / "bin"
        folder.mkdir()
        for tool in TOOLS:
            (folder / tool).symlink_to(shutil.which(tool))
        (folder / "df").unlink()
        for name, script in {"df": FULL_DISK, **pythons}.items():
            (folder / name).write_text(f"#!{shutil.which('sh')}\n{script}\n")
            (folder / name).chmod(0o755)
        done = subprocess.run([str(folder / "sh"), str(SCRIPT), *arguments], cwd=tmp_path, text=True, timeout=60,
                              capture_output=True, env={"PATH": str(folder), "HOME": os.environ.get("HOME", "/")})
        assert done.returncode == 1 and not done.stdout and not (tmp_path / ".venv").exists()
        line, = done.stderr.splitlines()
        return line
    return made


TOO_FULL = "error: the packages need 7000 MB on the disk of "  # said when a Python has been found


@pytest.mark.parametrize("pythons", [
    {"python3.11": WORKS}, {"python3.12": WORKS}, {"python3.13": WORKS}, {"python3": WORKS}, {"python": WORKS},
    {"python3.11": SHIM, "python3.12": OLD, "python3.13": WORKS}, {"python3.11": WITHOUT_VENV, "python3.12": WORKS},
], ids=lambda pythons: " ".join(pythons))
def test_a_python_that_works_is_found(made, pythons):
    assert made(pythons).startswith(TOO_FULL)


def test_too_little_disk_is_said_with_what_there_is(made, tmp_path):
    assert made({"python3": WORKS}) == (f"{TOO_FULL}{tmp_path}, which has 100 MB free; free some, or clone to a larger "
                                        "disk")


@pytest.mark.parametrize("pythons", [{}, {"python3.11": SHIM}, {"python3": OLD, "python": OLD}])
def test_no_python_is_said_with_what_to_install(made, pythons):
    assert made(pythons).startswith("error: no Python 3.11, 3.12 or 3.13 was found; install one (")


def test_a_python_without_venv_is_said_with_the_package_that_has_it(made):
    version = "{}.{}".format(*sys.version_info)
    assert made({"python3": WITHOUT_VENV}) == ("error: python3 has no module venv or ensurepip; install them (Debian, "
                                               f"Ubuntu: apt install python{version}-venv)")


def test_the_python_that_is_named_is_taken_or_refused(made):
    refused = "error: PYTHON is mine, which is not a Python 3.11, 3.12 or 3.13 that runs"
    assert made({"mine": OLD, "python3": WORKS}, "mine").startswith(refused)


@pytest.mark.parametrize("name", ["mine", "my own"])
def test_a_named_one_that_works_is_taken(made, name):
    assert made({name: WORKS, "python3.11": SHIM}, name).startswith(TOO_FULL)
