"""The section loss of params.yaml. Which parameters a variant has depends on its reconstruction loss."""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from pipeline.config.fields import LayerName, Layers, PositiveFloat, Section

KIND = ("Reconstruction loss: feature, eq. 4 of [1]; pixel, eq. 1 of [1]; or none for a generator and its adversary, "
        "without an encoder.")
EXTRA = ("Further terms of the loss by name, each with its weight above 0 and its options, as in total_variation: "
         "{weight: 100}; a term is a file of pipeline/losses/terms.")
TERM = {"type": "object", "required": ["weight"], "properties": {"weight": {"type": "number", "exclusiveMinimum": 0}}}

# pipeline.plan.checks compares the names and the options with the code.
Extra = Annotated[dict[str, dict[str, Any]], Field(json_schema_extra={"additionalProperties": TERM})]


class FeatureLossConfig(Section):
    """A distance between features of VGG-19, and KL: eq. 4 and 5 of [1]."""

    reconstruction: Literal["feature"] = Field(description=KIND)
    layers: Layers = Field(description=(
        "Layers of VGG-19 whose activations are compared. [1], section 4.1: relu1_1, relu2_1 and relu3_1 are VAE-123, "
        "relu3_1, relu4_1 and relu5_1 are VAE-345."))
    alpha: Annotated[float, Field(ge=0)] = Field(description="Weight of KL in eq. 5. [1], section 4.1: 1.")
    beta: PositiveFloat = Field(description="Weight of the feature loss in eq. 5. [1], section 4.1: 0.5.")
    kl_scale: PositiveFloat = Field(description=(
        "Factor on KL beside alpha, whatever the batch size. 64 is this project's choice. The text averages KL over "
        "the batch, which is 1; [code] sums it, which amounts to half its batch size, 20 to 32."))
    reference_rms: dict[LayerName, PositiveFloat] = Field(description=(
        "Root mean square to which each layer's activations are scaled: that of the Oxford network on CelebA, so that "
        "alpha and beta mean the same for any loss network."))
    extra: Extra = Field(description=EXTRA)

    @field_validator("reference_rms")
    @classmethod
    def check_references(cls, reference_rms: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        """Return the references, or raise ValueError unless every layer has one."""
        for layer in info.data.get("layers", []):
            if layer not in reference_rms:
                raise ValueError(f"has no value for {layer}; restore its line from the committed params.yaml")
        return reference_rms


class PixelLossConfig(Section):
    """The plain VAE: eq. 1 to 3 of [1]."""

    reconstruction: Literal["pixel"] = Field(description=KIND)
    pixel_sigma: PositiveFloat = Field(description=(
        "Standard deviation of p(x|z) for pixels in -1 … 1, if the reconstruction loss is pixel. [1] gives none."))
    extra: Extra = Field(description=EXTRA)


class NoReconstruction(Section):
    """No encoder is trained: there is only a generator and its adversary."""

    reconstruction: Literal["none"] = Field(description=KIND)


Loss = Annotated[FeatureLossConfig | PixelLossConfig | NoReconstruction, Field(discriminator="reconstruction")]
LOSSES: dict[str, type[Section]] = {"feature": FeatureLossConfig, "pixel": PixelLossConfig, "none": NoReconstruction}
