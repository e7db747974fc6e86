"""The subcommands, and their arguments."""

import argparse
from collections.abc import Callable
from pathlib import Path

from pipeline.inference.commands import actions
from pipeline.inference.commands.command import Command
from pipeline.inference.commands.output import check_output

ALIGN = ("auto", "none", "detect", "crop")  # as data.align; landmarks are given in Python alone
ZOOM = 4  # by which a picture is enlarged: 64×64 pixels are hard to see on a screen


def whole_number(least: int) -> Callable[[str], int]:
    """Return a function that reads a whole number of at least `least` for argparse."""
    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least {least}")
        return int(text)

    return read


def add_variant(parser: argparse.ArgumentParser) -> None:
    """Add --variant and --project."""
    parser.add_argument("--variant", metavar="NAME", help="a trained variant, such as dfc, or its weights file; by "
                        "default the first by name that has an encoder")
    parser.add_argument("--project", metavar="FOLDER", help="the project's folder, by default the nearest with a "
                        "dvc.yaml")


def add_pictures(parser: argparse.ArgumentParser, number: int | str = "+") -> None:
    """Add the pictures that are read, and --align. number: of the pictures, as argparse's nargs."""
    parser.add_argument("pictures", nargs=number, metavar="PICTURE", help="a photograph of one face")
    parser.add_argument("--align", choices=ALIGN, default="auto", help="how the face comes to where the encoder "
                        "expects it: it is there in 178×218 pixels (none), a detector finds it (detect; see `make "
                        "detector`), or the largest square is taken (crop); auto is none or crop, by the size")


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add -o and --zoom."""
    name = f"{parser.prog.split()[-1]}.png"
    parser.add_argument("-o", "--output", type=Path, default=Path(name), metavar="FILE", help=f"default: {name}")
    parser.add_argument("--zoom", type=whole_number(1), default=ZOOM, metavar="N",
                        help=f"enlarge each face N times; default: {ZOOM}, and 1 for the model's own pixels")


def of_pictures(number: int | str = "+") -> Callable[[argparse.ArgumentParser], None]:
    """Return a function that adds the arguments of a subcommand that reads pictures and writes one."""
    def add(parser: argparse.ArgumentParser) -> None:
        add_pictures(parser, number)
        add_variant(parser)
        add_output(parser)

    return add


def of_edit(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of edit."""
    parser.usage = "%(prog)s PICTURE ... --ATTRIBUTE STRENGTH ... [options]"
    parser.epilog = ("Options with an attribute's name say how strongly: --Smiling 2, --Male -1, or --Smiling -2 0 2 "
                     "for a row. 1 is the mean difference between faces with and without it.")
    of_pictures()(parser)


def of_interpolate(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of interpolate."""
    of_pictures(2)(parser)
    parser.add_argument("--steps", type=whole_number(2), default=8, metavar="N", help="faces in the row; default: 8")


def of_sample(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of sample."""
    add_variant(parser)
    add_output(parser)
    parser.add_argument("--number", type=whole_number(1), default=16, metavar="N", help="of faces; default: 16")
    parser.add_argument("--columns", type=whole_number(1), default=8, metavar="N", help="faces in a row; default: 8")
    parser.add_argument("--seed", type=whole_number(0), default=0, metavar="N", help="default: 0")
    parser.add_argument("--source", choices=("prior", "mixture"), default="prior",
                        help="of z: N(0, I), or the mixture of Gaussians fitted to the latents; default: prior")


def of_predict(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of predict."""
    add_pictures(parser)
    add_variant(parser)


def of_variants(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of variants."""
    parser.add_argument("--project", metavar="FOLDER", help="the project's folder, by default the nearest with a "
                        "dvc.yaml")


def writing(action: Callable[[argparse.Namespace], None]) -> Callable[[argparse.Namespace], None]:
    """Return an action that first checks the picture that it writes."""
    def checked(given: argparse.Namespace) -> None:
        check_output(given.output, getattr(given, "pictures", ()))
        action(given)

    return checked


COMMANDS = (
    Command("edit", "Change attributes of faces: edit face.jpg --Smiling 2.", of_edit, writing(actions.edit),
            names_attributes=True),
    Command("reconstruct", "Encode and decode faces.", of_pictures(), writing(actions.reconstruct)),
    Command("interpolate", "Go from one face to another.", of_interpolate, writing(actions.interpolate)),
    Command("sample", "Make new faces.", of_sample, writing(actions.sample)),
    Command("predict", "Print which attributes a variant's SVMs see in faces.", of_predict, actions.predict),
    Command("variants", "Print what is trained, and what each variant can do.", of_variants, actions.variants),
)
