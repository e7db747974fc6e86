"""From params.yaml to the plan: what every stage reads, resolved and checked before any long work."""

from pathlib import Path

from pipeline.config.data_plans import DataPlan, DatasetPlan
from pipeline.config.fields import Section, check_layers
from pipeline.config.labels import labels
from pipeline.config.params import Params
from pipeline.config.plans import (
    AttributesPlan,
    BaselinesPlan,
    EvaluatePlan,
    LossNetworkPlan,
    LossNetworksPlan,
    PhotographsPlan,
    Planned,
    ReportPlan,
    SamplingPlan,
    TeachingPlan,
    TeachingRecipe,
    ViewGainsPlan,
)
from pipeline.config.variant import Variant
from pipeline.data.prepare import all_views
from pipeline.errors import InputError, did_you_mean
from pipeline.losses.loss_network.layers import check_layers_held
from pipeline.losses.teaching import recipe
from pipeline.messages import loss_network_source
from pipeline.models.vgg19_layers import parameter_shapes
from pipeline.plan.checks import check_baselines, check_correlation, check_variant, check_weights_of_metrics
from pipeline.plan.data_checks import check_data
from pipeline.plan.files import check_file, given_file
from pipeline.plan.possible_views import has_landmarks, resolve_views

Variants = dict[str, Variant]  # by name


def resolve(params: Params) -> dict[str, Section]:
    """Resolve params.yaml into the plan, and check what can be checked in seconds.

    The plan depends only on `params`, and not on the files that they name: the stages that use these depend on them.
    Files of weights are read here only to refuse wrong ones. In dvc.yaml they are no dependencies of the stage plan,
    since DVC would refuse a missing one in its own words.

    Returns:
        Path within plan/ → contents: `<variant>.json` for each variant, `pipeline/<section>.json` for other stages.

    Raises:
        InputError: A parameter names something that is not there, or that a stage could not use.
    """
    variants = {name: params.variant(name) for name in params.variants}
    for variant in variants.values():
        check_variant(variant)
    all_views()
    check_view_set(params)
    check_baselines(params.baselines.methods)
    check_correlation(params)
    references(params)
    check_paths(params)
    for name in params.view_gains.variants:
        check_encodes("view_gains.variants", name, variants)
    check_encodes("report.mosaic_variant", params.report.mosaic_variant, variants)
    check_loss_network_file(params, variants)
    check_taught_network(params, variants)
    check_weights_of_metrics(params)
    return {f"{name}.json": variant for name, variant in variants.items()} | {
        f"pipeline/{section.section}.json": section for section in plan_sections(params, variants)}


def plan_sections(params: Params, variants: Variants) -> list[Planned]:
    """Return the plan's sections of stages that do not belong to one variant."""
    seed, label_of, views = params.seed, labels(list(variants.values())), resolve_views(params)
    data = dict(params.data) | {name: given_file(getattr(params.data, name))
                                for name in ("attributes", "landmarks", "detector")}
    dataset = {name: value for name, value in data.items() if name != "image_size"}
    loss_network = {**dict(params.loss_network), "file": params.loss_network.file if reads_file(params) else None}
    inception = given_file(params.sampling.inception)
    sampling = {**dict(params.sampling), "inception": inception, "seed": seed}
    lpips = given_file(params.evaluate.lpips)
    return [
        DataPlan(**data, seed=seed),
        DatasetPlan(**dataset, seed=seed),
        TeachingPlan(recipe=teaching_recipe(params)),
        LossNetworkPlan(**loss_network, seed=seed),
        LossNetworksPlan(layers={name: loss_layers(variant) for name, variant in variants.items()},
                         parameters={name: layers_parameter(params, name) for name in variants}),
        AttributesPlan(**dict(params.attributes), seed=seed),
        EvaluatePlan(**{**dict(params.evaluate), "view_sets": views.view_sets, "lpips": lpips},
                     reference_rms=references(params), seed=seed),
        BaselinesPlan(**{**dict(params.baselines), "view": views.of_baselines}, svm_c=params.evaluate.svm_c,
                      image_size=params.data.image_size, latent_dim=params.model.latent_dim,
                      channels=params.model.channels,
                      layers=baseline_layers(params), train_seed=params.train.seed, seed=seed),
        ViewGainsPlan(**{**dict(params.view_gains), "views": views.of_gains},
                      labels={name: label_of[name] for name in params.view_gains.variants}),
        PhotographsPlan(**{name: sampling[name] for name in PhotographsPlan.model_fields}),
        SamplingPlan(**sampling),
        ReportPlan(**{**dict(params.report), "view_set": views.report_set}, seed=seed, variants=label_of,
                   notes=views.notes),
    ]


