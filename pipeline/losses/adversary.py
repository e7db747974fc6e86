"""What all adversaries share. Each kind is one class in a file of pipeline/losses/adversaries."""

from typing import cast

import torch
from torch import nn

from pipeline.models.critic import Critic

Terms = dict[str, torch.Tensor]


class Adversary(nn.Module):
    """A second network that scores images, and the losses of the two players.

    A kind must define `adversary_loss`, and may override the other methods. It may take further arguments behind
    `weight`: adversary.options in params.yaml has them.

    Attributes:
        network: Images N×3×S×S in -1 … 1 → scores N. High scores say that an image is real.
        weight: Weight of the adversary's term in the model's loss.
    """

    def __init__(self, image_size: int, channels: tuple[int, ...], weight: float, batch_norm: bool = True):
        super().__init__()
        self.network, self.weight = Critic(image_size, channels, batch_norm), weight

    def adversary_loss(self, real: torch.Tensor, fakes: list[torch.Tensor], epsilon: torch.Tensor
                       ) -> tuple[torch.Tensor, Terms]:
        """Return what the adversary minimises, and its terms by name.

        Args:
            real: Images N×3×S×S in -1 … 1.
            fakes: Batches of images of the model, shaped as `real`: reconstructions and samples, or samples alone.
            epsilon: Random numbers in 0 … 1, N, for a penalty between real images and fakes.

        Returns:
            A float32 scalar, averaged over the batch, and unweighted float32 scalars by name.
        """
        raise NotImplementedError

    def model_loss(self, fakes: list[torch.Tensor]) -> torch.Tensor:
        """Return what the model minimises, a float32 scalar: -E f(fake), averaged over the batches."""
        return cast(torch.Tensor, -sum(self.network(images).float().mean() for images in fakes) / len(fakes))

    def after_update(self) -> None:
        """Change the weights after each update of the adversary, if the method asks for it."""
