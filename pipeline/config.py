"""Every parameter of params.yaml, typed and validated, and how a variant is resolved from them.

Sections that decide results end in the plan (`plan/*.json`), and so does all that is computed here: stages depend on
their plan and not on this code. `cluster` and `tracking` say where a run happens and are read from params.yaml when it
happens, so that changing them reruns nothing.
"""

import copy
import difflib
import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, ValidationInfo, field_validator

from pipeline.errors import InputError, in_a_copy
from pipeline.vocabulary import ADVERSARIES, ATTRIBUTES, LAYERS, VIEWS, choices

NO_FILE = "data/none"  # a file that says so: DVC depends on each that a parameter names, and takes no null

Positive = Annotated[int, Field(gt=0)]
PositiveFloat = Annotated[float, Field(gt=0)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Data(Section):
    source: Literal["synthetic", "celeba"]
    root: str
    synthetic_images: Annotated[int, Field(ge=30)]
    test: Literal["official"] | Positive
    valid_images: Positive
    limit: Positive | None
    image_size: int

    @field_validator("test", mode="before")
    @classmethod
    def official_or_number(cls, test: Any) -> Any:
        if test != "official" and (type(test) is not int or test < 1):
            raise ValueError(f"must be official or a number of images, not {test!r}")
        return test

    @field_validator("image_size")
    @classmethod
    def halved_four_times(cls, size: int) -> int:
        if size < 32 or size % 16:
            raise ValueError("must be a multiple of 16, at least 32, since the encoder halves it four times")
        return size


class LossNetwork(Section):
    source: Literal["imagenet", "file", "random"]
    file: str
    calibration_images: Positive

    @field_validator("file")
    @classmethod
    def file_given(cls, file: str, info: ValidationInfo) -> str:
        if info.data.get("source") == "file" and file == NO_FILE:
            raise ValueError("must name the weights, since source is file, e.g. -S loss_network.file=/data/vgg19.pth")
        return file


class Model(Section):
    architecture: str  # of pipeline/models/architectures; models/build.py checks it
    latent_dim: Positive
    channels: Annotated[list[Positive], Field(min_length=4, max_length=4)]
    options: dict[str, Any]


def check_layers(layers: list[str]) -> list[str]:
    for layer in layers:
        if layer not in LAYERS:
            raise ValueError(f"{layer} is not a layer of VGG-19; choose from {', '.join(LAYERS)}")
    if not layers or len(set(layers)) < len(layers):
        raise ValueError("must name at least one layer, each once")
    return layers


class FeatureLossConfig(Section):
    """Eq. 4 and 5."""

    reconstruction: Literal["feature"]
    layers: list[str]
    alpha: Annotated[float, Field(ge=0)]
    beta: PositiveFloat
    kl_images: PositiveFloat
    reference_rms: dict[str, PositiveFloat]
    extra: dict[str, dict[str, Any]]  # of pipeline/losses/terms; losses/build.py checks it

    _layers = field_validator("layers")(check_layers)

    @field_validator("reference_rms")
    @classmethod
    def references_known(cls, reference_rms: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        for layer in info.data.get("layers", []):
            if layer not in reference_rms:
                raise ValueError(f"has no value for {layer}; add the RMS of its activations")
        return reference_rms


class PixelLossConfig(Section):
    """Eq. 1 to 3."""

    reconstruction: Literal["pixel"]
    pixel_sigma: PositiveFloat
    extra: dict[str, dict[str, Any]]


class NoReconstruction(Section):
    """No encoder is trained: a generator and its adversary."""

    reconstruction: Literal["none"]


Loss = Annotated[FeatureLossConfig | PixelLossConfig | NoReconstruction, Field(discriminator="reconstruction")]
LOSSES = {"feature": FeatureLossConfig, "pixel": PixelLossConfig, "none": NoReconstruction}


class NoAdversary(Section):
    kind: Literal["none"]


class GANConfig(Section):
    """The discriminator of Goodfellow et al. 2014, as in DCGAN."""

    kind: Literal["gan"]
    weight: PositiveFloat
    steps: Positive
    channels: Annotated[list[Positive], Field(min_length=4, max_length=4)]
    learning_rate: PositiveFloat


class WassersteinConfig(GANConfig):
    """The critic of Arjovsky et al. 2017, held 1-Lipschitz by a gradient penalty or by clipping its weights."""

    kind: Literal["wasserstein"]
    lipschitz: Literal["penalty", "clip"]
    penalty_weight: PositiveFloat
    clip: PositiveFloat


class OwnAdversaryConfig(GANConfig):
    """One of the user's own, of pipeline/losses/adversaries; losses/build.py checks its options."""

    kind: str
    options: dict[str, Any]


ADVERSARY_KINDS = {"none": NoAdversary, "gan": GANConfig, "wasserstein": WassersteinConfig}


def adversary_kind(adversary: Any) -> str:
    """Which class an adversary's configuration is of."""
    kind = adversary.get("kind") if isinstance(adversary, dict) else adversary.kind
    return kind if kind in ADVERSARY_KINDS else "own"


Adversary = Annotated[Annotated[NoAdversary, Tag("none")] | Annotated[GANConfig, Tag("gan")]
                      | Annotated[WassersteinConfig, Tag("wasserstein")] | Annotated[OwnAdversaryConfig, Tag("own")],
                      Discriminator(adversary_kind)]


class Train(Section):
    batch_size: Annotated[int, Field(ge=2)]
    epochs: Positive
    learning_rate: PositiveFloat
    lr_decay: Annotated[float, Field(gt=0, le=1)]
    adam_beta1: Annotated[float, Field(ge=0, lt=1)]
    precision: Literal["auto", "bf16", "fp32"]
    seed: Annotated[int, Field(ge=0)]


class Attributes(Section):
    per_class: Positive
    correlation: Annotated[list[str], Field(min_length=2)]

    @field_validator("correlation")
    @classmethod
    def names(cls, names: list[str]) -> list[str]:
        for name in names:
            if name not in ATTRIBUTES:
                raise ValueError(f"{name} is not one of CelebA's attributes{did_you_mean(name, ATTRIBUTES)}")
        return names


def check_views(views: list[str]) -> list[str]:
    known = choices(VIEWS)
    for view in views:
        if view not in known:
            raise ValueError(f"{view} is not a view, a file of pipeline/{VIEWS}{in_a_copy('add it to Git')}"
                             f"{did_you_mean(view, known)}")
    if not views or len(set(views)) < len(views):
        raise ValueError("must name at least one view, each once")
    return views


Candidates = Annotated[list[PositiveFloat], Field(min_length=1)]


class Evaluate(Section):
    view_sets: Annotated[dict[str, list[str]], Field(min_length=1)]
    svm_c: Candidates
    feature_layers: list[str]

    _layers = field_validator("feature_layers")(check_layers)

    @field_validator("view_sets")
    @classmethod
    def views(cls, view_sets: dict[str, list[str]]) -> dict[str, list[str]]:
        for name, views in view_sets.items():
            if not name.isidentifier():
                raise ValueError(f"{name!r} must be letters, digits and underscores: it names files")
            check_views(views)
        return view_sets


class MultiView(Section):
    variants: Annotated[list[str], Field(min_length=1)]
    views: list[str]
    svm_c: Candidates

    _views = field_validator("views")(check_views)

    @field_validator("variants")
    @classmethod
    def once(cls, variants: list[str]) -> list[str]:
        if len(set(variants)) < len(variants):
            raise ValueError("must name each variant once")
        return variants


class Sampling(Section):
    images: Annotated[int, Field(ge=2)]
    mixture_components: Annotated[int, Field(ge=0)]
    mixture_images: Positive
    frechet_layer: str
    inception: str

    @field_validator("frechet_layer")
    @classmethod
    def layer(cls, layer: str) -> str:
        return check_layers([layer])[0]


class Report(Section):
    samples: Annotated[int, Field(ge=2, le=64)]
    reconstructions: Annotated[int, Field(ge=2, le=16)]
    mosaic_images: Annotated[int, Field(ge=4)]
    mosaic_variant: str


class Cluster(Section):
    address: str | None
    workers: Annotated[int, Field(ge=0)]
    gpus_per_worker: int | None
    storage: str
    checkpoint_steps: Positive
    processes: Annotated[int, Field(ge=0)]
    retries: Annotated[int, Field(ge=0)]

    @field_validator("gpus_per_worker", mode="before")
    @classmethod
    def one_or_none(cls, gpus: Any) -> int | None:
        if gpus is not None and (isinstance(gpus, bool) or gpus not in (0, 1)):
            raise ValueError(f"must be 1, 0, or null for 1 where there are GPUs, not {gpus!r}: a worker trains on one "
                             "GPU")
        return gpus if gpus is None else int(gpus)


class Tracking(Section):
    uri: str | None
    experiment: str
    patience: Annotated[int, Field(ge=0)]


class Variant(Section):
    """One trained model's whole configuration, as it stands in plan/<name>.json; but for its label, which is in the
    report's plan, since no result of a variant depends on it."""

    name: str
    label: str
    encodes: bool  # whether it has a trained encoder, and so latents of images
    image_size: int
    model: Model
    loss: Loss
    adversary: Adversary
    train: Train

    def planned(self) -> str:
        """The text of plan/<name>.json: all that its results depend on."""
        return self.model_dump_json(indent=1, exclude={"label"}) + "\n"


class DatasetPlan(Section):
    """Of `Data`, what the images themselves depend on, and how they are split."""

    source: Literal["synthetic", "celeba"]
    root: str
    synthetic_images: int
    test: Literal["official"] | Positive
    valid_images: int
    limit: int | None
    seed: int


class DataPlan(DatasetPlan):
    image_size: int


class LossNetworkPlan(LossNetwork):
    file: str | None  # None unless it is the source
    seed: int


class LossNetworksPlan(Section):
    layers: dict[str, list[str]]  # of each variant's feature loss; none where it has none


class AttributesPlan(Attributes):
    seed: int


class EvaluatePlan(Evaluate):
    reference_rms: dict[str, float]


class MultiViewPlan(MultiView):
    labels: dict[str, str]  # of its variants


class SamplingPlan(Sampling):
    inception: str | None
    seed: int


class ReportPlan(Report):
    seed: int
    variants: dict[str, str]  # name → label


class Params(Section):
    """params.yaml after `scale` has filled its nulls; `variants` are resolved by `variant`."""

    scale: str
    scales: dict[str, dict[str, Any]]
    seed: Annotated[int, Field(ge=0)]
    data: Data
    loss_network: LossNetwork
    model: Model
    loss: dict[str, Any]
    adversary: dict[str, Any]
    train: Train
    variants: dict[str, dict[str, Any]]
    attributes: Attributes
    evaluate: Evaluate
    multi_view: MultiView
    sampling: Sampling
    report: Report
    cluster: Cluster
    tracking: Tracking

    @field_validator("variants")
    @classmethod
    def file_names(cls, variants: dict[str, Any]) -> dict[str, Any]:
        for name in variants:
            if not name.isidentifier() or name in ("loss_networks", "pipeline"):
                raise ValueError(f"{name!r} must be letters, digits and underscores, and neither loss_networks nor "
                                 "pipeline: it names files and stages")
        return variants

    def variant(self, name: str) -> Variant:
        """The whole configuration of one variant: the sections below with its own block on top."""
        own = self.variants[name]
        base = {"model": self.model.model_dump(), "loss": self.loss, "adversary": self.adversary,
                "train": self.train.model_dump()}
        where = f"variants.{name}"
        for section, values in block(own, where).items():
            if section not in base:
                raise InputError(f"params.yaml: {where}.{section} is not a section a variant can change"
                                 f"{did_you_mean(section, base)}; it can change {', '.join(base)}")
            known = KEYS.get(section, base[section])
            for key in block(values or {}, f"{where}.{section}"):
                if key not in known:
                    raise InputError(f"params.yaml: {where}.{section}.{key} is not a known parameter"
                                     f"{did_you_mean(key, known)}")
        resolved = {section: {**values, **(own.get(section) or {})} for section, values in base.items()}
        resolved["loss"] = needed_by("loss.reconstruction", LOSSES, resolved["loss"])
        resolved["adversary"] = needed_by("adversary.kind", adversary_kinds(), resolved["adversary"])
        encodes = resolved["loss"]["reconstruction"] != "none"
        fields = dict(name=name, label="", encodes=encodes, image_size=self.data.image_size, **resolved)
        set_by_itself = {(section, key): where for section in own for key in own[section] or {}}
        variant = validated(Variant, fields, set_by_itself)
        if not variant.encodes and variant.adversary.kind == "none":
            raise InputError(f"params.yaml: {where} has neither a reconstruction loss nor an adversary, so nothing "
                             "would train it; set its loss.reconstruction or its adversary.kind")
        return variant.model_copy(update={"label": label(variant, own)})


def adversary_kinds() -> dict[str, type[Section]]:
    """Those that are known here, and those of the user's own."""
    own = [name for name in choices(ADVERSARIES) if name not in ADVERSARY_KINDS]
    return ADVERSARY_KINDS | dict.fromkeys(own, OwnAdversaryConfig)


def needed_by(parameter: str, kinds: dict[str, type[Section]], values: dict[str, Any]) -> dict[str, Any]:
    """Of a section, what the kind chosen by `parameter` reads: the other values do not touch this variant."""
    chosen = values.get(parameter.split(".")[1])
    kind = kinds.get(str(chosen))
    if kind is None:
        own = f", or a file of your own in pipeline/{ADVERSARIES}{in_a_copy('add it to Git')}" \
            if parameter == "adversary.kind" else ""
        raise InputError(f"params.yaml: {parameter} is {chosen!r}; it must be one of {', '.join(kinds)}{own}.")
    needed = {key: value for key, value in values.items() if key in kind.model_fields}
    layers, reference_rms = needed.get("layers"), needed.get("reference_rms")
    if isinstance(layers, list) and isinstance(reference_rms, dict):
        needed["reference_rms"] = {layer: rms for layer, rms in reference_rms.items() if layer in layers}
    return needed


def label(variant: Variant, own: dict[str, Any]) -> str:
    """The papers' name of a configuration: PVAE, VAE-123, VAE-345, DCGAN, VAE-WGAN.

    Then what else the variant's own block changes; the other settings of a block that brings its own adversary are the
    recipe of another model.
    """
    loss, kind = variant.loss, variant.adversary.kind
    adversary = {"none": "", "gan": "-GAN", "wasserstein": "-WGAN"}.get(kind, f"-{kind}")
    if loss.reconstruction == "none":
        name = "GAN" if variant.model.architecture == "vae" else variant.model.architecture.upper()
        name = name.replace("GAN", adversary[1:])
    elif loss.reconstruction == "pixel":
        name = "PVAE" + adversary
    else:
        plain = all(layer.endswith("_1") for layer in loss.layers)
        layers = "".join(layer[4] for layer in loss.layers) if plain else "+".join(layer[4:] for layer in loss.layers)
        name = "VAE-WGAN" if (adversary, layers) == ("-WGAN", "123") else f"VAE{adversary}-{layers}"
    changes = [f"{key}={value}" for section, values in own.items() for key, value in (values or {}).items()
               if (section, key) not in {("loss", "layers"), ("loss", "reconstruction"), ("loss", "extra")}]
    changes += [f"{term}={options.get('weight')}" for term, options in (own.get("loss") or {}).get("extra", {}).items()]
    another_model = any("kind" in (values or {}) for section, values in own.items() if section == "adversary")
    return " ".join([name, *([] if another_model else changes)])


def labels(variants: list[Variant]) -> dict[str, str]:
    """Variant name → label; where two variants have the same label, with the name, so that tables tell them apart."""
    all_labels = [variant.label for variant in variants]
    return {variant.name: variant.label if all_labels.count(variant.label) == 1 else f"{variant.label} ({variant.name})"
            for variant in variants}


def keys(kinds: dict[str, type[Section]]) -> list[str]:
    return sorted({key for kind in kinds.values() for key in kind.model_fields})


KEYS = {"loss": keys(LOSSES), "adversary": keys({**ADVERSARY_KINDS, "own": OwnAdversaryConfig})}


def load_params(path: str | os.PathLike = "params.yaml") -> Params:
    """Read and check params.yaml, all variants included. Raises InputError with one sentence."""
    try:
        raw = yaml.safe_load(Path(path).read_text())
    except FileNotFoundError:
        raise InputError(f"{path} is missing; run this from the project's root.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(raw, dict):
        raise InputError(f"{path} is empty or not a mapping; restore it with `git checkout {path}`.")
    params = validated(Params, fill_from_scale(raw))
    for section, known in KEYS.items():
        for key in getattr(params, section):
            if key not in known:
                raise InputError(f"params.yaml: {section}.{key} is not a known parameter{did_you_mean(key, known)}")
    for name in params.variants:
        params.variant(name)
    return params


def fill_from_scale(raw: dict[str, Any]) -> dict[str, Any]:
    """Replace nulls by the value that `scales.<scale>` has for them; a value that is set wins."""
    scales, scale = block(raw.get("scales"), "scales"), raw.get("scale")
    if not isinstance(scale, str) or scale not in scales:
        raise InputError(f"params.yaml: scale is {scale!r}; it must be one of {', '.join(map(str, scales))}.")
    filled = copy.deepcopy(raw)
    for name, sections in scales.items():
        for section, values in block(sections, f"scales.{name}").items():
            where = f"scales.{name}.{section}"
            if section not in Params.model_fields:
                raise InputError(f"params.yaml: {where} is not a known section"
                                 f"{did_you_mean(section, Params.model_fields)}")
            into = filled.get(section)
            if section == "variants" and isinstance(into, dict):  # one that was removed needs no values
                values = {key: value for key, value in block(values, where).items() if key in into}
            fill(into, block(values, where), where, only_check=name != scale)
    return filled


def fill(into: Any, values: dict[str, Any], where: str, only_check: bool) -> None:
    """Replace nulls in `into` by `values`, block by block. `where`: the name of `values` in params.yaml."""
    for key, value in values.items():
        if not isinstance(into, dict):
            return  # the section itself is wrong, which `validated` says
        if key not in into:
            raise InputError(f"params.yaml: {where}.{key} is not a known parameter{did_you_mean(key, into)}")
        if isinstance(into[key], dict):
            fill(into[key], block(value, f"{where}.{key}"), f"{where}.{key}", only_check)
        elif into[key] is None and not only_check:
            into[key] = value


def block(value: Any, name: str) -> dict[str, Any]:
    """`value`, if it is a block of parameters; else an InputError."""
    if not isinstance(value, dict):
        raise InputError(f"params.yaml: {name} is {value!r}, but should be a block of parameters")
    return value


def validated(model: type[BaseModel], values: dict[str, Any], own: dict[tuple[str, str], str] | None = None) -> Any:
    """`model` from `values`, or an InputError whose sentence names the first wrong parameter by its dotted path.

    `own` maps (section, key) to the block, for instance variants.dfc, in which it was set.
    """
    try:
        return model.model_validate(values)
    except ValidationError as failure:
        errors = sorted(failure.errors(), key=lambda error: error["type"] != "extra_forbidden")  # a typo explains most
    first = errors[0]
    path = [str(part) for part in first["loc"] if part not in (*LOSSES, *ADVERSARY_KINDS, "own")]
    block = (own or {}).get(tuple(path[:2]))
    dotted = ".".join([block, *path] if block else path)
    if first["type"] == "extra_forbidden":
        problem = f"{dotted} is not a known parameter{did_you_mean(path[-1], siblings(model, path))}"
    elif first["type"] == "missing":
        problem = f"{dotted} is missing; restore it from the committed params.yaml"
    elif first["type"] == "value_error":
        problem = f"{dotted}: {first['ctx']['error']}"
    else:
        message = first["msg"].removeprefix("Input ")
        problem = f"{dotted} is {first['input']!r}, but {message[0].lower() + message[1:]}"
    more = f" ({len(errors) - 1} more after this one)" if len(errors) > 1 else ""
    raise InputError(f"params.yaml: {problem}{more}")


def siblings(model: type[BaseModel], path: list[str]) -> list[str]:
    """Known names beside the last part of a dotted path."""
    for part in path[:-1]:
        field = model.model_fields.get(part)
        if field is None or not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            return []
        model = field.annotation
    return list(model.model_fields)


def did_you_mean(name: str, known) -> str:
    """`; did you mean X?` for the nearest known name, or nothing."""
    near = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]}?" if near else ""


def read_plan(model: type[BaseModel], path: str | os.PathLike, **more: Any) -> Any:
    """A section from its file in plan/, and `more` of its fields. Raises InputError where the file is missing, or of
    another state of this code."""
    try:
        return model.model_validate({**json.loads(Path(path).read_text()), **more})
    except (OSError, ValueError) as error:  # a ValidationError is one
        why = "is missing" if isinstance(error, FileNotFoundError) else "is not what this code has planned"
        raise InputError(f"{path} {why}; run `dvc repro`, which makes it in its stage plan") from None


def read_variant(path: str | os.PathLike) -> Variant:
    """A variant from its plan/<name>.json. Its label, which is no part of that, comes from the report's plan."""
    report = Path(path).parent / "pipeline" / "report.json"
    labels = json.loads(report.read_text())["variants"] if report.is_file() else {}
    return read_plan(Variant, path, label=labels.get(Path(path).stem, Path(path).stem))


def read_variants() -> list[Variant]:
    """All variants of the plan, in the order of params.yaml."""
    names = read_section(ReportPlan, "plan/pipeline/report.json").variants
    return [read_variant(f"plan/{name}.json") for name in names]


def read_section(model: type[Section], path: str | os.PathLike) -> Any:
    """A section from its plan/pipeline/<section>.json: read_section(DataPlan, 'plan/pipeline/data.json')."""
    return read_plan(model, path)
