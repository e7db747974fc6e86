"""Training that has diverged ends in a sentence, and leaves the last good checkpoint."""

from collections.abc import Callable
from typing import Any

import numpy as np

from pipeline import messages
from pipeline.config.variant import Variant
from pipeline.errors import InputError
from pipeline.files.folder import Folder
from pipeline.training import checkpoints
from pipeline.training.history import Row, term_names


class Diverged(InputError):
    """A term is no longer finite, or beyond all bounds. The checkpoints are from before."""


def refuse_divergence(rows: list[Row], variant: Variant, directory: Folder, settle: Callable[[], object]) -> None:
    """Raise Diverged at the first term that is not finite, or Wasserstein estimate that no distance can reach.

    Images of 3·S² values in -1 … 1 are at most 2·√(3·S²) apart. So no 1-Lipschitz function tells two distributions of
    images apart by more. An estimate ten times as large says that the critic is far from 1-Lipschitz.

    Args:
        rows: the same for all workers.
        variant: what is trained.
        directory: of the run's checkpoints.
        settle: waits until no checkpoint is being written, so that the message names the newest one. It is called only
            before the error.
    """
    bound = 10 * 2 * (3 * variant.image_size**2) ** 0.5
    for row in rows:
        what = next((f"{term} is {row[term]}" for term in term_names(row) if not np.isfinite(row[term])), "")
        if not what and abs(row.get("wasserstein", 0.0)) > bound:
            what = f"the critic has exploded, wasserstein is {row['wasserstein']:.4g}, beyond {bound:.4g},"
        if what:
            settle()
            raise diverged(what, row["step"], variant, directory)


def refuse_infinite_weights(players: dict[str, dict[str, Any]], step: int, variant: Variant, directory: Folder) -> None:
    """Raise Diverged if a weight is not finite.

    The loss shows that only one step later, when a checkpoint with this weight would have replaced the last good one.

    Args:
        players: the state dict of each player, by the player's name.
        step: the number of steps done.
        variant: what is trained.
        directory: of the run's checkpoints.
    """
    for player, weights in players.items():
        for name, tensor in weights.items():
            if not tensor.isfinite().all():
                raise diverged(f"the {player}'s {name} is not finite", step, variant, directory)


def diverged(what: str, step: float, variant: Variant, directory: Folder) -> Diverged:
    """Return the error, which names the newest checkpoint."""
    names = checkpoints.checkpoint_names(directory)
    return Diverged(messages.diverged(what, step, variant.name, str(directory / names[-1]) if names else "",
                                      variant.adversary.kind != "none"))
