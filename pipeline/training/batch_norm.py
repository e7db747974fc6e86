"""Batch norm over the whole batch when several workers share it, also on a CPU."""

import torch
from torch import distributed, nn

from pipeline.errors import InputError


def synchronize(module: nn.Module, device: torch.device) -> nn.Module:
    """The same module, its batch norms taking mean and variance over all workers' shares.

    On a GPU torch's own SyncBatchNorm, which works nowhere else; on a CPU the one below, which takes the place of a
    BatchNorm2d with its default options. Raises InputError for any other.
    """
    if device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(module)
    for name, layer in module.named_modules():
        if type(layer) is nn.BatchNorm2d and layer.affine and layer.track_running_stats and layer.momentum is not None:
            layer.__class__ = SynchronizedBatchNorm2d  # same parameters, same buffers
        elif isinstance(layer, nn.modules.batchnorm._BatchNorm):  # not InstanceNorm, which needs no other worker
            raise InputError(f"{name} is {layer}, which workers without GPUs cannot share; make it a BatchNorm2d with "
                             "affine, momentum and running statistics, or train with cluster.workers 0 or on GPUs")
    return module


class SynchronizedBatchNorm2d(nn.BatchNorm2d):
    """Images N×C×H×W of this worker, as many as every other worker's, normalised by all workers' mean and variance."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return super().forward(images)
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
    def forward(context, value: torch.Tensor) -> torch.Tensor:
        total = value.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context, gradient: torch.Tensor) -> torch.Tensor:
        total = gradient.contiguous().clone()
        distributed.all_reduce(total)
        return total
