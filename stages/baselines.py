"""Score what stands beside the variants in Table 1: simple baselines, and VGG-FC where the weights allow.

Without attributes there is nothing to predict, and so nothing is measured.

An interrupted run goes on with VGG-FC's features, whose network is large; nothing else of it is kept.
"""

import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from pipeline import messages, paths
from pipeline.cluster.tasks import parallel_map
from pipeline.config.loading import load_params
from pipeline.config.plans import BaselinesPlan, LossNetworkPlan, read_plan
from pipeline.data.space import Need, bytes_below, check_disks, vgg_fc_bytes
from pipeline.evaluation import vgg_fc
from pipeline.evaluation.set_names import VGG_FC
from pipeline.files.atomic import write_text
from pipeline.files.hashes import digest
from pipeline.files.json_file import write_json
from pipeline.files.work_folder import delete_siblings_and_partial_files
from pipeline.plan import code
from pipeline.process import whole_process
from pipeline.registry import load_module
from pipeline.vocabulary import BASELINES, SPLITS
from pipeline.workspace.records import write_record

if TYPE_CHECKING:
    from pipeline.evaluation.baseline import Decisions, Faces, Features
    from pipeline.losses.loss_network.file import Weights

WORK = paths.UNFINISHED / "vgg_fc"
Note = dict[str, str]
Averages = dict[str, float]  # by the names of scores, as in metrics/evaluate


def main() -> None:
    """Run the stage."""
    from pipeline.data import shards

    own_code = code.refuse_unplanned_code("baselines")
    plan, network = read_plan(BaselinesPlan), read_plan(LossNetworkPlan)
    paths.BASELINES.mkdir(exist_ok=True)
    if not shards.manifest(paths.SHARDS, "aligned")["attributes"]:
        print(f"{paths.BASELINES}: the data set has no attributes to predict, so no baseline is measured")
        write_json(paths.BASELINE_NOTES, [])
        write_json(paths.BASELINES_METRICS, {})
        write_record("baselines")
        return
    of_vgg_fc, not_measured = score_vgg_fc(plan, network, own_code)  # first: the disk may be too small for it
    scored = [*(score(method, measure(method, plan), plan) for method in plan.methods), *of_vgg_fc]
    shutil.rmtree(WORK, ignore_errors=True)
    write_json(paths.BASELINE_NOTES, [*(note for note, _ in scored), *not_measured])
    write_json(paths.BASELINES_METRICS, {note["name"]: averages for note, averages in scored})
    write_record("baselines")


def measure(method: str, plan: BaselinesPlan) -> "Features | Decisions":
    """Return what a baseline, a file of pipeline/evaluation/baselines, makes of the faces."""
    from pipeline.evaluation.baseline import Given

    given = Given(faces_of(plan), plan.image_size, plan.latent_dim, tuple(plan.channels), tuple(plan.layers),
                  paths.LOSS_NETWORK, plan.supervised_epochs, plan.train_seed, plan.seed)
    measured: Features | Decisions = load_module(BASELINES, method).measure(given)
    return measured


def score_vgg_fc(plan: BaselinesPlan, network: LossNetworkPlan, own_code: str
                 ) -> tuple[list[tuple[Note, Averages]], list[Note]]:
    """Return what `score` returns of VGG-FC and no note; or nothing, and the note why it was not measured."""
    try:
        weights = vgg_fc.get_weights(network.source, network.file, network.width)
    except vgg_fc.NotMeasured as why:
        print(f"{paths.BASELINES}: {VGG_FC} was not measured: {why}")
        return [], [{"name": "vgg_fc", "label": VGG_FC, "note": f"{VGG_FC} was not measured: {why}."}]
    return [score("vgg_fc", measure_vgg_fc(weights, faces_of(plan), own_code), plan)], []


def measure_vgg_fc(weights: "Weights", of: "Faces", own_code: str) -> "Features":
    """Return the features of the paper's baseline. own_code: the text of the code's digest."""
    from pipeline.data import shards
    from pipeline.evaluation.baseline import Features

    manifest = shards.manifest(of.root, of.view)
    identity = digest(own_code, vgg_fc.weights_sha256(weights), of.view, manifest["files_sha256"])
    parts = delete_siblings_and_partial_files(WORK / identity)
    refuse_small_disk(sum(manifest["images"].values()), parts)
    with (parallel_map(load_params().cluster, gpu=True) as spread,
          tqdm(total=sum(manifest["images"].values()), unit=" images", desc=VGG_FC, mininterval=5) as bar):
        blocks = (pixels for split in SPLITS for pixels in of.batches(split, vgg_fc.BLOCK))
        x = vgg_fc.activations_by_blocks(weights, blocks, parts, spread, bar.update)
    return Features(VGG_FC, vgg_fc.note(manifest["image_size"]), x)


def refuse_small_disk(images: int, parts: Path) -> None:
    """Raise InputError where the disk has no room for the features that are not among the finished parts yet."""
    missing = max(0, vgg_fc_bytes(images) - bytes_below(parts))
    list(check_disks([Need(f"{VGG_FC}'s features", parts, missing, missing)], "free some space, or lower data.limit"))


def faces_of(plan: BaselinesPlan) -> "Faces":
    """Return the faces that all baselines see."""
    from pipeline.evaluation.baseline import Faces

    return Faces(paths.SHARDS, plan.view)


def score(name: str, measured: "Features | Decisions", plan: BaselinesPlan) -> tuple[Note, Averages]:
    """Write the scores of a baseline.

    Returns:
        Its name, its label and what Table 1 says of it; and its `svm.averages`, without those that are not defined.
    """
    from pipeline.data import shards
    from pipeline.evaluation import svm, svm_notes
    from pipeline.evaluation.baseline import Features, score_decisions

    _, splits, attributes = shards.load_attributes(paths.SHARDS, view=plan.view)
    if isinstance(measured, Features):
        with parallel_map(load_params().cluster) as spread:
            rows = svm.evaluate(measured.x, attributes, splits, plan.svm_c, f"{measured.label}, SVMs", spread)
    else:
        rows = score_decisions(measured, attributes, splits)
    table = paths.baseline_table(name)
    write_text(table, rows.to_csv(index=False))
    if note := svm_notes.convergence(rows):
        print(f"note: {measured.label}: {note}")
    averages = svm.averages(rows)
    print(messages.baseline_scored(table, measured.label, plan.view, averages, len(splits)))
    said = {"name": name, "label": measured.label, "note": f"{measured.label}: {measured.note}"}
    return said, {score: value for score, value in averages.items() if not math.isnan(value)}


if __name__ == "__main__":
    with whole_process():
        main()
