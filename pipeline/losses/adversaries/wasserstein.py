"""The critic of a Wasserstein GAN."""

import torch
from torch import distributed

from pipeline.losses.adversary import Adversary, Terms


class Wasserstein(Adversary):
    """Arjovsky et al. 2017: a 1-Lipschitz function f of images that is high on real ones and low on fakes.

    Args:
        image_size: Side S of the images, in pixels.
        channels: Channels of the network's convolutions.
        weight: Weight of the model's term.
        lipschitz: How f is held 1-Lipschitz. "penalty" adds penalty_weight · E (‖∇f(x̂)‖ - 1)², where x̂ lies on the
            line from a real image to a fake (Gulrajani et al. 2017, eq. 3). "clip" holds all weights of f in
            -clip … clip, as in the first paper.
        penalty_weight: Factor on the penalty.
        clip: Bound of the weights.
    """

    def __init__(self, image_size: int, channels: tuple[int, ...], weight: float, lipschitz: str,
                 penalty_weight: float, clip: float):
        super().__init__(image_size, channels, weight, batch_norm=False)
        self.lipschitz, self.penalty_weight, self.clip = lipschitz, penalty_weight, clip

    def adversary_loss(self, real: torch.Tensor, fakes: list[torch.Tensor], epsilon: torch.Tensor
                       ) -> tuple[torch.Tensor, Terms]:
        """Return E f(fake) - E f(real) + the penalty, which is left out without gradients (validation).

        Args:
            real: Images N×3×S×S in -1 … 1.
            fakes: Batches of images of the model, shaped as `real`.
            epsilon: Where on its line each x̂ lies, N in 0 … 1; 1 is the real image.

        Returns:
            The loss, and terms. `wasserstein` is the estimate of the distance, E f(real) - E f(fake).
        """
        on_real, *on_fakes = self.network(torch.cat([real, *fakes])).float().chunk(1 + len(fakes))
        wasserstein = on_real.mean() - sum(scores.mean() for scores in on_fakes) / len(fakes)
        terms, loss = {"wasserstein": wasserstein}, -wasserstein
        if self.lipschitz == "penalty" and torch.is_grad_enabled():
            norm = self.gradient_norm(real, fakes, epsilon)
            penalty = (norm - 1).square().mean()
            terms |= {"gradient_norm": norm.mean(), "gradient_penalty": penalty}
            loss = loss + self.penalty_weight * penalty
        return loss, {**terms, "critic": loss}

    def gradient_norm(self, real: torch.Tensor, fakes: list[torch.Tensor], epsilon: torch.Tensor) -> torch.Tensor:
        """Return ‖∇f(x̂)‖ for one x̂ per real image, float32 N. The batches of fakes take turns."""
        rows = torch.arange(len(real), device=real.device)
        first = distributed.get_rank() * len(real) if distributed.is_initialized() else 0  # row in all workers' batch
        others = torch.stack(fakes)[(first + rows).remainder(len(fakes)), rows].float()
        epsilon = epsilon.view(-1, 1, 1, 1)
        between = (epsilon * real + (1 - epsilon) * others).detach().requires_grad_()
        gradient, = torch.autograd.grad(self.network(between).float().sum(), between, create_graph=True)
        return gradient.float().square().sum(dim=(1, 2, 3)).add(1e-12).sqrt()  # the slope of the root at 0 is infinite

    @torch.no_grad()
    def after_update(self) -> None:
        """Clip the weights, if that is how f is held 1-Lipschitz."""
        if self.lipschitz == "clip":
            for parameter in self.network.parameters():
                parameter.clamp_(-self.clip, self.clip)
