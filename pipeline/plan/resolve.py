"""From params.yaml to the plan: what every stage reads, resolved and checked before any long work."""

import itertools
from pathlib import Path

from pipeline.config import (
    NO_FILE,
    AttributesPlan,
    DataPlan,
    DatasetPlan,
    EvaluatePlan,
    LossNetworkPlan,
    LossNetworksPlan,
    MultiViewPlan,
    Params,
    ReportPlan,
    SamplingPlan,
    Section,
    Variant,
    did_you_mean,
    labels,
)
from pipeline.data.prepare import all_views
from pipeline.errors import InputError, in_a_copy
from pipeline.losses import loss_network, network_layers
from pipeline.losses.build import check_adversary, check_extra
from pipeline.models.build import check_model


def resolve(params: Params) -> dict[str, Section]:
    """Path within plan/ → its contents: `<variant>.json`, and `pipeline/<section>.json` for the other stages.

    Checks what can be checked in seconds. Raises InputError. What it returns depends on `params` alone, and not on the
    files that they name: on those DVC makes the stages depend that read them.
    """
    variants = {name: params.variant(name) for name in params.variants}
    for variant in variants.values():
        check_model(variant)
        check_extra(variant)
        check_adversary(variant)
    all_views()
    reference = params.loss.get("reference_rms", {})
    for layer in params.evaluate.feature_layers:
        if layer not in reference:
            raise InputError(f"params.yaml: evaluate.feature_layers names {layer}, for which loss.reference_rms has no "
                             f"value{did_you_mean(layer, reference)}")
    if not Path(params.data.root).is_dir():  # DVC depends on it, whatever the source
        raise InputError(f"params.yaml: data.root is {params.data.root}, which is not a folder; give CelebA's, or "
                         f"data/celeba where the faces are drawn{in_a_copy('give an absolute path')}")
    check_file("loss_network.file", params.loss_network.file, "VGG-19's weights")
    check_file("sampling.inception", params.sampling.inception, "Inception's weights")
    for name in params.multi_view.variants:
        check_encodes("multi_view.variants", name, variants)
    check_encodes("report.mosaic_variant", params.report.mosaic_variant, variants)
    of_variants = {name: getattr(variant.loss, "layers", []) for name, variant in variants.items()}
    layers = [*itertools.chain(*of_variants.values()), *params.evaluate.feature_layers, params.sampling.frechet_layer]
    called = labels(list(variants.values()))
    sections = {
        "data": DataPlan(**dict(params.data), seed=params.seed),
        "dataset": DatasetPlan(**{name: value for name, value in dict(params.data).items() if name != "image_size"},
                               seed=params.seed),
        "loss_network": LossNetworkPlan(**{**dict(params.loss_network), "file": checked_weights(params, layers)},
                                        seed=params.seed),
        "loss_networks": LossNetworksPlan(layers=of_variants),
        "attributes": AttributesPlan(**dict(params.attributes), seed=params.seed),
        "evaluate": EvaluatePlan(**dict(params.evaluate), reference_rms=reference),
        "multi_view": MultiViewPlan(**dict(params.multi_view),
                                    labels={name: called[name] for name in params.multi_view.variants}),
        "sampling": SamplingPlan(**{**dict(params.sampling), "inception": given(params.sampling.inception)},
                                 seed=params.seed),
        "report": ReportPlan(**dict(params.report), seed=params.seed, variants=called),
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


def given(path: str) -> str | None:
    """The path of a file that a parameter names; None where it names the empty one."""
    return None if path == NO_FILE else path


def check_file(parameter: str, path: str, what: str) -> None:
    """InputError where a parameter names a file that is not there: DVC depends on it, whether it is read or not."""
    if not Path(path).is_file():
        raise InputError(f"params.yaml: {parameter} is {path}, which does not exist; give the file of {what}, or "
                         f"{NO_FILE} for none{in_a_copy('give an absolute path')}")


def checked_weights(params: Params, layers: list[str]) -> str | None:
    """loss_network.file, once it is known to hold `layers`; None where no file is used."""
    if params.loss_network.source != "file":
        return None
    path = Path(params.loss_network.file)
    state = loss_network.checked_weights(loss_network.read_state_dict(path), path)
    network_layers.check_layers_held(state, layers, str(path))
    return params.loss_network.file
