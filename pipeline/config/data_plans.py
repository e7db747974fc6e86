"""The sections of the plan about the images themselves."""

from typing import ClassVar, Literal

from pipeline.config.fields import Positive
from pipeline.config.plans import Planned


class DatasetPlan(Planned):
    """The part of `Data` on which the images themselves and their split depend.

    Attributes:
        attributes: The path of a table; None for none.
        landmarks: The path of a table; None for none.
        detector: The path of the detector's weights; None for none.
    """

    section: ClassVar[str] = "dataset"
    source: str
    root: str
    attributes: str | None
    landmarks: str | None
    align: Literal["auto", "none", "landmarks", "crop", "detect"]
    detector: str | None
    broken: Literal["stop", "skip"]
    broken_limit: float
    synthetic_images: int
    test: Literal["official", "hash"] | Positive
    valid_images: int
    shares: list[float]
    split_column: str | None
    person_column: str | None
    limit: int | None
    seed: int


class DataPlan(DatasetPlan):
    """The images, their split and their size."""

    section: ClassVar[str] = "data"
    image_size: int
