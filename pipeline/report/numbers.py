"""Numbers and names of metrics as a person reads them."""

import math
import re

import numpy as np

DASH = "–"  # stands for an absent number


def number(value: object) -> str:
    """Return a number with as many digits as are worth reading: "12,346", "123.5", "18.62", "0.0123".

    None and NaN become a dash. Texts and booleans stay as they are.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return DASH
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return str(value)
    size = abs(float(value))
    if isinstance(value, (int, np.integer)) or size >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 100 else f"{value:.2f}" if size >= 1 else f"{value:.3g}"


def fixed(value: float | None, digits: int) -> str:
    """Return a number with `digits` digits after the point, for columns to compare; None and NaN as a dash."""
    return DASH if value is None or math.isnan(value) else f"{value:.{digits}f}"


def percent(share: float | None) -> str:
    """Return a share in 0 … 1 in percent, without the sign: "86.95"."""
    return fixed(None if share is None else 100 * share, 2)


def signed(difference: float | None) -> str:
    """Return a difference with its sign and two digits after the point: "+0.52", "−1.10"."""
    return DASH if difference is None or math.isnan(difference) else f"{difference:+.2f}".replace("-", "−")


def metric_in_words(name: str) -> str:
    """Return a metric's name with spaces, and a layer's name as it is: "images per second", "relu1_1"."""
    return re.sub(r"_(?!\d)", " ", name)
