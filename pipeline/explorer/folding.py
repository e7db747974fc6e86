"""Batch norm of a trained model, folded into the weights before it.

With running mean m, running variance v, weight γ and bias β, batch norm is y = γ (x − m) / √(v + ε) + β. Where x is
W·input + b, that is (sW)·input + s (b − m) + β with s = γ / √(v + ε): the same layer with other numbers.
"""

import numpy as np
from torch import nn


def fold(weight: np.ndarray, bias: np.ndarray, norm: nn.BatchNorm1d | nn.BatchNorm2d, axis: int
         ) -> tuple[np.ndarray, np.ndarray]:
    """Return weights and bias that do what they and the batch norm behind them do. It is computed in float64.

    Args:
        weight: float32, of any shape.
        bias: float32, one for each output. A linear layer that makes a map has h·w outputs for each channel.
        norm: in evaluation mode, with running statistics.
        axis: the axis of `weight` along which the outputs lie.

    Returns:
        float32, of the shapes of `weight` and `bias`.
    """
    assert norm.running_mean is not None and norm.running_var is not None
    mean, variance = (tensor.double().cpu().numpy() for tensor in (norm.running_mean, norm.running_var))
    gamma = np.ones_like(mean) if norm.weight is None else norm.weight.detach().double().cpu().numpy()
    beta = np.zeros_like(mean) if norm.bias is None else norm.bias.detach().double().cpu().numpy()
    scale = gamma / np.sqrt(variance + norm.eps)
    scale, mean, beta = (np.repeat(values, len(bias) // len(mean)) for values in (scale, mean, beta))
    outputs = [1] * weight.ndim
    outputs[axis] = -1
    return ((weight * scale.reshape(outputs)).astype(np.float32),
            (scale * (bias.astype(np.float64) - mean) + beta).astype(np.float32))
