"""Compare all results of two working trees, byte by byte: python -m tests.compare_runs A B [--renamed OLD=NEW …].

Run `make repro` in both before. A refactoring that changes no result prints "0 differ". Left out are the outputs of
`plan`, which describe the code and the parameters, and `records/`, which say when and how fast a run was. Prints the
files that differ or that only one tree has, and ends with status 1 if there are any.
"""

import argparse
import sys
from pathlib import Path

import yaml

from pipeline.files.hashes import sha256

NO_RESULTS = ("plan", "code", "records")


def results(tree: Path) -> dict[str, str]:
    """Return file → sha256 of all outputs that the tree's dvc.lock names, less NO_RESULTS."""
    stages = yaml.safe_load((tree / "dvc.lock").read_text())["stages"]
    outputs = {out["path"] for stage in stages.values() for out in stage.get("outs", ())}
    hashes = {}
    for name in sorted(name for name in outputs if Path(name).parts[0] not in NO_RESULTS):
        top = tree / name
        if not top.exists():
            sys.exit(f"error: {top} does not exist; run `make repro` in {tree}")
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file():
                hashes[str(path.relative_to(tree))] = sha256(path)
    return hashes


def renamed(hashes: dict[str, str], names: list[tuple[str, str]]) -> dict[str, str]:
    """Return `hashes` with each folder or file of a path that is named OLD, suffix aside, named NEW."""
    def new(part: str) -> str:
        stem, dot, suffix = part.partition(".")
        return dict(names).get(stem, stem) + dot + suffix
    return {"/".join(map(new, path.split("/"))): value for path, value in hashes.items()}


def differences(first: dict[str, str], second: dict[str, str]) -> list[str]:
    """Return one line for each file that differs or that one tree lacks."""
    lines = []
    for path in sorted(first.keys() | second.keys()):
        if path not in second:
            lines.append(f"only in the first: {path}")
        elif path not in first:
            lines.append(f"only in the second: {path}")
        elif first[path] != second[path]:
            lines.append(f"differs: {path}")
    return lines


def main(arguments: list[str] | None = None) -> int:
    """Print the differences. Return 1 if there are any, else 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("--renamed", action="append", default=[], metavar="OLD=NEW", type=lambda text: text.split("="),
                        help="a folder or file, without its suffix, that has another name in the second tree")
    options = parser.parse_args(arguments)
    first, second = renamed(results(options.first), options.renamed), results(options.second)
    lines = differences(first, second)
    print(*lines, f"{len(first.keys() | second.keys())} files compared, {len(lines)} differ", sep="\n")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
