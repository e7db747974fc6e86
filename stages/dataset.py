"""Have a data set in CelebA's own layout: draw one, or check the given one, whose images stay where they are."""

from pipeline.config.loading import load_params
from pipeline.config.plans import DatasetPlan, read_plan
from pipeline.data.source import fingerprint, in_words, open_source
from pipeline.drawn_faces.before_drawing import check_splits_before_drawing
from pipeline.drawn_faces.dataset import write_dataset
from pipeline.errors import exit_on_input_error
from pipeline.files.json_file import write_json
from pipeline.paths import CHECKED_DATASET, DATASET
from pipeline.plan import code
from pipeline.plan.given import given_by
from pipeline.workspace.records import write_record


def main() -> None:
    """Run the stage."""
    code.refuse_unplanned_code("dataset")
    plan = read_plan(DatasetPlan)
    given = given_by(plan)
    DATASET.mkdir(parents=True, exist_ok=True)
    if plan.source == "synthetic":
        check_splits_before_drawing(plan.synthetic_images, given.splitting)
        write_dataset(DATASET, plan.synthetic_images, plan.seed, load_params().cluster.processes)
        print(f"{DATASET}: {plan.synthetic_images} drawn faces in CelebA's layout")
    else:
        faces = open_source(plan.source, given)
        write_json(CHECKED_DATASET, {"root": plan.root, "images": len(faces),
                                     "files": fingerprint(plan.source, given)})
        print(f"{CHECKED_DATASET}: {len(faces)} images of {in_words(plan.source)} in {plan.root}, tables and images "
              "fit each other")
    write_record("dataset")


if __name__ == "__main__":
    with exit_on_input_error():
        main()
