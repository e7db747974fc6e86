"""The sections of the plan: what a stage reads instead of params.yaml."""

import json
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, Field

from pipeline import paths
from pipeline.config.fields import Section
from pipeline.config.loss_network import LossNetwork, Teaching
from pipeline.config.sections import Attributes, Baselines, Evaluate, Report, Sampling, ViewGains
from pipeline.config.variant import Variant
from pipeline.errors import InputError

PlanSection = TypeVar("PlanSection", bound="Planned")
Model = TypeVar("Model", bound=BaseModel)


class Planned(Section):
    """A file plan/pipeline/<section>.json. The stage plan writes it, and other stages depend on it.

    Attributes:
        section: Name of the file.
    """

    section: ClassVar[str]


class TeachingRecipe(Teaching):
    """How the loss network is taught.

    Attributes:
        width: Of the section loss_network.
        seed: Of its first weights, and of all that is drawn.
    """

    width: float
    seed: int


class TeachingPlan(Planned):
    """How the loss network is taught.

    Attributes:
        recipe: None unless loss_network.source is taught, so that nothing depends on it then.
    """

    section: ClassVar[str] = "teaching"
    recipe: TeachingRecipe | None


class LossNetworkPlan(LossNetwork, Planned):
    """Where the loss network comes from.

    Attributes:
        file: The path of its weights; None unless the source is file.
    """

    section: ClassVar[str] = "loss_network"
    file: str | None  # type: ignore[assignment]  # params.yaml names an empty file for none
    seed: int


class LossNetworksPlan(Planned):
    """What each variant needs of the loss network.

    Attributes:
        layers: Variant → the layers of its feature loss; none where it has no feature loss.
        parameters: Variant → dotted path of the parameter that sets them, for errors.
    """

    section: ClassVar[str] = "loss_networks"
    layers: dict[str, list[str]]
    parameters: dict[str, str]


class AttributesPlan(Attributes, Planned):
    """How attribute vectors are computed."""

    section: ClassVar[str] = "attributes"
    seed: int


class EvaluatePlan(Evaluate, Planned):
    """How variants are evaluated.

    Attributes:
        reference_rms: Layer → RMS to which its activations are scaled.
        lpips: The path of LPIPS's weights; None for no LPIPS.
        seed: Of the draws from posteriors and from the prior.
    """

    section: ClassVar[str] = "evaluate"
    reference_rms: dict[str, float]
    lpips: str | None  # type: ignore[assignment]  # params.yaml names an empty file for none
    seed: int


class BaselinesPlan(Baselines, Planned):
    """What stands beside the variants in Table 1.

    Attributes:
        svm_c: Of evaluate: candidates for the SVM's C.
        image_size: Width and height of images in pixels.
        latent_dim, channels: Of the section model.
        layers: Of the section loss; none where no baseline reads the loss network.
        train_seed: Of the section train.
    """

    section: ClassVar[str] = "baselines"
    svm_c: list[float]
    image_size: int
    latent_dim: int
    channels: list[int]
    layers: list[str]
    train_seed: int
    seed: int


class ViewGainsPlan(ViewGains, Planned):
    """Which views and variants are added one by one.

    Attributes:
        labels: Variant → label, of the variants that it names.
    """

    section: ClassVar[str] = "view_gains"
    labels: dict[str, str]


class PhotographsPlan(Planned):
    """The part of `Sampling` on which the reference photographs' features and the floor depend."""

    section: ClassVar[str] = "photographs"
    images: int
    reference: Literal["test", "valid"]
    bootstrap: int
    frechet_layer: str
    inception: str | None
    seed: int


class SamplingPlan(Sampling, Planned):
    """How samples are made and compared.

    Attributes:
        inception: The path of Inception's weights; None for no FID.
    """

    section: ClassVar[str] = "sampling"
    inception: str | None  # type: ignore[assignment]  # params.yaml names an empty file for none
    seed: int


class ReportPlan(Report, Planned):
    """What figures and report show.

    Attributes:
        variants: Variant → label, in the order of params.yaml.
        notes: What is otherwise than params.yaml says, in words.
    """

    section: ClassVar[str] = "report"
    seed: int
    variants: dict[str, str]
    notes: list[str] = Field(default_factory=list)


def read_plan(plan: type[PlanSection]) -> PlanSection:
    """Read a section of the plan, such as plan/pipeline/data.json for DataPlan.

    Raises:
        InputError: The file is missing, or other code wrote it.
    """
    return validated_plan(plan, paths.section_plan(plan.section))


def read_variant(name: str) -> Variant:
    """Read the configuration of a variant from the plan.

    Its label comes from the report's plan; without that, it is the name. The variant's own file has no label, since no
    result of the variant depends on it.

    Raises:
        InputError: The file is missing, or other code wrote it.
    """
    report = paths.section_plan("report")
    labels = json.loads(report.read_text())["variants"] if report.is_file() else {}
    return validated_plan(Variant, paths.variant_plan(name), label=labels.get(name, name))


def read_variants() -> list[Variant]:
    """Read all variants of the plan, in the order of params.yaml.

    Raises:
        InputError: A file is missing, or other code wrote it.
    """
    return [read_variant(name) for name in read_plan(ReportPlan).variants]


def validated_plan(model: type[Model], path: Path, **more: Any) -> Model:
    """Read a model from a file in plan/.

    Args:
        model: The type.
        path: The file.
        more: Fields that the file does not have.

    Raises:
        InputError: The file is missing, or other code wrote it.
    """
    try:
        return model.model_validate({**json.loads(path.read_text()), **more})
    except (OSError, ValueError) as error:  # a ValidationError is one
        why = "is missing" if isinstance(error, FileNotFoundError) else "is not what this code has planned"
        raise InputError(f"{path} {why}; run `dvc repro`, which makes it in its stage plan") from None
