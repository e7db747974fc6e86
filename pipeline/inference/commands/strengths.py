"""Options that name attributes: --Smiling 2, --Smiling=-1.5, --Smiling -2 0 2."""

import contextlib
import difflib
from collections.abc import Collection, Sequence

from pipeline.errors import InputError


def split_strengths(arguments: Sequence[str], options: Collection[str]) -> tuple[list[str], dict[str, list[float]]]:
    """Take the options that name attributes out of a command line.

    argparse cannot know them, since each data set has attributes of its own, and it would take a negative number or one
    before the picture for something else.

    Args:
        arguments: the command line.
        options: all other options, such as "--variant". Each has a value of its own, which is left alone.

    Returns:
        The other arguments, and attribute → the numbers behind it.

    Raises:
        InputError: an option is neither one of the others nor followed by a number, or an attribute is named twice.
    """
    others: list[str] = []
    strengths: dict[str, list[float]] = {}
    left = list(arguments)
    while left:
        argument = left.pop(0)
        name, equals, value = argument[2:].partition("=")
        option = f"--{name}"
        if not argument.startswith("--") or not name or option in options:
            others.append(argument)
            continue
        numbers: list[float] = []
        if equals:
            left.insert(0, value)
        with contextlib.suppress(ValueError, IndexError):  # the end of the numbers, or of the line
            while True:
                numbers.append(float(left[0]))
                left.pop(0)
        if not numbers:
            wrong = f"; {left[0]} is none" if left and not left[0].startswith("-") else ""
            near = difflib.get_close_matches(option, options, n=1, cutoff=0.8)
            raise InputError(f"there is no option {option}; did you mean {near[0]}?" if near else
                             f"{option} needs a number behind it, its strength, as in {option} 2{wrong}")
        if name in strengths:
            raise InputError(f"{option} is there twice; give all its strengths behind one, as in {option} -2 0 2")
        strengths[name] = numbers
    return others, strengths
