"""Shared by all tests: a small project to run things in, and where research data lies if it is there."""

import os

os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("DVC_NO_ANALYTICS", "1")
