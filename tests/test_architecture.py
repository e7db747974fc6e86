"""The layout's limits. import-linter checks the arrows between rooms in `make check`: see pyproject.toml."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
GROUND = {"__init__.py", "__main__.py", "errors.py", "messages.py", "parallel.py", "paths.py", "process.py",
          "registry.py", "vocabulary.py"}
LONGEST_FILE = 220
LONGEST_FUNCTION = 95
SOURCES = sorted(path for folder in ("pipeline", "stages") for path in (PROJECT / folder).rglob("*.py"))


def functions(source: Path) -> Iterator[tuple[str, int]]:
    """Yield each function's name and its number of lines."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node.end_lineno - node.lineno + 1


def test_only_the_ground_lies_at_the_top_of_the_package():
    assert {path.name for path in (PROJECT / "pipeline").iterdir() if path.is_file()} == GROUND


def test_each_room_says_what_it_is_for():
    rooms = (PROJECT / "pipeline").rglob("__init__.py")
    assert [path for path in rooms if not ast.get_docstring(ast.parse(path.read_text()))] == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_files_and_functions_are_short(source):
    length = len(source.read_text().splitlines())
    assert length <= LONGEST_FILE
    assert [name for name, lines in functions(source) if lines > LONGEST_FUNCTION] == []
