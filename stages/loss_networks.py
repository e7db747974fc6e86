"""Write for each variant the part of the loss network that its loss reads.

Its training depends on that part only. So a variant is not trained again if the weights of another layer change, or if
another variant or stage asks for another layer.
"""

from pipeline import paths
from pipeline.config.plans import LossNetworksPlan, read_plan
from pipeline.files.json_file import write_json
from pipeline.losses.loss_network.file import copy_prefix
from pipeline.plan import code
from pipeline.process import whole_process
from pipeline.workspace.records import write_record


def main() -> None:
    """Write the loss networks of all variants, and a note for each variant whose loss reads none."""
    code.refuse_unplanned_code("loss_networks")
    plan = read_plan(LossNetworksPlan)
    for variant, layers in plan.layers.items():
        if layers:
            copy_prefix(paths.LOSS_NETWORK, paths.variant_loss_network(variant), layers, plan.parameters[variant])
        else:
            write_json(paths.no_loss_network(variant), {})
    write_record("loss_networks")
    print(f"{paths.LOSS_NETWORKS}: for each of {len(plan.layers)} variants the part of {paths.LOSS_NETWORK} that its "
          "loss reads")


if __name__ == "__main__":
    with whole_process():
        main()
