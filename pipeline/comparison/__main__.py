"""Make one page that compares experiments: parameters, numbers, faces, curves.

    make compare EXP="main my-experiment"                                as the next line
    python -m pipeline.comparison main my-experiment                     all variants, into comparison/index.html
    python -m pipeline.comparison main a b --variant dfc --to dfc.html   one variant, another file

An experiment is a branch, a tag, a commit, the name of a `dvc exp`, or `workspace` for the files as they are now. The
others are compared with the first. Nothing is checked out and nothing runs: parameters and numbers come from Git, and
models, faces and curves from DVC's cache.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.comparison.gathering import gather
from pipeline.comparison.page import write_page
from pipeline.errors import InputError
from pipeline.paths import COMPARISON
from pipeline.process import whole_process
from pipeline.vocabulary import counted, size_in_words


def main(arguments: Sequence[str]) -> None:
    """Make the page, and say what is on it."""
    given = parse(arguments)
    if given.to.is_dir():
        raise InputError(f"--to {given.to} is a folder; name the page in it, such as {given.to / 'index.html'}")
    comparison = gather(given.experiments, given.variant)
    write_page(given.to, comparison)
    changed = [one.variant for one in comparison.faces if not one.is_same]
    of_changed = f" ({', '.join(changed)})" if changed else ""
    names = [experiment.name for experiment in comparison.experiments]
    print(f"{given.to}: {', '.join(names[1:])} against {names[0]}: "
          f"{counted(len(comparison.parameters.different), 'parameter')} and the weights of "
          f"{counted(len(changed), 'variant')}{of_changed} differ; "
          f"{size_in_words(given.to.stat().st_size)}")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return `experiments`, `variant` and `to`."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.comparison", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiments", nargs="*", metavar="EXPERIMENT", help="two to six; the first is the reference")
    parser.add_argument("--variant", nargs="+", action="extend", default=[], metavar="NAME",
                        help="the variants that are compared; all unless given")
    parser.add_argument("--to", type=Path, default=COMPARISON, metavar="FILE", help=f"the page; {COMPARISON}")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    with whole_process():
        try:
            main(sys.argv[1:])
        except KeyboardInterrupt:
            sys.exit("interrupted; no page was written")
