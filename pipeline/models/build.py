"""From a variant's configuration to its model."""

from pipeline.config.variant import Variant
from pipeline.models.interface import Model
from pipeline.registry import load_class
from pipeline.vocabulary import ARCHITECTURES


def build_model(variant: Variant) -> Model:
    """Build the model of a variant, with weights initialised from torch's generator."""
    model = variant.model
    architecture = load_class(ARCHITECTURES, model.architecture)
    return architecture(model.latent_dim, variant.image_size, tuple(model.channels), **model.options)
