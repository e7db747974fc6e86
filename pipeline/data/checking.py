"""Looking at every image of a data set before any long work: can it be decoded and framed, and where is its face?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from tqdm import tqdm

from pipeline.data.broken import Broken, broken_image
from pipeline.data.dataset import Dataset
from pipeline.data.framing import Framing
from pipeline.data.picture import read_picture
from pipeline.errors import InputError
from pipeline.parallel import ParallelMap, in_this_process

if TYPE_CHECKING:
    from pipeline.data.detection.detector import Detector

# What a process gets at once: on pictures like CelebA's, 0.03 s of work, and 1 s where faces are detected.
BATCH_IMAGES, DETECTED_IMAGES, BATCH_BYTES = 256, 32, 16 * 2**20


@dataclass(frozen=True, eq=False)
class Checked:
    """What was found in the N images of a data set."""

    broken: tuple[Broken, ...]  # in the data set's order
    sound: np.ndarray  # bool N: not broken
    landmarks: np.ndarray | None  # float32 N×5×2, where faces are detected: x, y of POINTS; NaN for broken images

    def sound_part(self, dataset: Dataset) -> Dataset:
        """Return the data set without its broken images, with the landmarks that were detected if any were."""
        if self.landmarks is not None:
            dataset = replace(dataset, landmarks=self.landmarks)
        return dataset.of_rows(self.sound)


class Task(NamedTuple):
    """What is done with every image."""

    framing: Framing
    where: str  # the images lie, for messages
    detector: "Detector | None"


class Stored(NamedTuple):
    """One image, as a process gets it."""

    image_id: str
    data: bytes | None  # None if it could not be read
    problem: str  # the message then
    landmarks: np.ndarray | None  # 5×2


class Found(NamedTuple):
    """What was found in one image."""

    problem: str = ""  # the whole message, "" for none
    landmarks: np.ndarray | None = None  # float32 5×2, of the face that was detected


def check_images(dataset: Dataset, framing: Framing, parallel_map: ParallelMap = in_this_process,
                 detector_weights: Path | None = None, progress: bool = True) -> Checked:
    """Read and decode every image once, and check that it can be framed.

    The images are read in this process. All are looked at, broken or not, so that a user learns of all at once.

    Args:
        dataset: the images; its landmarks are not read where faces are detected.
        framing: how they will be framed. "detect" finds their faces.
        parallel_map: where images are decoded. The result does not depend on it.
        detector_weights: of MTCNN, as `Detector` reads them; needed for "detect".
        progress: show a bar on stderr.

    Raises:
        InputError: the detector's weights are missing or wrong. Broken images are no error here; see `broken`.
    """
    task = Task(framing, str(dataset.images.path), _detector(framing, detector_weights))
    broken: list[Broken] = []
    sound = np.ones(len(dataset), bool)
    landmarks = np.full((len(dataset), 5, 2), np.nan, np.float32) if task.detector else None
    row = 0
    with tqdm(total=len(dataset), desc="check", unit=" images", disable=not progress) as bar:
        batches = _batches(dataset, DETECTED_IMAGES if task.detector else BATCH_IMAGES, not task.detector)
        for batch in parallel_map(check_batch, task, batches):
            for found in batch:
                if found.problem:
                    broken.append(broken_image(str(dataset.image_ids[row]), found.problem, task.where))
                    sound[row] = False
                elif landmarks is not None:
                    landmarks[row] = found.landmarks
                row += 1
            bar.update(len(batch))
    return Checked(tuple(broken), sound, landmarks)


def _detector(framing: Framing, weights: Path | None) -> "Detector | None":
    """Return the detector where faces are to be found."""
    if framing.way != "detect":
        return None
    if weights is None:
        raise ValueError("detection needs weights")
    from pipeline.data.detection.detector import Detector

    return Detector(weights)


def _batches(dataset: Dataset, images: int, with_landmarks: bool) -> Iterator[list[Stored]]:
    """Read the images, and yield them in order, some at a time."""
    batch: list[Stored] = []
    size = 0
    for row, image_id in enumerate(dataset.image_ids.tolist()):
        points = dataset.landmarks[row] if with_landmarks and dataset.landmarks is not None else None
        try:
            batch.append(Stored(image_id, dataset.images.read(image_id), "", points))
        except InputError as error:
            batch.append(Stored(image_id, None, str(error), points))
        size += len(batch[-1].data or b"")
        if len(batch) == images or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def check_batch(task: Task, batch: list[Stored]) -> list[Found]:
    """Check some images: a function of `ParallelMap`."""
    return [_check(task, image) for image in batch]


def _check(task: Task, image: Stored) -> Found:
    if image.data is None:
        return Found(image.problem)
    try:
        if task.detector is None:
            task.framing.check(image.image_id, image.data, task.where, image.landmarks)
            return Found()
        from pipeline.data.detection.one_face import find_face

        picture = read_picture(image.image_id, image.data, task.where, task.framing.remedy)
        return Found("", find_face(task.detector, picture, f"{image.image_id} in {task.where}"))
    except InputError as error:
        return Found(str(error))
