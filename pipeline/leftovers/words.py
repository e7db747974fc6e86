"""Ages in words."""

import time

DAY = 24 * 3600  # seconds


def age_in_words(written: float | None) -> str:
    """Return "2 hours old" for a time two hours ago.

    Args:
        written: In seconds since the epoch; None where the storage does not tell.
    """
    if written is None:
        return "of unknown age"
    seconds = max(time.time() - written, 0)
    for unit, length in (("days", DAY), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} old"
    return f"{seconds:.0f} seconds old"
