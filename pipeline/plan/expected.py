"""What a data set will need, and what it is too small for: said before the long work."""

from collections.abc import Iterator

from pipeline.config.params import Params
from pipeline.data.dataset import Dataset
from pipeline.data.space import memory_warning, training_bytes
from pipeline.errors import InputError
from pipeline.evaluation.enough_images import notes_on_few_images
from pipeline.files.json_file import read_json
from pipeline.hardware.processor import processor_name
from pipeline.paths import RECORDS, of_stage
from pipeline.vocabulary import SPLITS, counted

HOUR = 3600  # seconds
LONG = 0.5  # hours; shorter trainings are not announced


def warnings_before(params: Params, faces: Dataset) -> Iterator[str]:
    """Yield sentences about what this machine or this data set is too small for, the time of training last.

    Args:
        params: All parameters.
        faces: The images that will be used.
    """
    memory = memory_warning(training_bytes(int((faces.split != "test").sum()), params.data.image_size), "a training",
                            "lower data.limit or data.image_size")
    if memory:
        yield memory
    yield from fewer_than_asked(params, faces)
    if faces.attributes.names:
        yield from notes_on_few_images(faces.attributes, faces.split, params.attributes.per_class)
    else:
        yield ("the data set has no attributes, so there are no attribute vectors, SVMs and baselines; "
               "data.attributes names a table of some")
    if hours := training_hours(params, int((faces.split == "train").sum())):
        yield hours


def refuse_unknown_splits(faces: Dataset) -> None:
    """Raise InputError where a split has no image of which any attribute is known: its SVMs would end the run late."""
    for split in SPLITS if faces.attributes.names else ():
        of_split = faces.split == split
        if not faces.attributes.known[of_split].any():
            images = counted(int(of_split.sum()), f"{split} image")
            raise InputError(f"data.attributes: none of the {images} has a known value of any attribute, and "
                             "the SVMs need some in each split; complete the table, split the images otherwise, or "
                             "set data.attributes to data/none")


def fewer_than_asked(params: Params, faces: Dataset) -> Iterator[str]:
    """Yield a sentence for each parameter that asks for more images than there are: all are taken then."""
    test, reference = (int((faces.split == split).sum()) for split in ("test", params.sampling.reference))
    for name, asked, there, split in (
            ("report.reconstructions", params.report.reconstructions, test, "test"),
            ("sampling.images", params.sampling.images, reference, params.sampling.reference),
            ("report.mosaic_images", params.report.mosaic_images, len(faces), "")):
        if there < asked:
            yield f"{name} asks for {asked:,}, and there are {counted(there, f'{split} image'.strip())}: all are taken"


def training_hours(params: Params, images: int) -> str | None:
    """Return how long the trainings will take by records of this processor, or None where it is short or not known.

    Args:
        params: All parameters.
        images: For training.
    """
    seconds = 0.0
    for name in params.variants:
        path = of_stage(RECORDS, "train", name)
        record = read_json(path) if path.is_file() else {}
        if record.get("processor") != processor_name() or not record.get("images_per_second"):
            return None
        seconds += params.variant(name).train.epochs * images / record["images_per_second"]
    return None if seconds < LONG * HOUR else (
        f"the trainings will take about {seconds / HOUR:.1f} hours, at the rates of the last ones on this processor")
