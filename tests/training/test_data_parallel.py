"""Two processes that share a batch have the gradients of one process with the whole batch, for both players."""

import os

import pytest
import torch
from torch import distributed, multiprocessing
from torch.nn.parallel import DistributedDataParallel

from pipeline.data.pixels import to_network
from pipeline.losses.build import build_objective
from tests import tiny

pytestmark = pytest.mark.slow

IMAGES = 8


def gradients(network, wrap, share: slice) -> dict[str, torch.Tensor]:
    """Of the critic's loss and then of the model's, by player and parameter; batch norm in evaluation mode."""
    objective = build_objective(tiny.variant("vae_wgan", adversary={"weight": 7.0}), network).eval()
    wrapped = wrap(objective)
    images = to_network(torch.from_numpy(tiny.faces(IMAGES)))[share]
    noise = torch.randn(IMAGES, objective.noise_width, generator=torch.Generator().manual_seed(1))[share]
    found = {}
    for _ in range(2):  # the second time round, as in training, the other player's gradients have been there before
        for name, player in reversed(objective.players().items()):
            player.zero_grad()
            wrapped(images, noise, name)[0].backward()
            found |= {f"{name}.{key}": parameter.grad.clone() for key, parameter in player.named_parameters()}
    return found


def worker(rank: int, network, folder) -> None:
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="0")
    distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=rank, world_size=2)
    half = slice(rank * IMAGES // 2, (rank + 1) * IMAGES // 2)
    found = gradients(network, lambda objective: DistributedDataParallel(objective, find_unused_parameters=True), half)
    if rank == 0:
        torch.save(found, folder / "gradients.pt")
    distributed.destroy_process_group()


def test_two_processes_have_the_gradients_of_one(tmp_path):
    network = tiny.write_loss_network(tmp_path / "loss_network.safetensors")
    multiprocessing.spawn(worker, (network, tmp_path), nprocs=2)
    together = torch.load(tmp_path / "gradients.pt")
    alone = gradients(network, lambda objective: objective, slice(None))
    assert together.keys() == alone.keys() and any(name.startswith("adversary.") for name in alone)
    for name, gradient in alone.items():
        torch.testing.assert_close(together[name], gradient, rtol=1e-3, atol=1e-5 * gradient.abs().max().item() + 1e-7)
    assert alone["adversary.network.0.weight"].abs().max() > 0
