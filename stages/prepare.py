"""Cut every view out of every image and write Parquet shards by view and split."""

from pipeline import messages
from pipeline.cluster.tasks import parallel_map
from pipeline.config.data_plans import DataPlan
from pipeline.config.loading import load_params
from pipeline.config.plans import read_plan
from pipeline.data.prepare import prepare
from pipeline.data.source import fingerprint, in_words
from pipeline.files.hashes import digest
from pipeline.files.json_file import read_json
from pipeline.paths import BROKEN_IMAGES, CHECKED_DATASET, SHARDS, UNFINISHED
from pipeline.plan import code
from pipeline.plan.disk import notes_on_disk
from pipeline.plan.given import checked_faces, given_by
from pipeline.process import whole_process
from pipeline.workspace.records import write_record


def main() -> None:
    """Run the stage."""
    own_code = code.refuse_unplanned_code("prepare")
    plan, params = read_plan(DataPlan), load_params()
    if plan.source == "synthetic":
        content, about = str(fingerprint(plan.source, given_by(plan))), {}
    else:
        content = "".join(path.read_text() for path in (CHECKED_DATASET, BROKEN_IMAGES))
        about = {name: read_json(CHECKED_DATASET)[name] for name in ("align", "left_out")}
    faces, framing = checked_faces(plan)
    for note in notes_on_disk(params, len(faces), faces.landmarks is not None, bool(faces.attributes.names)):
        print(f"note: {note}", flush=True)
    with parallel_map(params.cluster, params.cluster.processes) as spread:
        manifests = prepare(faces, SHARDS, plan.image_size, parallel_map=spread, source=in_words(plan.source),
                            work=UNFINISHED / "prepare",
                            made_by=digest(plan.model_dump_json(), own_code, content), framing=framing, about=about)
    write_record("prepare")
    print(f"{SHARDS}: {messages.counts(next(iter(manifests.values()))['images'])} images of "
          f"{plan.image_size}×{plan.image_size}, views {', '.join(manifests)}")


if __name__ == "__main__":
    with whole_process():
        main()
