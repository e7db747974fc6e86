"""The weights file of a trained variant: its state dict, with its configuration as metadata."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from pipeline.config.fields import NO_FILE
from pipeline.config.variant import Variant
from pipeline.errors import InputError
from pipeline.files.atomic import replacing
from pipeline.models.build import build_model
from pipeline.models.interface import Model
from pipeline.vocabulary import ARCHITECTURES, choices

METADATA_KEY = "variant"  # the only one: safetensors writes several in any order
TRAINED_ON = "trained_on"  # beside the fields of the configuration


def write_weights(path: Path, weights: dict[str, torch.Tensor], variant: Variant,
                  trained_on: Mapping[str, Any] | None = None) -> None:
    """Write a model's state dict and, as metadata, its configuration; atomically.

    Args:
        path: The file to write; its folder is created.
        weights: The state dict.
        variant: The configuration. Its label is not written, since no weight depends on it.
        trained_on: Facts on the training images, which stand beside the configuration (`training.inputs`).
    """
    configuration = json.loads(variant.planned()) | ({TRAINED_ON: dict(trained_on)} if trained_on else {})
    with replacing(path) as temporary:
        save_file({name: tensor.contiguous() for name, tensor in weights.items()}, temporary,
                  metadata={METADATA_KEY: json.dumps(configuration, indent=1)})


def load_model(path: Path, variant: Variant, device: str | torch.device = "cpu") -> Model:
    """Load the trained model of a variant whose configuration is known.

    Returns:
        The model in evaluation mode, without gradients, channels last in memory.
    """
    model = build_model(variant)
    model.load_state_dict(load_file(path))
    return for_evaluation(model, device)


def for_evaluation(model: Model, device: str | torch.device) -> Model:
    """Put a model into evaluation mode and onto a device, without gradients, channels last in memory."""
    model.eval().requires_grad_(False)
    model.to(device=device).to(memory_format=torch.channels_last)
    return model


def load_trained(path: str | Path, device: str | torch.device = "cpu") -> tuple[Model, Variant]:
    """Load a trained variant from its weights file alone, without params.yaml or a plan.

    Args:
        path: A model.safetensors of the stage train, in any folder.
        device: Where the model shall be.

    Returns:
        The model in evaluation mode, without gradients, channels last in memory; and its configuration, whose label
        is the variant's name.

    Raises:
        InputError: The file is missing, is no weights file of this pipeline, or does not fit this code.
    """
    path = Path(path)
    variant = read_configuration(path)
    if variant.model.architecture not in choices(ARCHITECTURES):
        raise InputError(f"{path} needs the architecture {variant.model.architecture}; "
                         f"add its file pipeline/{ARCHITECTURES}/{variant.model.architecture}.py")
    try:
        model = build_model(variant)
        model.load_state_dict(load_file(path))
    except (RuntimeError, TypeError) as error:  # other parameters; an architecture that takes other options
        raise InputError(f"{path} does not fit this code's {variant.model.architecture} "
                         f"({str(error).splitlines()[0]}); train {variant.name} again") from error
    return for_evaluation(model, device), variant


def read_configuration(path: Path) -> Variant:
    """Read the configuration of a trained variant from the metadata of its weights file; its label is its name.

    Raises:
        InputError: The file is missing, is no weights file of this pipeline, or was written by other code.
    """
    if not path.is_file():
        raise InputError(f"{path} does not exist; give the model.safetensors of a trained variant")
    try:
        with safe_open(path, "pt") as file:
            text = (file.metadata() or {}).get(METADATA_KEY)
    except SafetensorError as error:
        raise InputError(f"{path} is no safetensors file ({error}); give the model.safetensors of a trained variant"
                         ) from None
    if text is None:
        raise InputError(f"{path} has no configuration in its metadata; give the model.safetensors of a trained "
                         "variant")
    try:
        values = json.loads(text)
        values.pop(TRAINED_ON, None)
        values["train"] = {"start_from": NO_FILE, **values["train"]}  # a version without this parameter wrote the file
        return Variant.model_validate({**values, "label": values["name"]})
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) if isinstance(error, ValidationError) else "its metadata"
        raise InputError(f"{path} has a configuration that this code does not know ({where}); train the variant again, "
                         "or load it with the code that wrote it") from None
