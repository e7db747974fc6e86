"""Shared by all tests: a small project to run things in, and where research data lies if it is there."""

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline import vocabulary

os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("DVC_NO_ANALYTICS", "1")

LONG = ("test_pipeline.py", "test_two_nodes.py", "test_job.py", "test_chaos.py", "test_live_tracking.py")


def pytest_collection_modifyitems(items):
    """The longest first, so that no process is left alone with one in the end."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture
def own_choice(tmp_path, monkeypatch) -> Iterator[Callable[[str, str, str], None]]:
    """`own_choice(TERMS, "edges", source)` adds pipeline/losses/terms/edges.py for the test."""
    copy, project = tmp_path / "own" / "pipeline", Path(vocabulary.__file__).parent
    imported: list[str] = []

    def write(folder: str, name: str, source: str) -> None:
        (copy / folder / f"{name}.py").write_text(source)
        importlib.invalidate_caches()
        imported.append(vocabulary.module_name(folder, name))
        sys.modules.pop(imported[-1], None)

    for folder in (vocabulary.RECONSTRUCTIONS, vocabulary.TERMS, vocabulary.ADVERSARIES, vocabulary.ARCHITECTURES,
                   vocabulary.VIEWS):
        shutil.copytree(project / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
        package = importlib.import_module(f"pipeline.{folder.replace('/', '.')}")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(copy / folder)])
    monkeypatch.setattr(vocabulary, "__file__", str(copy / "vocabulary.py"))
    yield write
    for name in imported:
        sys.modules.pop(name, None)
