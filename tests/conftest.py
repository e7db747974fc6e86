"""Shared by all tests: a small project to run things in, and where research data lies if it is there."""

import os

os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("DVC_NO_ANALYTICS", "1")

LONG = ("test_pipeline.py", "test_two_nodes.py", "test_job.py", "test_chaos.py", "test_live_tracking.py")


def pytest_collection_modifyitems(items):
    """The longest first, so that no process is left alone with one in the end."""
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))
