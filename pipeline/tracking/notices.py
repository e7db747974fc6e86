"""Lines on stderr for the user."""

import sys

from tqdm import tqdm


def print_notice(line: str) -> None:
    """Print a line on stderr, above a progress bar if there is one."""
    tqdm.write(line, file=sys.stderr)
