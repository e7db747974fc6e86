"""What a data set will need of disk and memory, against what this machine has.

These are estimates. What is too little by them is a warning, and what is too little in any case is refused.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import InputError
from pipeline.files.writable import existing, free_bytes
from pipeline.hardware.memory import available_memory
from pipeline.vocabulary import size_in_words

CHANNELS = 3
GREY = 0.3  # what grey pictures take of what coloured ones do
FREE_SPACE = "free some space, or lower data.limit or data.image_size"  # what the user can do


class Need(NamedTuple):
    """What will be written to a disk."""

    what: str      # its path, or what it is
    folder: Path   # where; it need not exist
    about: int     # bytes, as far as can be told
    least: int     # bytes that it takes in any case


def shard_bytes(images: int, views: int, image_size: int) -> int:
    """Return about how many bytes the shards of a data set take on disk.

    It is the number of pixel values, one byte each. Measured over all views: photographs take 1.0 of that at 64×64,
    0.93 at 128×128 and 0.72 at 256×256, drawn faces 0.96, 0.81 and 0.59, and grey photographs 0.36, 0.30 and 0.24.

    Args:
        images: of the data set, in all splits.
        views: that are cut out of each.
        image_size: S of the crops, in pixels.
    """
    return images * views * CHANNELS * image_size**2


def training_bytes(images: int, image_size: int) -> int:
    """Return how many bytes of memory the pixels of the training and validation images of one view take.

    A training holds all of them, uint8: 12,288 bytes for a face of 64×64 pixels.
    """
    return images * CHANNELS * image_size**2


def least_shard_bytes(images: int, views: int, image_size: int, in_colour: bool) -> int:
    """Return how many bytes the shards of a data set take at least, by what was measured for `shard_bytes`.

    Args:
        images: as for `shard_bytes`, as are the next two.
        views: that are cut out of each.
        image_size: S of the crops, in pixels.
        in_colour: whether the images are known to be; else they may be grey.
    """
    share = 0.85 * min(1.0, 64 / image_size) ** 0.5 * (1.0 if in_colour else GREY)
    return int(share * shard_bytes(images, views, image_size))


def vgg_fc_bytes(images: int) -> int:
    """Return how many bytes VGG-FC's features, 4096 float32 an image, take on disk until all is scored."""
    return images * 4096 * 4


def bytes_below(folder: Path) -> int:
    """Return how many bytes the files of a folder have, 0 where there is no folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def check_disks(needs: Sequence[Need], remedy: str = FREE_SPACE) -> Iterator[str]:
    """Yield a sentence for each disk that has less space than will probably be needed.

    Args:
        needs: what will be there at the same time.
        remedy: what the user can do: "free some space".

    Raises:
        InputError: a disk has less space than is needed in any case.
    """
    disks: dict[int, list[Need]] = {}
    for need in needs:
        disks.setdefault(existing(need.folder.absolute()).stat().st_dev, []).append(need)
    for of_disk in disks.values():
        about, least = sum(need.about for need in of_disk), sum(need.least for need in of_disk)
        free, what = free_bytes(of_disk[0].folder), " and ".join(need.what for need in of_disk)
        there = f"and the disk of {of_disk[0].folder} has {size_in_words(free)} free; {remedy}"
        if least > free:
            raise InputError(f"{what} will need about {size_in_words(about)}, at least {size_in_words(least)}, {there}")
        if about > free:
            yield f"{what} will need about {size_in_words(about)}, {there}"


def memory_warning(needed: int, what: str, remedy: str) -> str | None:
    """Return a sentence if this machine has less free memory than is needed, else None."""
    free = available_memory()
    return None if free >= needed else (f"{what} will need about {size_in_words(needed)} of memory, and this machine "
                                        f"has {size_in_words(free)} free; {remedy}")
