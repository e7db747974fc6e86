"""Cut every view out of every image and write Parquet shards by view and split."""

from pipeline import messages
from pipeline.cluster.tasks import parallel_map
from pipeline.config.loading import load_params
from pipeline.config.plans import DataPlan, read_plan
from pipeline.data.prepare import prepare
from pipeline.data.source import fingerprint, in_words, open_source
from pipeline.errors import exit_on_input_error
from pipeline.files.hashes import digest
from pipeline.paths import CHECKED_DATASET, SHARDS, UNFINISHED
from pipeline.plan import code
from pipeline.plan.given import given_by
from pipeline.workspace.records import write_record


def main() -> None:
    """Run the stage."""
    own_code = code.refuse_unplanned_code("prepare")
    plan, cluster = read_plan(DataPlan), load_params().cluster
    given = given_by(plan)
    content = CHECKED_DATASET.read_text() if CHECKED_DATASET.is_file() else str(fingerprint(plan.source, given))
    faces = open_source(plan.source, given)
    with parallel_map(cluster, cluster.processes) as spread:
        manifests = prepare(faces, SHARDS, plan.image_size, parallel_map=spread, source=in_words(plan.source),
                            work=UNFINISHED / "prepare",
                            made_by=digest(plan.model_dump_json(), own_code, content))
    write_record("prepare")
    print(f"{SHARDS}: {messages.counts(next(iter(manifests.values()))['images'])} images of "
          f"{plan.image_size}×{plan.image_size}, views {', '.join(manifests)}")


if __name__ == "__main__":
    with exit_on_input_error():
        main()
