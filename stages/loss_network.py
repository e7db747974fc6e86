"""Take VGG-19's weights from where the plan says, measure their activations over training faces, and keep both.

Whole, for scores; and for each variant's training as much as its loss reads, so that nothing else is trained again.
"""

from pathlib import Path

import torch

from pipeline import messages
from pipeline.config import LossNetworkPlan, LossNetworksPlan, read_section
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.json_file import write_json
from pipeline.losses import loss_network, network_file
from pipeline.plan import code
from pipeline.records import write_record

OUTPUT, OF_VARIANTS = Path("models/loss_network.safetensors"), Path("models/loss_networks")  # as training.inputs has it


def main() -> None:
    code.checked("loss_network")
    plan = read_section(LossNetworkPlan, "plan/pipeline/loss_network.json")
    state = loss_network.weights(plan)
    faces = shards.load("data/shards", "aligned", "train").pixels[:plan.calibration_images]
    rms = loss_network.measure_rms(state, torch.from_numpy(faces))
    network_file.save(OUTPUT, state, rms, plan.source)
    for variant, layers in read_section(LossNetworksPlan, "plan/pipeline/loss_networks.json").layers.items():
        if layers:
            loss_network.check_layers_held(state, layers, plan.source)
            network_file.save(OF_VARIANTS / variant / OUTPUT.name, *loss_network.up_to(state, rms, layers),
                              plan.source)
        else:
            write_json(OF_VARIANTS / variant / "none.json", {})
    write_record("loss_network")
    print(messages.loss_network(OUTPUT, plan.source, rms, len(faces)))


if __name__ == "__main__":
    with one_sentence():
        main()
