"""The environment: environment.sh finds a Python that works or says what is missing; imported packages are declared.

`make` runs environment.sh to make .venv. Its tests put scripts in the place of Pythons, into a folder that is the whole
PATH. No package is installed.
"""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from pipeline.plan.modules import Modules

PROJECT = Path(__file__).resolve().parents[1]
SCRIPT = PROJECT / "environment.sh"
TOOLS = ("sh", "du", "df", "awk", "cut", "touch")
WORKS = f'exec {shlex.quote(sys.executable)} "$@"'
SHIM = "echo 'pyenv: command not found' >&2; exit 127"
OLD = 'echo 3.9; exit 1'
WITHOUT_VENV = f'case "$2" in *venv*) exit 1 ;; esac\n{WORKS}'
FULL_DISK = "echo 'Filesystem 1048576-blocks Used Available Capacity Mounted on'; echo '/dev/x 9000 8900 100 99% /'"


@pytest.fixture
def error_of(tmp_path):
    """error_of({name: script}, arguments) → the script's error, on a disk that is too full to install anything."""
    def error_of(pythons: dict[str, str], *arguments: str) -> str:
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
    return error_of


TOO_FULL = "error: the packages need 7000 MB on the disk of "  # said when a Python has been found


@pytest.mark.parametrize("pythons", [
    {"python3.11": WORKS}, {"python3.12": WORKS}, {"python3.13": WORKS}, {"python3": WORKS}, {"python": WORKS},
    {"python3.11": SHIM, "python3.12": OLD, "python3.13": WORKS}, {"python3.11": WITHOUT_VENV, "python3.12": WORKS},
], ids=lambda pythons: " ".join(pythons))
def test_a_python_that_works_is_found(error_of, pythons):
    assert error_of(pythons).startswith(TOO_FULL)


def test_too_little_disk_is_an_error_that_names_the_free_space(error_of, tmp_path):
    assert error_of({"python3": WORKS}) == (f"{TOO_FULL}{tmp_path}, which has 100 MB free; free some, or clone to a "
                                            "larger disk")


@pytest.mark.parametrize("pythons", [{}, {"python3.11": SHIM}, {"python3": OLD, "python": OLD}])
def test_a_missing_python_is_an_error_that_says_what_to_install(error_of, pythons):
    assert error_of(pythons).startswith("error: no Python 3.11, 3.12 or 3.13 was found; install one (")


def test_a_python_without_venv_is_an_error_that_names_the_package(error_of):
    version = "{}.{}".format(*sys.version_info)
    assert error_of({"python3": WITHOUT_VENV}) == ("error: python3 has no module venv or ensurepip; install them "
                                                   f"(Debian, Ubuntu: apt install python{version}-venv)")


def test_a_named_python_that_does_not_run_is_refused(error_of):
    refused = "error: PYTHON is mine, which is not a Python 3.11, 3.12 or 3.13 that runs"
    assert error_of({"mine": OLD, "python3": WORKS}, "mine").startswith(refused)


@pytest.mark.parametrize("name", ["mine", "my own"])
def test_a_named_python_that_works_is_taken(error_of, name):
    assert error_of({name: WORKS, "python3.11": SHIM}, name).startswith(TOO_FULL)


# Declared packages.

OWN = {"pipeline", "stages", "tests", "benchmarks"}


def imported(*folders: str) -> Iterator[tuple[str, str]]:
    """Yield (package, file) for each import of a package that is neither Python's nor ours."""
    for path in (path for folder in folders for path in sorted((PROJECT / folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            else:
                continue
            for package in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - OWN:
                yield package, str(path.relative_to(PROJECT))


def declared(requirements: list[str]) -> set[str]:
    """Return the names of the distributions in a list of requirements, in their normal form."""
    return {normal(re.match(r"[\w.-]+", requirement)[0]) for requirement in requirements}


def normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


@pytest.mark.parametrize(("folders", "extras"), [(("pipeline", "stages"), []), (("tests", "benchmarks"), ["dev"])])
def test_every_imported_package_is_declared(folders, extras):
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    known = declared(sum((project["optional-dependencies"][extra] for extra in extras), project["dependencies"]))
    distributions = packages_distributions()
    assert {(package, file) for package, file in imported(*folders)
            if not known.intersection(map(normal, distributions.get(package, ())))} == set()


def test_each_data_file_is_in_the_package():
    """An editable install finds a template and a table wherever they lie; a wheel holds what package-data names."""
    patterns = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["pipeline"]
    packaged = {path for pattern in patterns for path in (PROJECT / "pipeline").glob(pattern)}
    assert set(Modules().data_files) == packaged
