"""The critic of a Wasserstein GAN."""

import torch
from torch import distributed, nn

from pipeline.models.critic import Critic


class Wasserstein(nn.Module):
    """Arjovsky et al. 2017: a function f of images, 1-Lipschitz, that is high on real ones and low on the model's.

    lipschitz: "penalty" adds penalty_weight · E (‖∇f(x̂)‖ - 1)², x̂ on the line from a real to a judged image
    (Gulrajani et al. 2017, eq. 3); "clip" holds all weights of f in -clip … clip, as in the first paper.
    """

    def __init__(self, image_size: int, channels: tuple[int, ...], weight: float, lipschitz: str,
                 penalty_weight: float, clip: float):
        super().__init__()
        self.network, self.weight = Critic(image_size, channels, batch_norm=False), weight
        self.lipschitz, self.penalty_weight, self.clip = lipschitz, penalty_weight, clip

    def own_loss(self, real: torch.Tensor, judged: list[torch.Tensor], epsilon: torch.Tensor
                 ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """E f(judged) - E f(real) + the penalty. `epsilon`: N in 0 … 1, where on the line each x̂ lies.

        `wasserstein` is the estimate of the distance, E f(real) - E f(judged). Without gradients (validation) there
        is no penalty.
        """
        on_real, *on_judged = self.network(torch.cat([real, *judged])).float().chunk(1 + len(judged))
        wasserstein = on_real.mean() - sum(scores.mean() for scores in on_judged) / len(judged)
        terms, loss = {"wasserstein": wasserstein}, -wasserstein
        if self.lipschitz == "penalty" and torch.is_grad_enabled():
            norm = self.gradient_norm(real, judged, epsilon)
            penalty = (norm - 1).square().mean()
            terms |= {"gradient_norm": norm.mean(), "gradient_penalty": penalty}
            loss = loss + self.penalty_weight * penalty
        return loss, {**terms, "critic": loss}

    def gradient_norm(self, real: torch.Tensor, judged: list[torch.Tensor], epsilon: torch.Tensor) -> torch.Tensor:
        """‖∇f(x̂)‖ for one x̂ per real image, the judged batches taking turns: float32 N."""
        rows = torch.arange(len(real), device=real.device)
        first = distributed.get_rank() * len(real) if distributed.is_initialized() else 0  # of all workers' batch
        others = torch.stack(judged)[(first + rows).remainder(len(judged)), rows].float()
        epsilon = epsilon.view(-1, 1, 1, 1)
        between = (epsilon * real + (1 - epsilon) * others).detach().requires_grad_()
        gradient, = torch.autograd.grad(self.network(between).float().sum(), between, create_graph=True)
        return gradient.float().square().sum(dim=(1, 2, 3)).add(1e-12).sqrt()  # no division by zero at the root

    def models_loss(self, judged: list[torch.Tensor]) -> torch.Tensor:
        """-E f(judged), averaged over the batches."""
        return -sum(self.network(images).float().mean() for images in judged) / len(judged)

    @torch.no_grad()
    def after_update(self) -> None:
        """Clip the weights, where that is how f is held 1-Lipschitz."""
        if self.lipschitz == "clip":
            for parameter in self.network.parameters():
                parameter.clamp_(-self.clip, self.clip)
