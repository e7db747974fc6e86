"""Batch norm over the whole batch when several workers share it, also on a CPU."""

from typing import Any

import torch
from torch import distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm  # the base class of all batch norms, but not of InstanceNorm

from pipeline.errors import InputError


def synchronize(module: nn.Module, device: torch.device) -> nn.Module:
    """Let the batch norms of a module take mean and variance over all workers' shares, and return the module.

    On a GPU they become torch's own SyncBatchNorm, which works nowhere else. On a CPU a BatchNorm2d with its default
    options becomes the class below. InstanceNorm needs no other worker, and stays.

    Raises:
        InputError: on a CPU, there is a batch norm of another kind.
    """
    if device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(module)
    for name, layer in module.named_modules():
        if type(layer) is nn.BatchNorm2d and layer.affine and layer.track_running_stats and layer.momentum is not None:
            layer.__class__ = SynchronizedBatchNorm2d  # same parameters, same buffers
        elif isinstance(layer, _BatchNorm):
            raise InputError(f"{name} is {layer}, which workers without GPUs cannot share; make it a BatchNorm2d with "
                             "affine, momentum and running statistics, or train with cluster.workers 0 or on GPUs")
    return module


class SynchronizedBatchNorm2d(nn.BatchNorm2d):
    """Normalises images N×C×H×W of this worker by all workers' mean and variance. All workers have as many images."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the images, normalised per channel."""
        if not self.training:
            return super().forward(images)
        assert self.momentum is not None and self.num_batches_tracked is not None
        assert self.running_mean is not None and self.running_var is not None
        workers = distributed.get_world_size()
        with torch.autocast(images.device.type, enabled=False):
            x = images.float()
            mean = AllReduce.apply(x.mean(dim=(0, 2, 3))) / workers
            centered = x - mean[:, None, None]
            variance = AllReduce.apply(centered.square().mean(dim=(0, 2, 3))) / workers
            with torch.no_grad():
                count = workers * x.numel() / x.shape[1]
                self.num_batches_tracked += 1
                self.running_mean.lerp_(mean, self.momentum)
                self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)
            scale = self.weight * (variance + self.eps).rsqrt()
            normalized = centered * scale[:, None, None] + self.bias[:, None, None]
        return normalized.to(images.dtype)


class AllReduce(torch.autograd.Function):
    """The sum over all workers; its gradient is the sum of their gradients."""

    @staticmethod
    def forward(context: Any, value: torch.Tensor) -> torch.Tensor:
        """Return the sum of all workers' values."""
        total = value.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        """Return the sum of all workers' gradients."""
        total = gradient.contiguous().clone()
        distributed.all_reduce(total)
        return total
