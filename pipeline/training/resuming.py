"""Going on from a checkpoint. `checkpoint_writer` writes them."""

from typing import Any

import torch
from torch import distributed

from pipeline.files.folder import Folder
from pipeline.losses.objective import Objective
from pipeline.training import checkpoints
from pipeline.training.history import History, read_history
from pipeline.training.step import Optimizers

OF_DEVICE = ("lr", "capturable")  # options of an optimiser that are tensors, or differ, on a GPU


def resume(directory: Folder, objective: Objective, optimizers: Optimizers) -> tuple[int, History]:
    """Put players and optimizers into the state of the newest checkpoint.

    Returns:
        The number of steps done and their history; 0 and an empty one without a checkpoint.
    """
    saved = checkpoints.read_newest_checkpoint(directory)
    require_agreement(saved["step"] if saved else 0, directory)
    if saved is None:
        return 0, History()
    for name, player in objective.players().items():
        player.load_state_dict(saved["players"][name])
        load_optimizer(optimizers[name], saved["optimizers"][name])
    return saved["step"], read_history(saved)


def load_optimizer(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Load an optimiser's state, but for how its device wants it: the checkpoint may be of another device."""
    own = [{name: group[name] for name in OF_DEVICE if name in group} for group in optimizer.param_groups]
    optimizer.load_state_dict(state)
    for group, options in zip(optimizer.param_groups, own, strict=True):
        group.update(options)


def require_agreement(step: int, directory: Folder) -> None:
    """Raise RuntimeError unless all workers have found the same checkpoint.

    NFS may show a new file late to some of them. Ray then starts the workers again.
    """
    if distributed.is_initialized():
        steps = torch.tensor([step, -step])
        if distributed.get_backend() == "nccl":
            steps = steps.cuda()
        distributed.all_reduce(steps, distributed.ReduceOp.MAX)
        if steps.sum() != 0:
            raise RuntimeError(f"the workers do not see the same checkpoints in {directory}: one has step {steps[0]}, "
                               f"another step {-steps[1]}; set cluster.storage to a folder or URL that all nodes see")
