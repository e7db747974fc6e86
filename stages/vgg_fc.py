"""Score the paper's baseline VGG-FC, SVMs on VGG-19's last hidden layer, where the loss network is a whole VGG-19."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from pipeline import paths
from pipeline.cluster.tasks import parallel_map
from pipeline.config.loading import load_params
from pipeline.config.plans import EvaluatePlan, LossNetworkPlan, read_plan
from pipeline.errors import exit_on_input_error
from pipeline.evaluation import vgg_fc
from pipeline.evaluation.set_names import VGG_FC, VGG_FC_VIEW
from pipeline.files.json_file import write_json
from pipeline.plan import code
from pipeline.vocabulary import SPLITS
from pipeline.workspace.records import write_record

if TYPE_CHECKING:
    from pipeline.losses.loss_network.file import Weights


def main() -> None:
    """Run the stage."""
    code.refuse_unplanned_code("vgg_fc")
    plan = read_plan(LossNetworkPlan)
    try:
        weights = vgg_fc.get_weights(plan.source, plan.file)
    except vgg_fc.NotMeasured as why:
        write_json(paths.NO_VGG_FC, {"note": f"{VGG_FC} was not measured: {why}"})
        print(f"{paths.BASELINES}: {VGG_FC} was not measured: {why}")
    else:
        score(weights)
    write_record("vgg_fc")


def score(weights: "Weights") -> None:
    """Write the scores of SVMs on the activations of all images."""
    from pipeline.data import shards
    from pipeline.evaluation import svm, svm_notes
    from pipeline.hardware.gpu import best_device

    _, splits, attributes = shards.load_attributes(paths.SHARDS, view=VGG_FC_VIEW)
    with tqdm(total=len(splits), unit=" images", desc=VGG_FC, mininterval=5) as bar:
        features = vgg_fc.activations(weights, pixels_of_all_splits(bar.update), best_device())
    C = read_plan(EvaluatePlan).svm_c
    with parallel_map(load_params().cluster) as spread:
        rows = svm.evaluate(features, attributes, splits, C, VGG_FC, spread)
    paths.BASELINES.mkdir(exist_ok=True)
    rows.to_csv(paths.VGG_FC_TABLE, index=False)
    if note := svm_notes.convergence(rows):
        print(f"note: {VGG_FC}: {note}")
    averages = svm.averages(rows)
    print(f"{paths.BASELINES}: SVM accuracy of {VGG_FC} on view {VGG_FC_VIEW}: {averages['accuracy']:.1%} "
          f"(C {averages['C']:g}), majority class {averages['majority']:.1%}, over {len(splits)} images")


def pixels_of_all_splits(progress: Callable[[int], object]) -> Iterator[np.ndarray]:
    """Yield batches of pixels, split after split as `shards.load_attributes` has them."""
    from pipeline.data import shards

    for split in SPLITS:
        for _, pixels in shards.batches(paths.SHARDS, VGG_FC_VIEW, split, 64):
            yield pixels
            progress(len(pixels))


if __name__ == "__main__":
    with exit_on_input_error():
        main()
