"""Cut every view out of every image and write Parquet shards by view and split."""

from pathlib import Path

from pipeline.config import DataPlan, load_params, read_section
from pipeline.data import shards
from pipeline.data.prepare import prepare
from pipeline.data.source import named, open_source
from pipeline.errors import one_sentence
from pipeline.workspace import published

OUTPUT = Path("data/shards")


def main() -> None:
    plan, cluster = read_section(DataPlan, "plan/pipeline/data.json"), load_params().cluster
    manifest = prepare(open_source(plan, Path("data/dataset")), OUTPUT, plan.image_size, processes=cluster.processes,
                       source=named(plan), cluster=cluster, work=Path(".checkpoints/prepare"))
    published(OUTPUT, cluster.storage, f"shards-{manifest['sha256'][:16]}", shards.MANIFEST)
    counts = ", ".join(f"{count} {split}" for split, count in manifest["images"].items())
    print(f"{OUTPUT}: {counts} images of {plan.image_size}×{plan.image_size}, views {', '.join(manifest['views'])}")


if __name__ == "__main__":
    with one_sentence():
        main()
