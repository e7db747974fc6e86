"""Take VGG-19's weights from where the plan says, measure their activations over training faces, and keep both."""

from pathlib import Path

import torch

from pipeline.config import LossNetworkPlan, read_section
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.losses import loss_network

OUTPUT = Path("models/loss_network.safetensors")


def main() -> None:
    plan = read_section(LossNetworkPlan, "plan/pipeline/loss_network.json")
    state = loss_network.weights(plan)
    faces = shards.load("data/shards", "aligned", "train").pixels[:plan.calibration_images]
    rms = loss_network.measure_rms(state, torch.from_numpy(faces))
    loss_network.save(OUTPUT, state, rms, plan.file or plan.source)
    measured = ", ".join(f"{layer} {value:.4g}" for layer, value in rms.items() if layer.endswith("_1"))
    print(f"{OUTPUT}: VGG-19 up to {list(rms)[-1]}, {plan.source} weights; RMS over {len(faces)} faces: {measured}")


if __name__ == "__main__":
    with one_sentence():
        main()
