"""Have a data set: draw one, or look at every image of the given one, whose images stay where they are."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.cluster.tasks import parallel_map
from pipeline.config.data_plans import DatasetPlan
from pipeline.config.loading import load_params
from pipeline.config.params import Params
from pipeline.config.plans import read_plan
from pipeline.data.broken import check_broken, write_broken
from pipeline.data.checking import Checked, check_images
from pipeline.data.dataset import Dataset
from pipeline.data.found_landmarks import write_landmarks
from pipeline.data.framing import Framing
from pipeline.data.source import fingerprint, in_words, open_source
from pipeline.data.splits import check_splits
from pipeline.drawn_faces.before_drawing import check_splits_before_drawing
from pipeline.drawn_faces.dataset import write_dataset
from pipeline.files.json_file import write_json
from pipeline.files.writable import refuse_unwritable
from pipeline.messages import counts
from pipeline.paths import BROKEN_IMAGES, CHECKED_DATASET, DATASET, FOUND_LANDMARKS
from pipeline.plan import code
from pipeline.plan.disk import notes_on_disk, shards_may_be_there
from pipeline.plan.expected import refuse_unknown_splits, warnings_before
from pipeline.plan.given import framing_by, given_by
from pipeline.process import whole_process
from pipeline.vocabulary import SPLITS, counted
from pipeline.workspace.records import write_record

EXAMPLES = 20  # broken images that the manifest of the shards, and so the report, names


def main() -> None:
    """Run the stage."""
    code.refuse_unplanned_code("dataset")
    plan, params = read_plan(DatasetPlan), load_params()
    if "://" not in params.cluster.storage:
        refuse_unwritable(params.cluster.storage, "cluster.storage")
    DATASET.mkdir(parents=True, exist_ok=True)
    if plan.source == "synthetic":
        check_splits_before_drawing(plan.synthetic_images, given_by(plan).splitting)
        used = min(plan.synthetic_images, plan.limit or plan.synthetic_images)
        say(notes_on_disk(params, 0 if shards_may_be_there(params, used) else used, landmarks=True, attributes=True,
                          drawn=plan.synthetic_images))
        write_dataset(DATASET, plan.synthetic_images, plan.seed, params.cluster.processes)
        print(f"{DATASET}: {plan.synthetic_images} drawn faces in CelebA's layout")
    else:
        check(plan, params)
    write_record("dataset")


def check(plan: DatasetPlan, params: Params) -> None:
    """Look at every image of the user's data set, and write what was found; refuse what a later stage would refuse."""
    faces = open_source(plan.source, given_by(plan))
    framing = framing_by(plan, faces, plan.align)
    if not shards_may_be_there(params, len(faces)):
        landmarks = framing.way == "detect" or (framing.way != "crop" and faces.landmarks is not None)
        say(notes_on_disk(params, len(faces), landmarks, bool(faces.attributes.names)))
    with parallel_map(params.cluster, params.cluster.processes) as spread:
        checked = check_images(faces, framing, spread, Path(plan.detector) if plan.detector else None)
    write_broken(BROKEN_IMAGES, checked.broken)
    check_broken(checked.broken, len(faces), plan.broken, plan.broken_limit, BROKEN_IMAGES)
    sound = faces.of_rows(checked.sound)
    check_splits(sound.split, given_by(plan).splitting, plan.source)
    refuse_unknown_splits(sound)
    if checked.landmarks is not None:
        write_landmarks(FOUND_LANDMARKS, faces.image_ids, checked.landmarks)
    write_json(CHECKED_DATASET, found(plan, sound, framing, checked))
    say((*faces.notes, *warnings_before(params, sound)))
    print(last_line(plan, sound, framing, checked))


def say(notes: Iterable[str]) -> None:
    """Print notes."""
    for note in notes:
        print(f"note: {note}", flush=True)


def found(plan: DatasetPlan, sound: Dataset, framing: Framing, checked: Checked) -> dict[str, object]:
    """Return what checked.json holds. sound: the images that are not broken."""
    return {"root": plan.root, "images": len(sound), "align": framing.way,
            "left_out": {"images": len(checked.broken),
                         "first": [[image.image_id, image.reason] for image in checked.broken[:EXAMPLES]]},
            "files": fingerprint(plan.source, given_by(plan))}


def last_line(plan: DatasetPlan, sound: Dataset, framing: Framing, checked: Checked) -> str:
    """Return the stage's last line: what was found, and where it says so."""
    left_out = f"; {len(checked.broken):,} broken ones are left out, which {BROKEN_IMAGES} lists" \
        if checked.broken else ""
    kinds = counted(len(sound.attributes.names), "attribute") if sound.attributes.names else "no attributes"
    return (f"{CHECKED_DATASET}: {counts({name: int((sound.split == name).sum()) for name in SPLITS})} images of "
            f"{in_words(plan.source)} in {plan.root}, with {kinds}, aligned by {framing.way}{left_out}")


if __name__ == "__main__":
    with whole_process():
        main()
