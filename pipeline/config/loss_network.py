"""The sections of params.yaml about the loss network: where it comes from, and how it is taught.

In descriptions, [1] is Hou et al. 2016.
"""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from pipeline.config.fields import NO_FILE, Positive, PositiveFloat, Section


class LossNetwork(Section):
    """The frozen VGG-19 in whose features images are compared: section 3.2 of [1]."""

    source: Literal["imagenet", "file", "random", "taught"] = Field(description=(
        "Weights of VGG-19: imagenet for torchvision's download, file for your own, random, or taught on the training "
        "faces by their landmarks, thumbnails and noise, without their labels."))
    width: Annotated[float, Field(gt=0, le=4, json_schema_extra={"multipleOf": 1 / 64})] = Field(description=(
        "Factor on VGG-19's channels (64, 128, 256, 512, 512), which must stay whole numbers: of random and taught "
        "weights. A file must have it, and imagenet has 1. [1], section 3.2: 1."))
    file: str = Field(description=(
        "State dict in torchvision's layout, .pth or .safetensors, whole or a prefix, if the source is file; data/none "
        "for none."))
    calibration_images: Positive = Field(description=(
        "Training images over which the RMS of the network's activations is measured."))

    @field_validator("width")
    @classmethod
    def check_width(cls, width: float, info: ValidationInfo) -> float:
        """Return the width, or raise ValueError unless it gives whole numbers of channels, as the source has them."""
        if not (64 * width).is_integer():
            raise ValueError(f"must be a multiple of 1/64, since {width:g} times VGG-19's 64 channels are no whole "
                             "number")
        if info.data.get("source") == "imagenet" and width != 1:
            raise ValueError(f"must be 1, since source is imagenet, which is VGG-19 with all its channels, and not "
                             f"{width:g}; -S loss_network.width=1")
        return width

    @field_validator("file")
    @classmethod
    def check_file_given(cls, file: str, info: ValidationInfo) -> str:
        """Return the path, or raise ValueError if the source is file and none is given."""
        if info.data.get("source") == "file" and file == NO_FILE:
            raise ValueError("must name the weights, since source is file, e.g. -S loss_network.file=/data/vgg19.pth")
        return file


class Teaching(Section):
    """How the loss network is taught, where loss_network.source is taught; pipeline/losses/teaching has the rest."""

    epochs: Positive = Field(description="Passes over the training faces.")
    batch_size: Positive = Field(description="Faces in a step.")
    learning_rate: PositiveFloat = Field(description=(
        "The highest of one cycle: it rises over a part of all steps, and falls to 0."))
