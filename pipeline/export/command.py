"""Make a folder of a trained variant that needs none of this code: python -m pipeline export VARIANT [--to FOLDER].

`make export VARIANT=dfc` calls it. The folder is export/VARIANT, or another by --to. It holds the encoder and the
decoder as ONNX, attribute vectors and SVMs, a model card, an example in Python, and a picture.
"""

import argparse
import os
from pathlib import Path

from pipeline.errors import InputError
from pipeline.export.trained_names import refuse_untrained
from pipeline.inference.commands.command import Command
from pipeline.vocabulary import size_in_words

FOLDER = Path("export")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `variant` and `to`."""
    parser.add_argument("variant", metavar="VARIANT", nargs="?", default="",
                        help="a trained variant, as params.yaml names it")
    parser.add_argument("--to", metavar="FOLDER", help="the folder to make; export/VARIANT if it is not given")


def run(given: argparse.Namespace) -> None:
    """Export the variant that the command line names, and print what was made."""
    if not given.variant:
        raise InputError("no variant is named; name one, as in make export VARIANT=dfc")
    if Path(given.variant).name != given.variant:
        raise InputError(f"{given.variant!r} is no name of a variant; name one, as in make export VARIANT=dfc")
    os.environ.setdefault("ORT_LOGGING_LEVEL", "3")
    refuse_untrained(given.variant)
    from pipeline.export.export import export_variant  # loads torch, which takes seconds

    exported = export_variant(given.variant, Path(given.to or FOLDER / given.variant))
    for name, size in exported.sizes.items():
        print(f"{size_in_words(size):>8}  {name}")
    for note in exported.notes:
        print(f"note: {note}")
    differences = ", ".join(f"{name} {difference:.1e}" for name, difference in exported.differences.items())
    print(f"largest differences between onnxruntime and torch: {differences}")
    print(f"{exported.folder}: {size_in_words(sum(exported.sizes.values()))} in all; read README.md in it before you "
          "pass it on")


COMMAND = Command("export", "Make a folder of a variant for elsewhere: ONNX, vectors, a model card, an example.",
                  add_arguments, run)
