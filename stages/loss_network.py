"""Get VGG-19's weights, measure their activations over training faces, and write both as the loss network."""

import torch

from pipeline import messages, paths
from pipeline.config.plans import LossNetworkPlan, read_plan
from pipeline.data import shards
from pipeline.losses.loss_network.calibration import measure_rms
from pipeline.losses.loss_network.file import write_loss_network
from pipeline.losses.loss_network.sources import get_source
from pipeline.plan import code
from pipeline.process import whole_process
from pipeline.workspace.records import write_record


def main() -> None:
    """Write the loss network."""
    code.refuse_unplanned_code("loss_network")
    plan = read_plan(LossNetworkPlan)
    file = str(paths.TAUGHT) if plan.source == "taught" else plan.file
    weights, converted_from, learned_from = get_source(plan.source, file, plan.seed, plan.width)
    faces = shards.first_pixels(paths.SHARDS, "aligned", "train", plan.calibration_images)
    rms = measure_rms(weights, torch.from_numpy(faces))
    write_loss_network(paths.LOSS_NETWORK, weights, rms, plan.source, converted_from, learned_from)
    write_record("loss_network")
    print(messages.loss_network(paths.LOSS_NETWORK, plan.source, rms, len(faces), converted_from, learned_from))


if __name__ == "__main__":
    with whole_process():
        main()
