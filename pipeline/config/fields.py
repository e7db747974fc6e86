"""What the typed sections of params.yaml are made of: their base class, and types that several of them use."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline.errors import did_you_mean, experiment_copy_hint
from pipeline.vocabulary import ATTRIBUTES, BASELINES, LAYERS, SOURCES, VIEWS, choices

NO_FILE = "data/none"  # an empty file: DVC depends on every file that a parameter names, and takes no null


class Section(BaseModel):
    """A block of params.yaml: it refuses unknown keys and numbers that are not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def check_layers(layers: list[str]) -> list[str]:
    """Return `layers`, or raise ValueError unless they are layers of VGG-19, at least one, each once."""
    for layer in layers:
        if layer not in LAYERS:
            raise ValueError(f"{layer} is not a layer of VGG-19; choose from {', '.join(LAYERS)}")
    if not layers or len(set(layers)) < len(layers):
        raise ValueError("must name at least one layer, each once")
    return layers


def check_layer(layer: str) -> str:
    """Return `layer`, or raise ValueError unless it is a layer of VGG-19."""
    return check_layers([layer])[0]


def check_views(views: list[str]) -> list[str]:
    """Return `views`, or raise ValueError unless each is a file of pipeline/data/views and named once."""
    known = choices(VIEWS)
    for view in views:
        if view not in known:
            raise ValueError(f"{view} is not a view, a file of pipeline/{VIEWS}{experiment_copy_hint('add it to Git')}"
                             f"{did_you_mean(view, known)}")
    if not views or len(set(views)) < len(views):
        raise ValueError("must name at least one view, each once")
    return views


def check_view(view: str) -> str:
    """Return `view`, or raise ValueError unless it is a file of pipeline/data/views."""
    return check_views([view])[0]


def check_baselines(methods: list[str]) -> list[str]:
    """Return `methods`, or raise ValueError unless each is a file of pipeline/evaluation/baselines and named once."""
    known = choices(BASELINES)
    for method in methods:
        if method not in known:
            raise ValueError(f"{method} is not a baseline, a file of pipeline/{BASELINES}"
                             f"{experiment_copy_hint('add it to Git')}{did_you_mean(method, known)}; there are "
                             f"{', '.join(known)}")
    if len(set(methods)) < len(methods):
        raise ValueError("must name each baseline once")
    return methods


def check_attributes(names: list[str]) -> list[str]:
    """Return `names`, or raise ValueError if one stands twice."""
    if len(set(names)) < len(names):
        raise ValueError("must name each attribute once")
    return names


def check_source(source: str) -> str:
    """Return `source`, or raise ValueError unless it is a file of pipeline/data/sources."""
    known = choices(SOURCES)
    if source not in known:
        raise ValueError(f"{source} is not a source, a file of pipeline/{SOURCES}"
                         f"{experiment_copy_hint('add it to Git')}{did_you_mean(source, known)}; "
                         f"there are {', '.join(known)}")
    return source


def check_shares(shares: list[float]) -> list[float]:
    """Return `shares`, or raise ValueError unless they are three, not negative, and sum to 1."""
    if len(shares) != 3 or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"must be three shares of train, valid and test that sum to 1, not {shares}")
    return shares


def check_candidates(candidates: list[float]) -> list[float]:
    """Return `candidates`, or raise ValueError unless there is at least one, each once."""
    if not candidates or len(set(candidates)) < len(candidates):
        raise ValueError("must have at least one candidate, each once")
    return candidates


def one_of(names: tuple[str, ...]) -> Any:
    """Return the JSON schema of a name from a list; the validators above refuse others with a better sentence."""
    return Field(json_schema_extra={"enum": list(names)})


EACH_ONCE = Field(json_schema_extra={"minItems": 1, "uniqueItems": True})

Positive = Annotated[int, Field(gt=0)]
NotNegative = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
Candidates = Annotated[list[PositiveFloat], EACH_ONCE, AfterValidator(check_candidates)]
Channels = Annotated[list[Positive], Field(min_length=4, max_length=4)]  # of four convolutions
LayerName = Annotated[str, one_of(LAYERS)]
Layer = Annotated[LayerName, AfterValidator(check_layer)]
Layers = Annotated[list[LayerName], EACH_ONCE, AfterValidator(check_layers)]
Views = Annotated[list[str], EACH_ONCE, AfterValidator(check_views)]
View = Annotated[str, AfterValidator(check_view)]
Source = Annotated[str, AfterValidator(check_source)]
Shares = Annotated[list[float], Field(min_length=3, max_length=3), AfterValidator(check_shares)]
Methods = Annotated[list[str], Field(json_schema_extra={"uniqueItems": True}), AfterValidator(check_baselines)]
# An editor completes CelebA's attributes; which others a data set has, is not known here.
AttributeName = Annotated[str, Field(min_length=1, json_schema_extra={"examples": list(ATTRIBUTES)})]
AttributeNames = Annotated[list[AttributeName], Field(min_length=2, json_schema_extra={"uniqueItems": True}),
                           AfterValidator(check_attributes)]
