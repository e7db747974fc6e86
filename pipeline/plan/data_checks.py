"""Checks of the section data: what fits together, and whether its files are there."""

from pathlib import Path

from pipeline.config.fields import NO_FILE
from pipeline.config.sections import Data
from pipeline.data.source import load_source
from pipeline.errors import InputError, experiment_copy_hint
from pipeline.plan.files import check_file

OWN_TABLES = {"synthetic": "drawn faces have", "celeba": "CelebA's images have"}


def check_data(data: Data) -> None:
    """Raise InputError unless the files that the section data names are there, and its parameters fit together."""
    source = load_source(data.source)
    root = Path(data.root)
    if not root.is_dir() and not (root.is_file() and data.source not in ("synthetic", "celeba")):
        raise InputError(f"params.yaml: data.root is {data.root}, which is not a folder; give the folder of the "
                         f"images, or data/celeba where they are drawn"
                         f"{experiment_copy_hint('give an absolute path')}")
    if data.source in OWN_TABLES:
        check_nothing_beside_own_tables(data)
    check_table("data.attributes", data.attributes, "attributes")
    check_table("data.landmarks", data.landmarks, "landmarks")
    check_file("data.detector", data.detector, "the detector's weights")
    if data.align == "landmarks" and data.landmarks == NO_FILE and not source.HAS_LANDMARKS:
        raise InputError("params.yaml: data.align is landmarks, but data.landmarks names no table; give one, or set "
                         "data.align to crop or detect")
    if data.align == "detect":
        check_detector(data.detector)
    if data.person_column is not None and isinstance(data.test, int):
        raise InputError(f"params.yaml: data.person_column is {data.person_column}, but data.test: {data.test} takes "
                         "the last images, whoever they show; set data.test to hash or official")


def check_nothing_beside_own_tables(data: Data) -> None:
    """Raise InputError where a table or a column is named, which CelebA and drawn faces would not read."""
    for name, nothing in (("attributes", NO_FILE), ("landmarks", NO_FILE), ("split_column", None),
                          ("person_column", None)):
        if (value := getattr(data, name)) != nothing:
            raise InputError(f"params.yaml: data.{name} is {value}, but {OWN_TABLES[data.source]} their own "
                             f"tables; set it to {nothing or 'null'}, or set data.source to folder or parquet")


def check_table(parameter: str, path: str, what: str) -> None:
    """Raise InputError unless a table that a parameter names is there, as a file or as a folder of Parquet files."""
    if not Path(path).is_dir():
        check_file(parameter, path, f"the table of {what}")


def check_detector(path: str) -> None:
    """Raise InputError unless the file holds the detector's weights."""
    if path == NO_FILE:
        raise InputError("params.yaml: data.align is detect, which needs the detector's weights; run `make detector` "
                         "and set data.detector to the file that it names")
    from pipeline.data.detection.weights import read_networks

    read_networks(Path(path))
