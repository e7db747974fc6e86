"""Initial weights."""

from torch import nn


def initialize(module: nn.Module) -> None:
    """Draw a module's initial weights, as in DCGAN and in the authors' code.

    Convolutions get N(0, 0.02), batch-norm weights N(1, 0.02), and the biases of both 0. Linear layers keep torch's
    default.
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)
