"""Teach the loss network on the training faces, where loss_network.source is taught; else write a note.

An interrupted run goes on from its last checkpoint, and gives the same bits.
"""

import csv
import io
import shutil
import time
from typing import TYPE_CHECKING, Any

from pipeline import paths
from pipeline.config.plans import TeachingPlan, TeachingRecipe, read_plan
from pipeline.errors import InputError
from pipeline.files.atomic import write_text
from pipeline.files.folder import Folder
from pipeline.files.hashes import digest
from pipeline.files.json_file import write_json
from pipeline.files.work_folder import delete_siblings_and_partial_files
from pipeline.plan import code
from pipeline.process import whole_process
from pipeline.workspace.records import write_record

if TYPE_CHECKING:
    from pipeline.losses.teaching.training import Taught, TaughtFaces

WORK = paths.UNFINISHED / "teach"


def main() -> None:
    """Run the stage."""
    own_code, plan = code.refuse_unplanned_code("teach"), read_plan(TeachingPlan)
    if plan.recipe:
        teach_and_write(plan.recipe, own_code)
        return
    write_json(paths.NOT_TAUGHT, {})
    write_json(paths.TEACH_METRICS, {})
    write_record("teach")
    print(f"{paths.TEACHING}: loss_network.source is not taught, so there is nothing to do")


def teach_and_write(plan: TeachingRecipe, own_code: str) -> None:
    """Teach the network, or go on with it, and write it. own_code: the text of the code's digest."""
    from pipeline.data import shards
    from pipeline.hardware.allocator import keep_freed_memory
    from pipeline.hardware.gpu import best_device
    from pipeline.losses.teaching.recipe import Recipe
    from pipeline.losses.teaching.training import teach
    from pipeline.training.checkpoints import read_newest_checkpoint, write_checkpoint_and_delete_others

    keep_freed_memory()
    manifest, device, began = shards.manifest(paths.SHARDS, "aligned"), best_device(), time.perf_counter()
    work = Folder.of(delete_siblings_and_partial_files(
        WORK / digest(own_code, plan.model_dump_json(), manifest["files_sha256"])))
    faces, valid = read_faces("train"), read_faces("valid")
    for split, read in (("training", faces), ("validation", valid)):
        if not len(read.pixels):
            raise InputError(f"there are no {split} images, and the loss network is taught with some; give some, or "
                             "set loss_network.source to random, imagenet or file")

    def keep(step: int, state: dict[str, Any]) -> None:
        write_checkpoint_and_delete_others(work, step, state)

    taught = teach(faces, valid, Recipe(**plan.model_dump()), device, read_newest_checkpoint(work), keep)
    write_taught(taught, len(faces.pixels), len(valid.pixels))
    write_record("teach", device=str(device), seconds=time.perf_counter() - began)
    shutil.rmtree(WORK, ignore_errors=True)


def read_faces(split: str) -> "TaughtFaces":
    """Return the faces of a split with their landmarks; their labels are not read."""
    import numpy as np

    from pipeline.data import shards
    from pipeline.data.shard_landmarks import load_aligned_landmarks
    from pipeline.losses.teaching.training import TaughtFaces

    manifest = shards.manifest(paths.SHARDS, "aligned")
    pixels = np.empty((manifest["images"][split], 3, manifest["image_size"], manifest["image_size"]), np.uint8)
    filled = 0
    for _, part in shards.batches(paths.SHARDS, "aligned", split, shards.PART_ROWS):
        pixels[filled:filled + len(part)] = part
        filled += len(part)
    return TaughtFaces(pixels, load_aligned_landmarks(paths.SHARDS, split))


def write_taught(taught: "Taught", faces: int, valid_faces: int) -> None:
    """Write weights, curves and last numbers. faces, valid_faces: as many were learned from, and measured on."""
    from pipeline.losses.loss_network.file import write_loss_network
    from pipeline.losses.teaching.recipe import LAST, VALIDATION_FACES, learned_from

    metrics = taught.epochs[-1] | {"faces": faces, "valid_faces": min(valid_faces, VALIDATION_FACES)}
    write_loss_network(paths.TAUGHT, taught.weights, {}, "taught", learned_from=learned_from(faces))
    table = io.StringIO()
    rows = csv.DictWriter(table, list(taught.epochs[0]), lineterminator="\n")  # pandas takes a second to import
    rows.writeheader()
    rows.writerows(taught.epochs)
    write_text(paths.TEACHING_EPOCHS, table.getvalue())
    write_json(paths.TEACH_METRICS, metrics)
    print(f"{paths.TAUGHT}: VGG-19 up to {LAST}, learned from {learned_from(faces)}; on "
          f"{metrics['valid_faces']:,} validation faces, moved at random, a landmark is "
          f"{metrics['valid_landmark_pixels']:.2f} pixels off (its mean place "
          f"{metrics['valid_landmark_pixels_of_mean']:.2f})")


if __name__ == "__main__":
    with whole_process():
        main()
