"""Opening a data set by the name of its source, a file of `pipeline/data/sources`."""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from pipeline.data.dataset import Dataset, Given
from pipeline.data.splits import check_splits
from pipeline.errors import InputError
from pipeline.registry import load_module
from pipeline.vocabulary import SOURCES

NEEDED = ("open_dataset", "fingerprint", "IN_WORDS", "HAS_LANDMARKS")


def load_source(source: str) -> ModuleType:
    """Return the module of a source; raises InputError where it lacks one of NEEDED."""
    module = load_module(SOURCES, source)
    for name in NEEDED:
        if not hasattr(module, name):
            raise InputError(f"pipeline/{SOURCES}/{source}.py has no {name}; write it, as the other sources have it")
    return module


def open_source(source: str, given: Given) -> Dataset:
    """Open a data set and check it.

    Args:
        source: name of a file in `pipeline/data/sources`.
        given: where its data are, and how they are split.

    Raises:
        InputError: the files do not fit each other, or a split has fewer than two images.
    """
    dataset: Dataset = load_source(source).open_dataset(given)
    check_splits(dataset.split, given.splitting, source)
    return dataset


def fingerprint(source: str, given: Given) -> Mapping[str, Any]:
    """Return what tells the data from others, for JSON: each file's bytes and SHA-256."""
    found: Mapping[str, Any] = load_source(source).fingerprint(given)
    return found


def in_words(source: str) -> str:
    """Return the name of a source for people: "CelebA"."""
    words: str = load_source(source).IN_WORDS
    return words
