"""Shared by all tests: a small project to run things in, and where research data lies if it is there."""

import importlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline import vocabulary
from pipeline.config.running import Tracking
from tests.two_nodes import NOT_BEHIND

os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("DVC_NO_ANALYTICS", "1")
os.environ.update(NOT_BEHIND)  # for clusters that begin in pytest's own process
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell's script; programs inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

PROCESSES = 4  # at most


def pytest_xdist_auto_num_workers(config) -> int:
    """Return the number of test processes: one for each core, but two at least, since some tests wait for a cluster."""
    return min(max(len(os.sched_getaffinity(0)), 2), PROCESSES)


LONG = ("test_pipeline.py", "test_runs_at_once.py", "test_two_nodes.py", "test_elastic.py", "test_job.py",
        "test_start_from.py", "test_chaos.py", "test_disk.py", "test_before_any_run.py", "test_live.py")


def pytest_collection_modifyitems(items):
    """The longest first, so that no process is left alone with one in the end."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


@pytest.fixture(scope="session")
def mlflow_project(tmp_path_factory) -> Path:
    """Return a project for all tests. They share its store, since MLflow takes seconds to create a database."""
    return tmp_path_factory.mktemp("project")


@pytest.fixture
def config(request, mlflow_project, monkeypatch) -> Iterator[Tracking]:
    """Yield a configuration with MLflow's default store in that project, and an MLflow experiment for each test.

    MLflow itself sets MLFLOW_TRACKING_URI. Because it is set and deleted here, it is as before when the test ends.
    """
    import mlflow

    from pipeline.tracking import experiments, waiting

    monkeypatch.setenv("DVC_ROOT", str(mlflow_project))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "deleted in the next line")
    for name in ("MLFLOW_TRACKING_URI", "DVC_EXP_NAME", "DVC_EXP_BASELINE_REV", "GIT_COMMIT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(waiting, "RETRY_SECONDS", 0.1)
    experiments.commit_name.cache_clear()  # of another test's project
    yield Tracking(uri=None, experiment=request.node.name, patience=0)
    mlflow.set_tracking_uri(None)


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
                   vocabulary.VIEWS, vocabulary.BASELINES, vocabulary.SOURCES):
        shutil.copytree(project / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
        package = importlib.import_module(f"pipeline.{folder.replace('/', '.')}")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(copy / folder)])
    monkeypatch.setattr(vocabulary, "__file__", str(copy / "vocabulary.py"))
    yield write
    for name in imported:
        sys.modules.pop(name, None)
