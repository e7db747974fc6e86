"""The picture that a subcommand writes."""

import argparse
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.files.atomic import replacing
from pipeline.inference.pictures import sheet, sheet_size
from pipeline.vocabulary import counted

if TYPE_CHECKING:
    from PIL import Image

    from pipeline.inference.trained import TrainedVariant

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
LONGEST = {"PNG": 2**31 - 1, "JPEG": 65_500, "WEBP": 16_383}  # pixels of a side that the format and its writer allow
MOST_PIXELS = 2**27  # of the whole picture; Pillow reads few larger ones


def check_output(path: Path, read: Iterable[str | Path]) -> None:
    """Refuse, before the work, an output that cannot be written.

    Args:
        path: of the output.
        read: the pictures that are read.

    Raises:
        InputError: its folder does not exist, it is a folder, its ending is unknown, or it is one of the pictures that
            are read.
    """
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}, the folder of the output {path.name}, does not exist; make it, or give "
                         "another -o")
    if path.is_dir():
        raise InputError(f"the output {path} is a folder; give a file, such as -o {path / 'face.png'}")
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"the output {path} does not end in {', '.join(FORMATS)}; give another -o")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"the folder {path.parent} cannot be written to; give another -o")
    if any(path.exists() and Path(one).exists() and path.samefile(one) for one in read):
        raise InputError(f"the output {path} is a picture that is read, and would be lost; give another -o")


def check_size(given: argparse.Namespace, faces: "TrainedVariant", number: int, columns: int) -> None:
    """Refuse, before the work, a picture that is too large to be written.

    Args:
        given: the command line, of which `output` and `zoom` are read.
        faces: the variant that is to make the pictures.
        number: of the pictures.
        columns: pictures in a row.

    Raises:
        InputError: it would have too many pixels for its format, or for a viewer.
    """
    width, height = sheet_size((faces.image_size, faces.image_size), number, columns, given.zoom)
    form = FORMATS[given.output.suffix.lower()]
    if max(width, height) > LONGEST[form] or width * height > MOST_PIXELS:
        raise InputError(f"the output {given.output} would have {width:,}×{height:,} pixels, more than {form} or a "
                         "viewer takes; ask for fewer faces, or give a smaller --zoom")


def write_sheet(given: argparse.Namespace, faces: "TrainedVariant", pictures: "Sequence[Image.Image]", columns: int,
                how: str) -> None:
    """Write pictures as one file, whole or not at all, and print what it shows.

    Args:
        given: the command line, of which `output` and `zoom` are read.
        faces: the variant that has made them.
        pictures: S×S pixels each.
        columns: pictures in a row.
        how: a few words on them.
    """
    whole = sheet(pictures, columns, given.zoom)
    write_picture(given.output, whole)
    larger = f", enlarged {given.zoom} times" if given.zoom > 1 else ""
    print(f"{given.output}: {counted(len(pictures), 'face')} of {faces.image_size}×{faces.image_size} pixels{larger}, "
          f"by {faces.name} ({how})")


def write_picture(path: Path, picture: "Image.Image") -> None:
    """Write a picture in the format of its ending, whole or not at all."""
    with replacing(path) as temporary:
        picture.save(temporary, format=FORMATS[path.suffix.lower()])
