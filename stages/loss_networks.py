"""Of the loss network, keep for each variant's training as much as its loss reads, so that nothing else is trained
again when another layer's weights, another variant or another layer asked for changes."""

from pathlib import Path

from pipeline.config import LossNetworksPlan, read_section
from pipeline.errors import one_sentence
from pipeline.json_file import write_json
from pipeline.losses import network_file, network_layers
from pipeline.plan import code
from pipeline.records import write_record

WHOLE, OF_VARIANTS = Path("models/loss_network.safetensors"), Path("models/loss_networks")


def main() -> None:
    code.checked("loss_networks")
    plan = read_section(LossNetworksPlan, "plan/pipeline/loss_networks.json")
    for variant, layers in plan.layers.items():
        folder = OF_VARIANTS / variant  # as training.inputs has it
        if layers:
            network_file.save(folder / WHOLE.name, *network_layers.up_to(WHOLE, layers), network_file.source_of(WHOLE))
        else:
            write_json(folder / "none.json", {})
    write_record("loss_networks")
    print(f"{OF_VARIANTS}: of {WHOLE} as much as each of {len(plan.layers)} variants reads")


if __name__ == "__main__":
    with one_sentence():
        main()
