"""The memory that this process may still take."""

from pathlib import Path

import psutil

# Where Linux has the limit and the use of a container's memory: control groups of version 2, and of version 1.
CGROUP_FILES = (("memory.max", "memory.current"),
                ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"))


def available_memory(cgroup: Path = Path("/sys/fs/cgroup")) -> int:
    """Return the free memory in bytes: the machine's, or what a container's limit leaves, whichever is less.

    What the system holds only to read files faster counts as free.
    """
    free = int(psutil.virtual_memory().available)
    for limit, use in CGROUP_FILES:
        allowed, used = _number(cgroup / limit), _number(cgroup / use)
        if allowed is not None and used is not None:
            free = min(free, max(0, allowed - used + _cache(cgroup, use)))
    return free


def _number(path: Path) -> int | None:
    """Return the number that a file holds, or None where there is none: "max" stands for no limit."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _cache(cgroup: Path, use: str) -> int:
    """Return how much of a container's memory holds files' content that the system can drop, in bytes."""
    try:
        lines = (cgroup / use).with_name("memory.stat").read_text().splitlines()
        statistics = dict(line.split() for line in lines)
        return int(statistics.get("total_inactive_file", statistics["inactive_file"]))
    except (OSError, ValueError, KeyError):
        return 0
