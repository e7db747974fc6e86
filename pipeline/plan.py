"""From params.yaml to the plan: what every stage reads, resolved and checked before any long work."""

from pathlib import Path

from pipeline.config import (AttributesPlan, DataPlan, EvaluatePlan, LossNetworkPlan, Params, ReportPlan, Section,
                             did_you_mean)
from pipeline.errors import InputError
from pipeline.losses import loss_network


def resolve(params: Params) -> dict[str, Section]:
    """Path within plan/ → its contents: `<variant>.json`, and `pipeline/<section>.json` for the other stages.

    Checks what can be checked in seconds. Raises InputError.
    """
    variants = [params.variant(name) for name in params.variants]
    layers = [layer for variant in variants for layer in getattr(variant.loss, "layers", [])]
    reference = params.loss.get("reference_rms", {})
    for layer in params.evaluate.feature_layers:
        if layer not in reference:
            raise InputError(f"params.yaml: evaluate.feature_layers names {layer}, for which loss.reference_rms has no "
                             f"value{did_you_mean(layer, reference)}")
    if not Path(params.data.root).is_dir():  # DVC depends on it, whatever the source
        raise InputError(f"params.yaml: data.root is {params.data.root}, which is not a folder; "
                         "give CelebA's, or data/celeba where the faces are drawn")
    sections = {
        "data": DataPlan(**dict(params.data), seed=params.seed),
        "loss_network": LossNetworkPlan(**dict(params.loss_network), seed=params.seed,
                                        sha256=checked_file(params, layers + params.evaluate.feature_layers)),
        "attributes": AttributesPlan(**dict(params.attributes), seed=params.seed),
        "evaluate": EvaluatePlan(**dict(params.evaluate), reference_rms=reference),
        "report": ReportPlan(**dict(params.report), seed=params.seed, variants=list(params.variants)),
    }
    return {f"{variant.name}.json": variant for variant in variants} | {
        f"pipeline/{name}.json": section for name, section in sections.items()}


def checked_file(params: Params, layers: list[str]) -> str | None:
    """Digest of the loss network's file, once it is known to hold `layers`; None where no file is used."""
    if params.loss_network.source != "file":
        return None
    path = Path(params.loss_network.file)
    state = loss_network.checked_weights(loss_network.read_state_dict(path), path)
    loss_network.check_layers_held(state, layers, str(path))
    return loss_network.sha256(path)
