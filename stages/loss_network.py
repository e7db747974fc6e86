"""Take VGG-19's weights from where the plan says, measure their activations over training faces, and keep both."""

from pathlib import Path

import torch

from pipeline import messages
from pipeline.config import LossNetworkPlan, read_section
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.losses import loss_network, network_file
from pipeline.plan import code
from pipeline.records import write_record

OUTPUT = Path("models/loss_network.safetensors")


def main() -> None:
    code.checked("loss_network")
    plan = read_section(LossNetworkPlan, "plan/pipeline/loss_network.json")
    state = loss_network.weights(plan)
    faces = shards.load("data/shards", "aligned", "train").pixels[:plan.calibration_images]
    rms = loss_network.measure_rms(state, torch.from_numpy(faces))
    network_file.save(OUTPUT, state, rms, plan.source)
    write_record("loss_network")
    print(messages.loss_network(OUTPUT, plan.source, rms, len(faces)))


if __name__ == "__main__":
    with one_sentence():
        main()
