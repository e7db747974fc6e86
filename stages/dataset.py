"""Have a data set in CelebA's own layout: draw one, or check the given one, whose images stay where they are."""

from pathlib import Path

from pipeline.config import DatasetPlan, load_params, read_section
from pipeline.data import celeba, synthetic
from pipeline.data.before_drawing import check_before_drawing
from pipeline.data.source import open_source
from pipeline.errors import one_sentence
from pipeline.json_file import write_json
from pipeline.plan import code
from pipeline.records import write_record

OUTPUT = Path("data/dataset")


def main() -> None:
    code.checked("dataset")
    plan = read_section(DatasetPlan, "plan/pipeline/dataset.json")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    if plan.source == "synthetic":
        check_before_drawing(plan)
        synthetic.write_dataset(OUTPUT, plan.synthetic_images, plan.seed, load_params().cluster.processes)
        print(f"{OUTPUT}: {plan.synthetic_images} drawn faces in CelebA's layout")
    else:
        faces = open_source(plan, OUTPUT)
        write_json(OUTPUT / "checked.json", {"root": plan.root, "images": len(faces),
                                             "files": celeba.fingerprint(plan.root)})
        print(f"{OUTPUT}/checked.json: {len(faces)} images of CelebA in {plan.root}, tables and images fit each other")
    write_record("dataset")


if __name__ == "__main__":
    with one_sentence():
        main()
