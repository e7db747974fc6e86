"""Initial weights."""

from torch import nn


def initialize(module: nn.Module) -> None:
    """Convolutions N(0, 0.02), batch-norm weights N(1, 0.02), their biases 0, as in DCGAN and in the authors' code.

    Linear layers keep the framework's default.
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)
