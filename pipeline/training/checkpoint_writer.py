"""Checkpoints written by a thread, and not more often than worth while, so that no step waits for a disk."""

import time
from concurrent import futures
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

import torch
from torch import distributed

from pipeline.config.variant import Variant
from pipeline.files.folder import Folder
from pipeline.losses.objective import Objective
from pipeline.training import checkpoints
from pipeline.training.divergence import refuse_infinite_weights
from pipeline.training.history import History
from pipeline.training.step import Optimizers


class CheckpointWriter:
    """Writes all that `resuming.resume` needs. The frozen loss network is not part of it.

    A checkpoint is a copy of the state at its step, whatever training does while it is written. At the end of the block
    the last one is written.

    Args:
        directory: of the run's checkpoints.
        variant: what is trained.
        steps: between two checkpoints, at least.
        seconds: between two checkpoints, at least.

    Attributes:
        soon_lost: whether a worker will be lost soon. Then neither steps nor seconds have to pass.
    """

    def __init__(self, directory: Folder, variant: Variant, steps: int, seconds: float):
        self.directory, self.variant, self.steps, self.seconds = directory, variant, steps, seconds
        self.last, self.soon_lost = time.monotonic(), False
        self.thread = ThreadPoolExecutor(1, "checkpoints")
        self.writing: Future[None] | None = None

    def due(self, step: int, looked: bool = True) -> bool:
        """Tell whether a checkpoint is to be written after so many steps. While one is being written, none is.

        Args:
            step: the number of steps done.
            looked: whether the history has the terms of all of them.
        """
        if self.soon_lost and looked:
            return self.writing is None or self.writing.done()
        return step % self.steps == 0 and time.monotonic() - self.last >= self.seconds \
            and (self.writing is None or self.writing.done() or not self.seconds)

    def hand_over(self, step: int, history: History, objective: Objective, optimizers: Optimizers) -> None:
        """Copy the state, and let the thread write it. Waits for the one before.

        Raises:
            Diverged: a weight is not finite. Then nothing is written. On a GPU the next call may be the one that says
                so, or the end of the block.
            OSError: the one before could not be written.
        """
        self.wait()
        device = next(objective.parameters()).device
        players = {name: copied(player.state_dict()) for name, player in objective.players().items()}
        state = {"step": step, "players": players, "steps": list(history.steps), "epochs": list(history.epochs),
                 "trained": history.trained, "pictures": [tuple(picture) for picture in history.pictures],
                 "optimizers": {name: copied(optimizer.state_dict()) for name, optimizer in optimizers.items()}}
        if device.type == "cuda":
            copies = torch.cuda.Event()
            copies.record()
            self.writing = self.thread.submit(self.fetch_and_write, step, state, device, copies)
        else:
            refuse_infinite_weights(players, step, self.variant, self.directory)
            self.writing = self.thread.submit(self.write, step, state)
        self.last = time.monotonic()

    def fetch_and_write(self, step: int, state: dict[str, Any], device: torch.device, copies: torch.cuda.Event) -> None:
        """Fetch the copies from the GPU, on a stream of their own, and write them."""
        with torch.cuda.device(device), torch.cuda.stream(torch.cuda.Stream(device)):
            copies.wait()
            state = on_cpu(state)
        refuse_infinite_weights(state["players"], step, self.variant, self.directory)
        self.write(step, state)

    def write(self, step: int, state: dict[str, Any]) -> None:
        """Write a checkpoint, and delete older ones."""
        checkpoints.write_checkpoint_and_delete_others(self.directory, step, state)

    def wait(self) -> None:
        """Wait until the last checkpoint is written; raises what its thread has raised."""
        if self.writing is not None:
            writing, self.writing = self.writing, None
            writing.result()

    def settle(self) -> None:
        """Wait until no checkpoint is being written, by any worker; all call it. Raises nothing that its thread has."""
        if self.writing is not None:
            futures.wait([self.writing])
        if distributed.is_initialized():
            distributed.barrier()

    def __enter__(self) -> "CheckpointWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        """Wait for the last checkpoint. An error that ends training is not replaced by one of the thread."""
        try:
            self.wait()
        except Exception:
            if error is None:
                raise
        finally:
            self.thread.shutdown()


def copied(state: Any) -> Any:
    """Return nested dicts and lists with copies of their tensors."""
    return mapped(state, lambda tensor: tensor.detach().clone())


def on_cpu(state: Any) -> Any:
    """Return nested dicts and lists with their tensors on the CPU."""
    return mapped(state, lambda tensor: tensor.cpu())


def mapped(state: Any, change: Any) -> Any:
    """Return nested dicts, lists and tuples with each tensor changed."""
    if isinstance(state, torch.Tensor):
        return change(state)
    if isinstance(state, dict):
        return {name: mapped(value, change) for name, value in state.items()}
    if isinstance(state, list | tuple):
        return type(state)(mapped(value, change) for value in state)
    return state
