"""What a model is trained to minimise: eq. 3 for the plain VAE, eq. 5 for the deep feature consistent one.

With an adversary (the second paper's critic, DCGAN's discriminator) there are two players, each with a loss of its own.
"""

import torch
from torch import nn

from pipeline.losses.kl import kl_per_dimension

MODEL, ADVERSARY = "model", "adversary"  # the players
Terms = dict[str, torch.Tensor]


class Objective(nn.Module):
    """kl_weight · KL + rec_weight · L_rec + Σ weight · extra + adversary.weight · L_adversarial, means over the batch.

    `extra`: further terms of (reconstruction, image), by name, each with its weight. Without `reconstruction` there is
    no encoder: the last term remains, on samples alone.
    `turns`: which player each update of a training step is for, in order.
    `noise_width`: columns of the noise that `forward` wants.
    `precision`: the type in which autocast multiplies, float32 or bfloat16. It may be set at any time; weights are
    float32.
    """

    def __init__(self, model: nn.Module, reconstruction: nn.Module | None, kl_weight: float, rec_weight: float,
                 extra: dict[str, tuple[float, nn.Module]] | None = None, adversary: nn.Module | None = None,
                 adversary_steps: int = 1):
        super().__init__()
        self.model, self.reconstruction, self.adversary = model, reconstruction, adversary
        self.extra = nn.ModuleDict({name: term for name, (_, term) in (extra or {}).items()})
        self.extra_weights = {name: weight for name, (weight, _) in (extra or {}).items()}
        self.kl_weight, self.rec_weight, self.precision = kl_weight, rec_weight, torch.float32
        self.turns = (ADVERSARY,) * (adversary_steps if adversary else 0) + (MODEL,)
        # For the posterior; with an adversary also for samples from the prior, and one column for its penalty.
        self.noise_width = model.latent_dim * bool(reconstruction) + (model.latent_dim + 1) * bool(adversary)
        self.gradients: Terms = {}

    def players(self) -> dict[str, nn.Module]:
        """What is trained, by the name of the player whose loss trains it."""
        return {name: player for name, player in ((MODEL, self.model), (ADVERSARY, self.adversary)) if player}

    def forward(self, images: torch.Tensor, noise: torch.Tensor, player: str = MODEL) -> tuple[torch.Tensor, Terms]:
        """The loss of a player, a float32 scalar, and its terms by name, unweighted and detached.

        images N×3×S×S in -1 … 1; noise N×noise_width from N(0, I). The terms of the model: `kl` in nats, those of
        `reconstruction`, `adversarial`, and the weighted sum `loss`. The terms of the adversary: see there.
        """
        if self.adversary:
            self.adversary.requires_grad_(player == ADVERSARY)
        with torch.autocast(images.device.type, self.precision, enabled=self.precision != torch.float32):
            if player == ADVERSARY:
                with torch.no_grad():
                    judged = self.made(images, noise)[0]
                loss, terms = self.adversary.own_loss(images, judged, torch.special.ndtr(noise[:, -1]))
            else:
                loss, terms = self.models_loss(images, noise)
        return loss, {name: term.detach() for name, term in terms.items()}

    def made(self, images: torch.Tensor, noise: torch.Tensor) -> tuple[list[torch.Tensor], Terms]:
        """What the model makes of them: the reconstructions and the samples, as far as they are asked for; and `kl`."""
        judged, terms, size = [], {}, self.model.latent_dim
        if self.reconstruction:
            mu, logvar = (head.float() for head in self.model.encode(images))
            terms["kl"] = kl_per_dimension(mu, logvar).sum(dim=1).mean()
            judged.append(self.model.decode(mu + noise[:, :size] * (logvar / 2).exp()))
        if self.adversary:
            judged.append(self.model.decode(noise[:, -size - 1:-1]))
        return judged, terms

    def models_loss(self, images: torch.Tensor, noise: torch.Tensor) -> tuple[torch.Tensor, Terms]:
        made, terms = self.made(images, noise)
        loss = self.kl_weight * terms["kl"] if terms else 0.0
        if self.reconstruction:
            decoded = self.watched(made[0], "reconstruction_gradient") if self.adversary else made[0]
            rec = self.reconstruction(decoded, images)
            extra = {name: term(decoded, images) for name, term in self.extra.items()}
            terms |= rec | extra
            loss = loss + self.rec_weight * sum(rec.values())
            loss = loss + sum(self.extra_weights[name] * term for name, term in extra.items())
        if self.adversary:
            judged = [self.watched(made[0], "adversarial_gradient"), *made[1:]] if self.reconstruction else made
            terms["adversarial"] = self.adversary.models_loss(judged)
            loss = loss + self.adversary.weight * terms["adversarial"]
        return loss, {**terms, "loss": loss}

    def watched(self, images: torch.Tensor, side: str) -> torch.Tensor:
        """The same images; each one's norm of the gradient of its own loss, which comes back through them, is left in
        `gradients`: N."""
        same = images.view_as(images)
        if same.requires_grad:
            same.register_hook(lambda gradient: self.gradients.update(
                {side: len(gradient) * gradient.detach().float().flatten(1).norm(dim=1)}))
        return same

    def after_update(self, player: str) -> None:
        """What a player needs after each of its updates: a critic's weights may have to be clipped."""
        if player == ADVERSARY:
            self.adversary.after_update()

    def gradient_terms(self) -> Terms:
        """After a backward pass of the model's loss: how hard either side pulls at the reconstructed images.

        `reconstruction_gradient`, `adversarial_gradient`: norms of the weighted terms' gradients; `adversarial_ratio`:
        the second over the first. Means over the images, as all terms are. Empty without both.
        """
        if len(self.gradients) < 2:
            return {}
        ratio = self.gradients["adversarial_gradient"] / self.gradients["reconstruction_gradient"]
        return {name: value.mean() for name, value in {**self.gradients, "adversarial_ratio": ratio}.items()}
