"""From a variant's configuration to the objective that trains it. A new loss is registered here."""

from pathlib import Path

import torch

from pipeline.config import Variant
from pipeline.losses.loss_network import feature_loss_of
from pipeline.losses.objective import VAEObjective
from pipeline.losses.reconstruction import PixelLoss
from pipeline.models.vae import VAE


def build_objective(variant: Variant, loss_network: Path) -> VAEObjective:
    """The objective of a variant on the CPU, weights initialised from the variant's seed.

    kl_images makes eq. 5 independent of the batch size: KL is summed over that many images where L_rec is averaged.
    """
    torch.manual_seed(variant.seed)
    vae = VAE(variant.model.latent_dim, variant.image_size, tuple(variant.model.channels))
    vae = vae.to(memory_format=torch.channels_last)
    bf16 = variant.train.precision == "bf16"
    if variant.loss.reconstruction == "pixel":
        return VAEObjective(vae, PixelLoss(variant.loss.pixel_sigma), kl_weight=1.0, rec_weight=1.0, bf16=bf16)
    features = feature_loss_of(variant.loss, loss_network, torch.bfloat16 if bf16 else torch.float32)
    return VAEObjective(vae, features, variant.loss.alpha * variant.loss.kl_images, variant.loss.beta, bf16)
