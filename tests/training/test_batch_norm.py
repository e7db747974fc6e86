"""Synchronised batch norm: two workers with half a batch each are as one with the whole."""

import pytest
import torch
from torch import distributed, multiprocessing, nn

from pipeline.errors import InputError
from pipeline.training.batch_norm import SynchronizedBatchNorm2d, synchronize

WORKERS = 2


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5, eps=1e-3), nn.LeakyReLU(), nn.Conv2d(5, 4, 3),
                         nn.BatchNorm2d(4))


def data() -> torch.Tensor:
    return torch.randn(8, 3, 9, 9, generator=torch.Generator().manual_seed(1)) * torch.arange(1, 9)[:, None, None, None]


def outcome(model: nn.Module, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """After two training steps: output, gradients of the input and of the weights (sums over images), buffers."""
    x = images.clone().requires_grad_()
    for _ in range(2):
        output = model(x)
        (output.square() * torch.linspace(0, 1, output[0].numel()).view(output[0].shape)).sum().backward()
    gradients = {f"gradient of {name}": parameter.grad for name, parameter in model.named_parameters()}
    model.eval()
    return {"output": output.detach(), "evaluated": model(images).detach(), "x": x.grad, **gradients,
            **dict(model.named_buffers())}


def worker(rank: int, folder) -> None:
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=WORKERS)
    model = synchronize(network(), torch.device("cpu"))
    assert sum(isinstance(layer, SynchronizedBatchNorm2d) for layer in model) == 2
    torch.save(outcome(model, data().chunk(WORKERS)[rank]), folder / f"{rank}.pt")
    distributed.destroy_process_group()


@pytest.mark.slow
def test_two_workers_are_one(tmp_path):
    multiprocessing.spawn(worker, (tmp_path,), nprocs=WORKERS)
    halves = [torch.load(tmp_path / f"{rank}.pt") for rank in range(WORKERS)]
    whole = outcome(network(), data())
    for name, expected in whole.items():
        if name in ("output", "evaluated", "x"):
            found = torch.cat([half[name] for half in halves])
        elif name.startswith("gradient"):
            found = sum(half[name] for half in halves)
        else:
            found = halves[0][name]
            assert torch.equal(found, halves[1][name])
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4 * max(1, expected.abs().max().item()))


def test_bf16_stays_bf16_and_evaluation_needs_no_workers():
    model = synchronize(network(), torch.device("cpu")).eval()
    with torch.autocast("cpu", torch.bfloat16):
        assert model(data()).dtype == torch.bfloat16


@pytest.mark.parametrize("layer", [nn.BatchNorm1d(4), nn.BatchNorm2d(4, momentum=None),
                                   nn.BatchNorm2d(4, affine=False)])
def test_a_batch_norm_that_cannot_be_shared_on_a_cpu_is_refused(layer):
    with pytest.raises(InputError, match=r"^0\.1 is BatchNorm.*cannot share"):
        synchronize(nn.Sequential(nn.Sequential(nn.ReLU(), layer)), torch.device("cpu"))


@pytest.mark.parametrize("layer", [nn.InstanceNorm2d(4, affine=True), nn.InstanceNorm1d(4),
                                   nn.InstanceNorm2d(4, affine=True, track_running_stats=True)])
def test_instance_norm_is_left_as_it_is(layer):
    """It normalises each image by itself, and needs no other worker."""
    assert synchronize(nn.Sequential(layer), torch.device("cpu"))[0] is layer
