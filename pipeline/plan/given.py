"""What the plan gives to the source of the faces, and the faces as the stage prepare has them."""

from pathlib import Path

from pipeline import paths
from pipeline.config.data_plans import DatasetPlan
from pipeline.data import framing
from pipeline.data.broken import leave_out
from pipeline.data.dataset import Dataset, Given
from pipeline.data.found_landmarks import read_landmarks
from pipeline.data.framing import Choice, Framing
from pipeline.data.source import fingerprint, open_source
from pipeline.data.splits import Splitting
from pipeline.errors import InputError
from pipeline.files.json_file import read_json

IN_CELEBAS_FRAME = ("synthetic", "celeba")  # sources whose images have 178×218 pixels


def given_by(plan: DatasetPlan) -> Given:
    """Return what the source is given. Drawn faces lie where the stage dataset has put them."""
    train, valid, test = plan.shares
    splitting = Splitting(plan.test, plan.valid_images, plan.limit, (train, valid, test), plan.split_column,
                          plan.person_column)
    return Given(paths.DATASET if plan.source == "synthetic" else Path(plan.root), splitting,
                 Path(plan.attributes) if plan.attributes else None, Path(plan.landmarks) if plan.landmarks else None)


def framing_by(plan: DatasetPlan, faces: Dataset, choice: Choice) -> Framing:
    """Return how the faces come to CelebA's frame. choice: data.align, or what the stage dataset made of it."""
    return framing.resolve(choice, faces, celeba=plan.source in IN_CELEBAS_FRAME)


def checked_faces(plan: DatasetPlan) -> tuple[Dataset, Framing]:
    """Return the faces and their framing, as the stage dataset has left them: without broken images.

    Raises:
        InputError: The data set has more or fewer images than then.
    """
    faces = open_source(plan.source, given_by(plan))
    if plan.source == "synthetic":
        return faces, framing_by(plan, faces, "none")
    if fingerprint(plan.source, given_by(plan)) != read_json(paths.CHECKED_DATASET)["files"]:
        raise InputError(f"{plan.root}, or a table of it, has changed since the stage dataset looked at it; run "
                         "`dvc repro prepare`, which looks again")
    faces = leave_out(faces, paths.BROKEN_IMAGES)
    chosen = framing_by(plan, faces, read_json(paths.CHECKED_DATASET)["align"])
    return with_landmarks(faces, chosen), chosen


def with_landmarks(faces: Dataset, chosen: Framing) -> Dataset:
    """Return faces with the landmarks that their framing takes: given ones, those that were found, or none."""
    if chosen.way == "detect":
        return faces.with_landmarks(read_landmarks(paths.FOUND_LANDMARKS, faces.image_ids))
    return faces.with_landmarks(None) if chosen.way == "crop" else faces
