"""`dvc` in this project's environment: DVC itself, with lists on the command line as people write them, and a dvc.lock
that survives being killed.

DVC reads `-S loss.layers=relu3_1,relu4_1` as a sweep over two values, and refuses it without --queue. Here a bare
comma list for a parameter that is a list in params.yaml becomes DVC's own spelling, `loss.layers=[relu3_1,relu4_1]`.
Every other call goes through untouched.

DVC writes dvc.lock in place. Killed meanwhile it leaves half of it, and then refuses to run; so a copy of the last good
one is kept in .dvc/tmp. Stages that it does not know yet come back from DVC's run cache. What is damaged in another
way, such as by a merge, is left to DVC, which says so.
"""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

SET_PARAM = ("-S", "--set-param")
# Parameters that name a file or folder on which dvc.yaml makes stages depend, and what stands for none.
NAMES_A_FILE = {"data.root": "data/celeba", "loss_network.file": "data/none", "sampling.inception": "data/none"}


def main() -> int:
    """Entry point of the console script."""
    # Stages call `python`; without an activated environment that would be another one.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    from dvc.cli import main as dvc

    keep_lock_whole()
    if name := null_file(sys.argv[1:]):
        print(f"error: params.yaml: {name} is null, but DVC makes stages depend on the file that it names, and takes "
              f"no null there; set it to {NAMES_A_FILE[name]} where there is none", file=sys.stderr)
        return 1
    return dvc(with_lists(sys.argv[1:]))


def null_file(arguments: list[str], params: Path = Path("params.yaml")) -> str:
    """The first of NAMES_A_FILE that is null, in `params` or by an override; "" where none is. DVC fails on it without
    saying why."""
    try:
        known = yaml.safe_load(params.read_text()) if params.is_file() else {}
    except (yaml.YAMLError, UnicodeDecodeError):  # DVC says where
        return ""
    given = {name: lookup(known, name) for name in NAMES_A_FILE if has(known, name)}
    for argument in arguments:
        name, equals, value = argument.removeprefix("--set-param=").removeprefix("-S").partition("=")
        name = name.removeprefix("params.yaml:").lstrip("+")
        if equals and name in NAMES_A_FILE:
            given[name] = None if value.lower() in ("null", "~", "") else value
    return next((name for name, value in given.items() if value is None), "")


def has(params: Any, name: str) -> bool:
    """Whether a dotted name is there, also with null."""
    *sections, key = name.split(".")
    block = lookup(params, ".".join(sections))
    return isinstance(block, dict) and key in block


def keep_lock_whole(lock: Path = Path("dvc.lock"), copy: Path = Path(".dvc/tmp/dvc.lock")) -> None:
    """Copy a good dvc.lock, or replace a half-written one by the copy, unless a `dvc` at work writes it just now."""
    if not lock.is_file():
        return
    if is_whole(lock):
        copy.parent.mkdir(parents=True, exist_ok=True)
        partial = copy.with_name(f"dvc.lock.{os.getpid()}.part")
        shutil.copyfile(lock, partial)
        os.replace(partial, copy)
    elif copy.is_file() and b"<<<<<<<" not in lock.read_bytes():
        with alone(copy.with_name("lock")) as nobody_writes:
            if nobody_writes and not is_whole(lock):
                partial, damaged = lock.with_name("dvc.lock.part"), copy.with_name("dvc.lock.damaged")
                shutil.copyfile(lock, damaged)
                shutil.copyfile(copy, partial)
                os.replace(partial, lock)
                print("dvc.lock was half written when DVC was killed; the last whole one is taken, the other kept as "
                      f"{damaged}", file=sys.stderr)


@contextlib.contextmanager
def alone(dvcs: Path) -> Iterator[bool]:
    """Whether no other DVC is at work, and none for as long as the block lasts. `dvcs`: the file by which they know."""
    from zc.lockfile import LockError, LockFile

    try:
        held = LockFile(str(dvcs))
    except LockError:
        yield False
        return
    try:
        yield True
    finally:
        held.close()


def is_whole(lock: Path) -> bool:
    """Whether DVC can read it, to its end."""
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from voluptuous import Invalid

    text = lock.read_bytes()
    try:
        read = COMPILED_LOCKFILE_SCHEMA(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
        files = [file for stage in read["stages"].values() for kind in ("deps", "outs") for file in stage.get(kind, [])]
    except (yaml.YAMLError, Invalid, KeyError, AttributeError, TypeError):
        return False
    return text.endswith(b"\n") and all(isinstance(file, dict) and file.get("path") for file in files)


def with_lists(arguments: list[str], params: Path = Path("params.yaml")) -> list[str]:
    """The arguments with list parameters of `exp run` spelled as DVC reads them."""
    if arguments[:2] not in (["exp", "run"], ["experiments", "run"]) or not params.is_file():
        return arguments
    sweep = "--queue" in arguments
    try:
        known = yaml.safe_load(params.read_text())
    except (yaml.YAMLError, UnicodeDecodeError):  # DVC says where
        return arguments
    rewritten, is_value = [], False
    for argument in arguments:
        option = next((option for option in ("--set-param=", "-S") if argument.startswith(option)
                       and argument != option), "")
        if is_value or option:
            argument = option + with_list(argument.removeprefix(option), known, sweep)
        is_value = not is_value and argument in SET_PARAM
        rewritten.append(argument)
    return rewritten


def with_list(override: str, params: dict[str, Any], sweep: bool) -> str:
    """`[file:]name=a,b` as `name=[a,b]` where `name` is a list in `params`; with a sweep, only an escaped `a\\,b`."""
    name, equals, value = override.partition("=")
    if not equals or value.startswith("[") or not isinstance(lookup(params, name.removeprefix("params.yaml:")), list):
        return override
    if sweep and "\\," not in value:
        return override
    return f"{name}=[{value.replace(chr(92) + ',', ',')}]"


def lookup(params: Any, name: str) -> Any:
    """The value at a dotted name, or None."""
    for key in name.split("."):
        if not isinstance(params, dict) or key not in params:
            return None
        params = params[key]
    return params


if __name__ == "__main__":
    sys.exit(main())
