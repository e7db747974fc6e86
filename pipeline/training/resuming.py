"""Saving all that a training needs to go on, and going on from it."""

import torch
from torch import distributed

from pipeline.config.variant import Variant
from pipeline.files.folder import Folder
from pipeline.losses.objective import Objective
from pipeline.training import checkpoints
from pipeline.training.divergence import refuse_infinite_weights
from pipeline.training.history import History

Optimizers = dict[str, torch.optim.Optimizer]  # by the player's name


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
        optimizers[name].load_state_dict(saved["optimizers"][name])
    return saved["step"], History(saved["steps"], saved["epochs"], saved["trained"])


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


def save_progress_and_delete_older(directory: Folder, step: int, history: History, objective: Objective,
                                   optimizers: Optimizers, variant: Variant) -> None:
    """Write all that `resume` needs, and delete older checkpoints. The frozen loss network is not part of it.

    Raises:
        Diverged: a weight is not finite. Then nothing is written.
    """
    players = {name: player.state_dict() for name, player in objective.players().items()}
    refuse_infinite_weights(players, step, variant, directory)
    checkpoints.write_checkpoint_and_delete_others(directory, step, {
        "step": step, "players": players, "steps": history.steps, "epochs": history.epochs,
        "trained": history.trained,
        "optimizers": {name: optimizer.state_dict() for name, optimizer in optimizers.items()}})
