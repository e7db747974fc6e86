"""What a data set will need of disk and memory, against what this machine has: estimates, said as warnings."""

from pathlib import Path

from pipeline.files.writable import free_bytes
from pipeline.hardware.memory import available_memory
from pipeline.vocabulary import size_in_words

CHANNELS = 3


def shard_bytes(images: int, views: int, image_size: int) -> int:
    """Return about how many bytes the shards of a data set take on disk.

    It is the number of pixel values, one byte each. Measured: photographs take 0.99 to 1.01 of that at 64×64 and 0.86
    to 0.97 at 128×128, by view, and drawn faces 0.86 to 0.97.

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


def disk_warning(needed: int, folder: str | Path, what: str, remedy: str) -> str | None:
    """Return a sentence if the disk of a folder has less space than is needed, else None.

    Args:
        needed: in bytes.
        folder: where it will be written; it need not exist.
        what: will be written there: "the shards".
        remedy: what the user can do.
    """
    free = free_bytes(folder)
    return None if free >= needed else (f"{what} will need about {size_in_words(needed)}, and the disk of {folder} has "
                                        f"{size_in_words(free)} free; {remedy}")


def memory_warning(needed: int, what: str, remedy: str) -> str | None:
    """Return a sentence if this machine has less free memory than is needed, else None; as `disk_warning`."""
    free = available_memory()
    return None if free >= needed else (f"{what} will need about {size_in_words(needed)} of memory, and this machine "
                                        f"has {size_in_words(free)} free; {remedy}")
