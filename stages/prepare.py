"""Cut every view out of every image and write Parquet shards by view and split."""

from pathlib import Path

from pipeline import messages
from pipeline.config import DataPlan, load_params, read_section
from pipeline.data.celeba import fingerprint
from pipeline.data.prepare import prepare
from pipeline.data.source import named, open_source
from pipeline.errors import one_sentence
from pipeline.plan import code
from pipeline.records import write_record
from pipeline.workspace import digest

DATASET, OUTPUT = Path("data/dataset"), Path("data/shards")


def main() -> None:
    own_code = code.checked("prepare")
    plan, cluster = read_section(DataPlan, "plan/pipeline/data.json"), load_params().cluster
    checked = DATASET / "checked.json"  # there where the images are CelebA's
    content = checked.read_text() if checked.is_file() else str(fingerprint(DATASET))
    manifests = prepare(open_source(plan, DATASET), OUTPUT, plan.image_size, processes=cluster.processes,
                        source=named(plan), cluster=cluster, work=Path(".checkpoints/prepare"),
                        made_by=digest(plan.model_dump_json(), own_code, content))
    write_record("prepare")
    print(f"{OUTPUT}: {messages.counts(next(iter(manifests.values()))['images'])} images of "
          f"{plan.image_size}×{plan.image_size}, views {', '.join(manifests)}")


if __name__ == "__main__":
    with one_sentence():
        main()
