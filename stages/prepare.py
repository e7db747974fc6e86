"""Cut every view out of every image and write Parquet shards by view and split."""

from pathlib import Path

from pipeline.config import DataPlan, load_params, read_section
from pipeline.data.prepare import prepare
from pipeline.data.source import named, open_source
from pipeline.errors import one_sentence

OUTPUT = Path("data/shards")


def main() -> None:
    plan = read_section(DataPlan, "plan/pipeline/data.json")
    manifest = prepare(open_source(plan, Path("data/dataset")), OUTPUT, plan.image_size,
                       processes=load_params().cluster.processes, source=named(plan))
    counts = ", ".join(f"{count} {split}" for split, count in manifest["images"].items())
    print(f"{OUTPUT}: {counts} images of {plan.image_size}×{plan.image_size}, views {', '.join(manifest['views'])}")


if __name__ == "__main__":
    with one_sentence():
        main()
