"""From params.yaml to the plan: what every stage reads, resolved and checked before any long work."""

from pathlib import Path

from pipeline.config import (
    AttributesPlan,
    DataPlan,
    EvaluatePlan,
    LossNetworkPlan,
    MultiViewPlan,
    Params,
    ReportPlan,
    SamplingPlan,
    Section,
    Variant,
    did_you_mean,
    labels,
)
from pipeline.errors import InputError
from pipeline.losses import loss_network
from pipeline.losses.build import check_extra
from pipeline.models.build import check_model


def resolve(params: Params) -> dict[str, Section]:
    """Path within plan/ → its contents: `<variant>.json`, and `pipeline/<section>.json` for the other stages.

    Checks what can be checked in seconds. Raises InputError.
    """
    variants = {name: params.variant(name) for name in params.variants}
    for variant in variants.values():
        check_model(variant)
        check_extra(variant)
    reference = params.loss.get("reference_rms", {})
    for layer in params.evaluate.feature_layers:
        if layer not in reference:
            raise InputError(f"params.yaml: evaluate.feature_layers names {layer}, for which loss.reference_rms has no "
                             f"value{did_you_mean(layer, reference)}")
    if not Path(params.data.root).is_dir():  # DVC depends on it, whatever the source
        raise InputError(f"params.yaml: data.root is {params.data.root}, which is not a folder; "
                         "give CelebA's, or data/celeba where the faces are drawn")
    for name in params.multi_view.variants:
        check_encodes("multi_view.variants", name, variants)
    check_encodes("report.mosaic_variant", params.report.mosaic_variant, variants)
    layers = [layer for variant in variants.values() for layer in getattr(variant.loss, "layers", [])]
    layers += [*params.evaluate.feature_layers, params.sampling.frechet_layer]
    called = labels(list(variants.values()))
    sections = {
        "data": DataPlan(**dict(params.data), seed=params.seed),
        "loss_network": LossNetworkPlan(**dict(params.loss_network), seed=params.seed,
                                        sha256=checked_file(params, layers)),
        "attributes": AttributesPlan(**dict(params.attributes), seed=params.seed),
        "evaluate": EvaluatePlan(**dict(params.evaluate), reference_rms=reference),
        "multi_view": MultiViewPlan(**dict(params.multi_view),
                                    labels={name: called[name] for name in params.multi_view.variants}),
        "sampling": SamplingPlan(**dict(params.sampling), seed=params.seed, inception_sha256=inception_sha256(params)),
        "report": ReportPlan(**dict(params.report), seed=params.seed, variants=list(variants)),
    }
    return {f"{name}.json": variant for name, variant in variants.items()} | {
        f"pipeline/{name}.json": section for name, section in sections.items()}


def check_encodes(parameter: str, name: str, variants: dict[str, Variant]) -> None:
    """InputError where a parameter names a variant that does not exist or has no latents."""
    if name not in variants:
        raise InputError(f"params.yaml: {parameter} names {name}, which is not a variant{did_you_mean(name, variants)}")
    if not variants[name].encodes:
        raise InputError(f"params.yaml: {parameter} names {name}, which has no encoder and so no latents; "
                         "name a variant with a reconstruction loss")


def inception_sha256(params: Params) -> str | None:
    """Digest of the file of Inception weights; None without one."""
    path = params.sampling.inception
    if path is None:
        return None
    if not Path(path).is_file():
        raise InputError(f"params.yaml: sampling.inception is {path}, which does not exist; give the file of "
                         "Inception weights, or null for no FID")
    return loss_network.sha256(Path(path))


def checked_file(params: Params, layers: list[str]) -> str | None:
    """Digest of the loss network's file, once it is known to hold `layers`; None where no file is used."""
    if params.loss_network.source != "file":
        return None
    path = Path(params.loss_network.file)
    state = loss_network.checked_weights(loss_network.read_state_dict(path), path)
    loss_network.check_layers_held(state, layers, str(path))
    return loss_network.sha256(path)