def teaching_recipe(params: Params) -> TeachingRecipe | None:
    """Return how the loss network is taught, or None where it is not."""
    if params.loss_network.source != "taught":
        return None
    return TeachingRecipe(**dict(params.teaching), width=params.loss_network.width, seed=params.seed)


def loss_layers(variant: Variant) -> list[str]:
    """Return the layers of a variant's feature loss; none where it has no feature loss."""
    return getattr(variant.loss, "layers", [])


def baseline_layers(params: Params) -> list[str]:
    """Return the layers that the baseline loss_network reads, or none where it is left out.

    Raises:
        InputError: loss.layers is wrong. Nothing else says so where every variant has its own layers.
    """
    if "loss_network" not in params.baselines.methods:
        return []
    try:
        return check_layers(params.loss.get("layers") or [])
    except ValueError as error:
        raise InputError(f"params.yaml: loss.layers, of which the baseline loss_network takes the activations: {error}"
                         ) from None


def reads_file(params: Params) -> bool:
    """Return whether the loss network comes from loss_network.file."""
    return params.loss_network.source == "file"


def check_view_set(params: Params) -> None:
    """Raise InputError unless report.view_set is one of evaluate.view_sets."""
    sets, view_set = params.evaluate.view_sets, params.report.view_set
    if view_set not in sets:
        raise InputError(f"params.yaml: report.view_set is {view_set}, which is not one of evaluate.view_sets "
                         f"({', '.join(sets)}){did_you_mean(view_set, sets)}")


def references(params: Params) -> dict[str, float]:
    """Return loss.reference_rms of the layers that evaluation compares, so that it depends on no other entry.

    Raises:
        InputError: A layer has no value.
    """
    reference = params.loss.get("reference_rms", {})
    for layer in params.evaluate.feature_layers:
        if layer not in reference:
            raise InputError(f"params.yaml: evaluate.feature_layers names {layer}, for which loss.reference_rms has no "
                             "value; restore its line from the committed params.yaml")
    return {layer: reference[layer] for layer in params.evaluate.feature_layers}


def check_paths(params: Params) -> None:
    """Raise InputError unless all paths that parameters name exist: DVC depends on them even if no stage reads them."""
    check_data(params.data)
    check_file("loss_network.file", params.loss_network.file, "VGG-19's weights")
    check_file("sampling.inception", params.sampling.inception, "Inception's weights")
    check_file("evaluate.lpips", params.evaluate.lpips, "LPIPS's weights")


def check_encodes(parameter: str, name: str, variants: Variants) -> None:
    """Raise InputError unless the variant that a parameter names exists and has latents."""
    if name not in variants:
        raise InputError(f"params.yaml: {parameter} names {name}, which is not a variant{did_you_mean(name, variants)}")
    if not variants[name].encodes:
        raise InputError(f"params.yaml: {parameter} names {name}, which has no encoder and so no latents; "
                         "name a variant with a reconstruction loss")


def check_loss_network_file(params: Params, variants: Variants) -> None:
    """Raise InputError unless loss_network.file, if it is used, holds all layers that parameters name."""
    if not reads_file(params):
        return
    from pipeline.losses.loss_network import sources  # torch takes seconds to load

    path = Path(params.loss_network.file)
    weights = sources.get_weights("file", params.loss_network.file, params.seed, params.loss_network.width)
    for parameter, layers in needed_layers(params, variants):
        check_layers_held(weights, layers, str(path), parameter)


def check_taught_network(params: Params, variants: Variants) -> None:
    """Raise InputError unless the loss network, if it is taught, has landmarks to learn from and reaches all layers."""
    if params.loss_network.source != "taught":
        return
    if not has_landmarks(params.data):
        why = "data.align is crop, which keeps none; set it to auto or detect" if params.data.align == "crop" else \
            "these images have none; name a table in data.landmarks, set data.align to detect"
        raise InputError("params.yaml: loss_network.source is taught, which learns from the five landmarks of each "
                         f"face, and {why}, or set loss_network.source to random, imagenet or file")
    for parameter, layers in needed_layers(params, variants):
        check_layers_held(parameter_shapes(recipe.LAST), layers, loss_network_source("taught"), parameter)


def needed_layers(params: Params, variants: Variants) -> list[tuple[str, list[str]]]:
    """Return the dotted path of each parameter that names layers of the loss network, and these layers."""
    return [*((layers_parameter(params, name), loss_layers(variant)) for name, variant in variants.items()),
            ("evaluate.feature_layers", params.evaluate.feature_layers),
            ("sampling.frechet_layer", [params.sampling.frechet_layer]),
            ("loss.layers", baseline_layers(params))]


def layers_parameter(params: Params, variant: str) -> str:
    """Return the dotted path of the parameter that sets the layers of a variant's loss."""
    own = (params.variants[variant].get("loss") or {}).get("layers")
    return "loss.layers" if own is None else f"variants.{variant}.loss.layers"
