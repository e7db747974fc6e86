"""The weights from which a training starts: train.start_from, a weights file or a folder `models` of another run.

Only the model's weights are taken. Its optimiser is new, and so is an adversary: a weights file holds neither.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import paths
from pipeline.config.fields import NO_FILE
from pipeline.config.variant import Variant
from pipeline.errors import InputError, experiment_copy_hint
from pipeline.files.hashes import sha256
from pipeline.vocabulary import counted

if TYPE_CHECKING:  # torch takes seconds to import
    import torch

PARAMETER = "train.start_from"
GIVE = f"a trained variant's model.safetensors, a folder models of another run, or {NO_FILE} for new weights"
OTHER_VARIANT = f"start each variant from its own weights, by a folder models of another run, or take {NO_FILE}"


def start_file(variant: Variant) -> Path | None:
    """Return the file from which a variant's training starts, also where it is missing; None for new weights."""
    if variant.train.start_from == NO_FILE:
        return None
    given = Path(variant.train.start_from)
    return given / paths.weights(variant.name).relative_to(paths.MODELS) if given.is_dir() else given


def check_start_weights(variant: Variant) -> None:
    """Raise InputError unless a variant's training can start from the weights that train.start_from names."""
    file = start_file(variant)
    if file is not None:
        read_start_weights(file, variant)


def read_start_weights(file: Path, variant: Variant) -> "dict[str, torch.Tensor]":
    """Read the state dict from which a variant's training starts.

    Args:
        file: What `start_file` returned, or a copy of it.
        variant: The configuration of the training that is to start.

    Returns:
        The state dict of the variant's model: its floating-point numbers as finite float32, counters as they are.

    Raises:
        InputError: The file is missing or no safetensors file, or holds the weights of another model. The sentence
            names the variant, what the file has, what the variant wants, and the remedy.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from pipeline.models.build import build_model
    from pipeline.models.state_dict import WeightsFile, another_network, checked_weight

    check_exists(file, variant)
    try:
        configuration, state = read_metadata(file), load_file(file)
    except SafetensorError as error:
        raise InputError(f"params.yaml: {PARAMETER}: {file} is no safetensors file ({error}); give {GIVE}") from None
    check_configuration(file, configuration, variant)
    known = WeightsFile(PARAMETER, file, f"the {variant.model.architecture} of variant {variant.name}", OTHER_VARIANT)
    wanted = build_model(variant).state_dict()
    if state.keys() != wanted.keys():
        name = min(state.keys() ^ wanted.keys())
        raise another_network(known, f"{name} is {'missing' if name in wanted else 'not one of its weights'}")
    for name, tensor in wanted.items():
        if tensor.is_floating_point():
            state[name] = checked_weight(known, name, state[name], tuple(tensor.shape))
        elif state[name].shape != tensor.shape:
            raise another_network(known, f"{name} has shape {tuple(state[name].shape)} and not {tuple(tensor.shape)}")
    return state


def check_exists(file: Path, variant: Variant) -> None:
    """Raise InputError unless the file of a variant's first weights exists."""
    given = variant.train.start_from
    if file.is_file():
        return
    if Path(given).is_dir():
        raise InputError(f"params.yaml: {PARAMETER} is {given}, a folder without {file.relative_to(given)}, from which "
                         f"variant {variant.name} would start; give the folder models of a run that has it, or delete "
                         f"its block from variants, or give one weights file that fits all variants")
    raise InputError(f"params.yaml: {PARAMETER} is {given}, which does not exist; give {GIVE}"
                     f"{experiment_copy_hint('give an absolute path')}")


def read_metadata(file: Path) -> dict[str, Any]:
    """Return the configuration in the metadata of a weights file, unchecked; empty if it has none.

    The configuration may be of other code, whose losses this code does not know. Its model is what counts here.
    """
    from safetensors import safe_open

    from pipeline.models.weights_file import METADATA_KEY

    with safe_open(file, "pt") as opened:
        text = (opened.metadata() or {}).get(METADATA_KEY, "{}")
    try:
        configuration = json.loads(text)
    except ValueError:
        return {}
    return configuration if isinstance(configuration, dict) else {}


def check_configuration(file: Path, configuration: dict[str, Any], variant: Variant) -> None:
    """Raise InputError if the configuration in a weights file says that its model is another than the variant's."""
    own = variant.model
    wanted = {"model.architecture": own.architecture, "data.image_size": variant.image_size,
              "model.latent_dim": own.latent_dim, "model.channels": list(own.channels)}
    model = configuration.get("model")
    said = {f"model.{name}": value for name, value in model.items()} if isinstance(model, dict) else {}
    said |= {"data.image_size": configuration["image_size"]} if "image_size" in configuration else {}
    for parameter, value in wanted.items():
        if parameter in said and said[parameter] != value:
            remedy = OTHER_VARIANT if parameter == "model.architecture" else \
                f"set it to {said[parameter]} for this variant too, or start from other weights"
            raise InputError(f"params.yaml: {PARAMETER}: the weights in {file} are of a model with {parameter} "
                             f"{said[parameter]}, but variant {variant.name} has {parameter} {value}; {remedy}")


def start_facts(variant: Variant) -> dict[str, str]:
    """Return what a training starts from, for records, MLflow and the report; nothing for new weights.

    Returns:
        `start_weights`, the file's path; `start_weights_sha256`; and, if the file says so, `start_weights_of`: which
        variant it is of, its epochs and images, and from what that training started in its turn.

    Raises:
        InputError: As in `read_start_weights`.
    """
    file = start_file(variant)
    if file is None:
        return {}
    check_start_weights(variant)
    of = in_words(read_metadata(file))
    return {"start_weights": str(file), "start_weights_sha256": sha256(file)} | ({"start_weights_of": of} if of else {})


def in_words(configuration: dict[str, Any]) -> str:
    """Return what a weights file says of its training: "dfc, 8 epochs of 4,500 images of CelebA"; "" if nothing."""
    name, recipe, images = (configuration.get(key) for key in ("name", "train", "trained_on"))
    if not isinstance(name, str) or not isinstance(recipe, dict):
        return ""
    words = f"{name}, {counted(recipe.get('epochs', 0), 'epoch')}"
    if isinstance(images, dict):
        words += f" of {images.get('images', 0):,} images of {images.get('source', 'unknown source')}"
    earlier = recipe.get("start_from", NO_FILE)
    return words if earlier == NO_FILE else f"{words}, which began with the weights in {earlier}"
