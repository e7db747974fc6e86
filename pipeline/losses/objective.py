"""What a model is trained to minimise: eq. 3 for the plain VAE, eq. 5 for the deep feature consistent one.

With an adversary (the second paper's critic, DCGAN's discriminator) there are two players, each with a loss of its own.
"""

from typing import cast

import torch
from torch import nn

from pipeline.losses.adversary import Adversary, Terms
from pipeline.losses.kl import kl_per_dimension
from pipeline.models.interface import Model

MODEL, ADVERSARY = "model", "adversary"  # the players
NO_PULL = 1e-12  # a reconstruction gradient of so small a part of the adversarial one counts as none


class Objective(nn.Module):
    """kl_weight · KL + rec_weight · L_rec + Σ weight · extra + adversary.weight · L_adversarial, means over the batch.

    Args:
        model: What is trained.
        reconstruction: L_rec, as `losses.reconstruction` describes it. Without it there is no encoder, and only the
            last term remains, on samples.
        kl_weight: Weight of KL.
        rec_weight: Weight of L_rec.
        extra: Further terms of (reconstruction, image) by name, each with its weight.
        adversary: The second player, if there is one.
        adversary_updates: Updates of the adversary before each of the model's.

    Attributes:
        turns: The player of each update in a training step, in order.
        noise_width: Columns of the noise that `forward` takes.
        precision: The type in which autocast multiplies, float32 or bfloat16. It may be set at any time. Weights are
            float32.
        gradients: Norms of gradients at the reconstructed images by side, float32 N, of the last backward pass.
    """

    def __init__(self, model: Model, reconstruction: nn.Module | None, kl_weight: float, rec_weight: float,
                 extra: dict[str, tuple[float, nn.Module]] | None = None, adversary: Adversary | None = None,
                 adversary_updates: int = 1):
        super().__init__()
        self.model, self.reconstruction, self.adversary = model, reconstruction, adversary
        self.extra = nn.ModuleDict({name: term for name, (_, term) in (extra or {}).items()})
        self.extra_weights = {name: weight for name, (weight, _) in (extra or {}).items()}
        self.kl_weight, self.rec_weight, self.precision = kl_weight, rec_weight, torch.float32
        self.turns = (ADVERSARY,) * (adversary_updates if adversary else 0) + (MODEL,)
        # Noise for the posterior. An adversary needs more: for samples from the prior, and a column for its penalty.
        self.noise_width = model.latent_dim * bool(reconstruction) + (model.latent_dim + 1) * bool(adversary)
        self.gradients: Terms = {}

    def players(self) -> dict[str, nn.Module]:
        """Return the module that each player trains, by the player's name."""
        return {name: player for name, player in ((MODEL, self.model), (ADVERSARY, self.adversary)) if player}

    def forward(self, images: torch.Tensor, noise: torch.Tensor, player: str = MODEL) -> tuple[torch.Tensor, Terms]:
        """Return the loss of a player and its terms.

        Args:
            images: N×3×S×S in -1 … 1.
            noise: N×noise_width from N(0, I).
            player: MODEL or ADVERSARY.

        Returns:
            The loss, a float32 scalar, and its terms by name, unweighted and detached. The terms of the model are `kl`
            in nats, those of `reconstruction`, the further ones, `adversarial`, and the weighted sum `loss`. For the
            terms of the adversary see its class.
        """
        if self.adversary:
            self.adversary.requires_grad_(player == ADVERSARY)
        with torch.autocast(images.device.type, self.precision, enabled=self.precision != torch.float32):
            loss, terms = (self.adversary_loss if player == ADVERSARY else self.model_loss)(images, noise)
        return loss, {name: term.detach() for name, term in terms.items()}

    def adversary_loss(self, images: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, Terms]:
        """Return the adversary's loss and terms. No gradient flows into the model."""
        assert self.adversary, "an objective without an adversary has no such loss"
        with torch.no_grad():
            fakes = self.generate(images, noise)[0]
        return self.adversary.adversary_loss(images, fakes, torch.special.ndtr(noise[:, -1]))

    def generate(self, images: torch.Tensor, noise: torch.Tensor) -> tuple[list[torch.Tensor], Terms]:
        """Return what the model generates: a batch of reconstructions, one of samples, or both; and the term `kl`.

        There are reconstructions if there is a reconstruction loss, and samples if there is an adversary.
        """
        fakes: list[torch.Tensor] = []
        terms: Terms = {}
        size = self.model.latent_dim
        if self.reconstruction:
            mu, logvar = (head.float() for head in self.model.encode(images))
            terms["kl"] = kl_per_dimension(mu, logvar).sum(dim=1).mean()
            fakes.append(self.model.decode(mu + noise[:, :size] * (logvar / 2).exp()))
        if self.adversary:
            fakes.append(self.model.decode(noise[:, -size - 1:-1]))
        return fakes, terms

    def model_loss(self, images: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, Terms]:
        """Return the model's loss, the weighted sum of its terms, and the terms."""
        fakes, terms = self.generate(images, noise)
        loss = self.kl_weight * terms["kl"] if terms else 0.0
        if self.reconstruction:
            decoded = self.record_gradient_norms(fakes[0], "reconstruction_gradient") if self.adversary else fakes[0]
            rec = self.reconstruction(decoded, images)
            extra = {name: term(decoded, images) for name, term in self.extra.items()}
            terms |= rec | extra
            loss = loss + self.rec_weight * sum(rec.values())
            loss = loss + sum(self.extra_weights[name] * term for name, term in extra.items())
        if self.adversary:
            if self.reconstruction:
                fakes = [self.record_gradient_norms(fakes[0], "adversarial_gradient"), *fakes[1:]]
            terms["adversarial"] = self.adversary.model_loss(fakes)
            loss = loss + self.adversary.weight * terms["adversarial"]
        total = cast(torch.Tensor, loss)
        return total, {**terms, "loss": total}

    def record_gradient_norms(self, images: torch.Tensor, side: str) -> torch.Tensor:
        """Return the same images, and put norms into `gradients` when a gradient comes back through them.

        The norm of an image is that of the gradient of its own loss, which is N times its part of the mean: N norms.
        """
        same = images.view_as(images)
        if same.requires_grad:
            same.register_hook(lambda gradient: self.gradients.update(
                {side: len(gradient) * gradient.detach().float().flatten(1).norm(dim=1)}))
        return same

    def after_update(self, player: str) -> None:
        """Let a player change its weights after each of its updates: a critic may have to clip them."""
        if player == ADVERSARY and self.adversary:
            self.adversary.after_update()

    def gradient_terms(self) -> Terms:
        """Return how hard both sides pull at the reconstructed images, after a backward pass of the model's loss.

        Returns:
            `reconstruction_gradient` and `adversarial_gradient`, norms of the gradients of the weighted terms, means
            over the images; and `adversarial_ratio`, the second mean over the first. Where the reconstruction loss does
            not pull at any image there is nothing to compare with, and the ratio is 0. Empty unless there are both
            sides.
        """
        if len(self.gradients) < 2:
            return {}
        means = {side: norms.mean() for side, norms in self.gradients.items()}
        reconstruction, adversarial = means["reconstruction_gradient"], means["adversarial_gradient"]
        ratio = torch.where(reconstruction > NO_PULL * adversarial, adversarial / reconstruction, 0.0)
        return {**means, "adversarial_ratio": ratio}
