"""The choice among sets of features by validation images. No choice is made by test images."""

import math
from collections.abc import Mapping

DIGITS = 9  # after the point: shares that differ in rounding only are equal


def chosen_on_validation(valid_accuracies: Mapping[str, float | None]) -> str:
    """Return the name of the set with the highest accuracy on the validation images.

    Args:
        valid_accuracies: set → its `valid_accuracy` of `svm.averages`; NaN where there were no validation images, or
            None as read from JSON.

    Returns:
        The first of equals; "" where no set has a number.
    """
    known = {name: round(float(value), DIGITS) for name, value in valid_accuracies.items()
             if value is not None and not math.isnan(value)}
    return max(known, key=lambda name: known[name], default="")
