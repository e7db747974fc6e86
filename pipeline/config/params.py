"""The whole of params.yaml, typed, and the variants that it describes."""

from typing import Any

from pydantic import Field, field_validator

from pipeline.config.adversaries import ADVERSARY_KINDS, OwnAdversaryConfig
from pipeline.config.fields import NotNegative, Section
from pipeline.config.labels import label
from pipeline.config.loss_network import LossNetwork, Teaching
from pipeline.config.losses import LOSSES
from pipeline.config.refusals import require_block, validated
from pipeline.config.running import Cluster, Tracking
from pipeline.config.sections import Attributes, Baselines, Data, Evaluate, Report, Sampling, ViewGains
from pipeline.config.variant import Model, Train, Variant
from pipeline.errors import InputError, did_you_mean, experiment_copy_hint
from pipeline.vocabulary import ADVERSARIES, choices

SHARED_ONLY = ("train", "start_from")  # the one parameter of these sections that no variant's block may set
RESERVED = ("loss_networks", "pipeline")  # folders that lie beside those of variants
Kinds = dict[str, type[Section]]  # name of a kind → the parameters that it reads


class Params(Section):
    """params.yaml after `scale` has filled its nulls. `variant` resolves its variants."""

    scale: str = Field(description="Block of scales that fills every null below: demo, small or paper.")
    scales: dict[str, dict[str, Any]] = Field(description="Values that fill nulls, by the name of the scale.")
    seed: NotNegative = Field(description=(
        "Seed of everything but training: drawn faces, a random or taught loss network, choices of images, samples."))
    data: Data
    loss_network: LossNetwork
    teaching: Teaching
    model: Model
    loss: dict[str, Any] = Field(description="What training minimises: eq. 3 or eq. 5 of [1], and further terms.")
    adversary: dict[str, Any] = Field(description=(
        "A second network, which scores reconstructions and samples, as in [2]. The model learns to score high."))
    train: Train
    variants: dict[str, dict[str, Any]] = Field(description=(
        "One model is trained for each. A block changes model, loss, adversary or train for its variant only."))
    attributes: Attributes
    evaluate: Evaluate
    baselines: Baselines
    view_gains: ViewGains
    sampling: Sampling
    report: Report
    cluster: Cluster
    tracking: Tracking

    @field_validator("variants")
    @classmethod
    def check_names(cls, variants: dict[str, Any]) -> dict[str, Any]:
        """Return the variants, or raise ValueError unless their names can name files and stages."""
        for name in variants:
            if not name.isidentifier() or name in RESERVED:
                raise ValueError(f"{name!r} must be letters, digits and underscores, and neither "
                                 f"{' nor '.join(RESERVED)}: it names files and stages")
        return variants

    def variant(self, name: str) -> Variant:
        """Return the whole configuration of a variant: the shared sections, with its own block on top.

        Raises:
            InputError: A parameter of the variant is unknown, missing or wrong.
        """
        own, where = self.variants[name], f"variants.{name}"
        base = {"model": self.model.model_dump(), "loss": self.loss, "adversary": self.adversary,
                "train": self.train.model_dump()}
        check_own_names(own, base, where)
        resolved = {section: {**values, **(own.get(section) or {})} for section, values in base.items()}
        resolved["loss"] = select_used("loss.reconstruction", LOSSES, resolved["loss"])
        resolved["adversary"] = select_used("adversary.kind", adversary_kinds(), resolved["adversary"])
        encodes = resolved["loss"]["reconstruction"] != "none"
        fields = dict(name=name, label="", encodes=encodes, image_size=self.data.image_size, **resolved)
        set_by_itself = {(section, key): where for section in own for key in own[section] or {}}
        variant = validated(Variant, fields, set_by_itself)
        if not variant.encodes and variant.adversary.kind == "none":
            raise InputError(f"params.yaml: {where} has neither a reconstruction loss nor an adversary, so nothing "
                             "would train it; set its loss.reconstruction or its adversary.kind")
        return variant.model_copy(update={"label": label(variant, own)})


def check_own_names(own: dict[str, Any], base: dict[str, dict[str, Any]], where: str) -> None:
    """Raise InputError if a variant's own block has a section or a parameter that a variant cannot have.

    Args:
        own: The block.
        base: The shared sections that it may change.
        where: Dotted path of the block.
    """
    for section, values in require_block(own, where).items():
        if section not in base:
            raise InputError(f"params.yaml: {where}.{section} is not a section a variant can change"
                             f"{did_you_mean(section, base)}; it can change {', '.join(base)}")
        known = KEYS.get(section, base[section])
        for key in require_block(values or {}, f"{where}.{section}"):
            if (section, key) == SHARED_ONLY:
                raise InputError(f"params.yaml: {where}.train.start_from can not be set for one variant, since DVC "
                                 "would not see it; give a folder models, with <variant>/model.safetensors for each "
                                 "variant, as train.start_from")
            if key not in known:
                raise InputError(f"params.yaml: {where}.{section}.{key} is not a known parameter"
                                 f"{did_you_mean(key, known)}")


def adversary_kinds() -> Kinds:
    """Return the kinds that have a class here, and those that are files of the user's own."""
    own = [name for name in choices(ADVERSARIES) if name not in ADVERSARY_KINDS]
    return ADVERSARY_KINDS | dict.fromkeys(own, OwnAdversaryConfig)


def select_used(parameter: str, kinds: Kinds, values: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a section that the chosen kind reads: a variant does not depend on the rest.

    Args:
        parameter: Dotted path of the parameter that chooses the kind.
        kinds: What it may be.
        values: The section.

    Raises:
        InputError: There is no such kind.
    """
    chosen = values.get(parameter.split(".")[1])
    kind = kinds.get(str(chosen))
    if kind is None:
        own = f", or a file of your own in pipeline/{ADVERSARIES}{experiment_copy_hint('add it to Git')}" \
            if parameter == "adversary.kind" else ""
        raise InputError(f"params.yaml: {parameter} is {chosen!r}; it must be one of {', '.join(kinds)}{own}.")
    used = {key: value for key, value in values.items() if key in kind.model_fields}
    layers, reference_rms = used.get("layers"), used.get("reference_rms")
    if isinstance(layers, list) and isinstance(reference_rms, dict):
        used["reference_rms"] = {layer: rms for layer, rms in reference_rms.items() if layer in layers}
    return used


def parameter_names(kinds: Kinds) -> list[str]:
    """Return the parameters that any of the kinds reads, sorted."""
    return sorted({key for kind in kinds.values() for key in kind.model_fields})


KEYS = {"loss": parameter_names({**LOSSES}),
        "adversary": parameter_names({**ADVERSARY_KINDS, "own": OwnAdversaryConfig})}
