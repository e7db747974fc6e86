"""Compute once, for all variants, the features of the photographs that samples are compared with, and their floor."""

import numpy as np
from tqdm import tqdm

from pipeline import messages, paths
from pipeline.config.plans import PhotographsPlan, read_plan
from pipeline.data import shards
from pipeline.evaluation.blur import blur
from pipeline.evaluation.feature_scores import Scores, score_features
from pipeline.evaluation.networks import scoring_networks
from pipeline.evaluation.photographs import draw_photographs, write_features
from pipeline.evaluation.sample_quality import image_features
from pipeline.evaluation.score_names import IMAGES_OF
from pipeline.files.json_file import write_json
from pipeline.hardware.gpu import best_device
from pipeline.plan import code
from pipeline.process import whole_process
from pipeline.workspace.records import write_record


def main() -> None:
    """Run the stage."""
    code.refuse_unplanned_code("photographs")
    plan = read_plan(PhotographsPlan)
    networks = scoring_networks(paths.LOSS_NETWORK, plan.frechet_layer, plan.inception, best_device())
    reference = shards.first_pixels(paths.SHARDS, "aligned", plan.reference, plan.images)
    training = draw_photographs(paths.SHARDS, "aligned", "train", plan.images, plan.seed)
    with tqdm(total=len(reference) + len(training), unit=" images", desc="photographs", mininterval=5) as bar:
        features = image_features(networks, reference, bar.update)
        of_training = image_features(networks, training, bar.update)
    floor = score_floor(of_training, features, plan)
    paths.PHOTOGRAPHS.mkdir(exist_ok=True)
    write_features(paths.PHOTOGRAPH_FEATURES, features)
    write_json(paths.FLOOR, {"photographs": {"blur": blur(reference), "images": len(reference)}, "floor": floor})
    write_record("photographs")
    print(messages.floor_measured(paths.PHOTOGRAPHS, floor, plan.frechet_layer, len(reference),
                                  IMAGES_OF[plan.reference]))


def score_floor(training: dict[str, np.ndarray], reference: dict[str, np.ndarray], plan: PhotographsPlan) -> Scores:
    """Return the scores of training photographs against the reference; network → float32 N×C, and M×C."""
    scores: Scores = {}
    for network, features in training.items():
        scores |= score_features(network, features, reference[network], plan.bootstrap, plan.seed)
    return {**scores, "images": len(next(iter(training.values())))}


if __name__ == "__main__":
    with whole_process():
        main()
