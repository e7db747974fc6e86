"""The training loop: one function, from data to a trained model. Knows torch, but neither Ray nor MLflow."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import distributed, nn
from tqdm import tqdm

from pipeline import messages
from pipeline.config import Variant
from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.hardware import processor
from pipeline.losses.kl import active_units
from pipeline.losses.objective import MODEL, Objective
from pipeline.models.float32 import full_float32
from pipeline.storage import Folder
from pipeline.training import checkpoints, precision
from pipeline.training.randomness import VALIDATION, epoch_order, noise

Row = dict[str, float]
SHOWN = ("loss", "kl", "wasserstein")  # beside the progress bar
LOG_STEPS = 10          # steps between two looks at the loss; each look waits for the device
VALIDATION_IMAGES = 4096  # at most so many after every epoch


@dataclass
class History:
    """What training measured. Rows of `steps`: step, epoch, learning_rate, then the terms of all losses (batch means;
    of several updates of the adversary in a step, the last one's).

    Rows of `epochs`: epoch, step, learning_rate, the terms' means over the epoch, valid_<term>, active_units,
    images_per_second, seconds.

    `trained`: by what: the precision (bf16 or fp32) of the whole run; the first worker's device and the number of
    workers, of the last part of a run that was interrupted.
    """

    steps: list[Row] = field(default_factory=list)
    epochs: list[Row] = field(default_factory=list)
    trained: dict[str, str | int] = field(default_factory=dict)


class Diverged(InputError):
    """A term is no longer finite or beyond all bounds. The checkpoints are from before."""


def train(
    variant: Variant,
    objective: nn.Module,           # on its device, wrapped for data parallelism if there are several workers
    images: np.ndarray,             # training split, uint8 N×3×S×S
    valid: np.ndarray,              # validation split, uint8 M×3×S×S
    directory: Folder,              # of this run's checkpoints
    checkpoint_steps: int = 100,    # steps between two checkpoints; one more after every epoch
    rank: int = 0,                  # of this worker
    workers: int = 1,               # each takes its share of every batch
    on_steps: Callable[[list[Row]], None] = lambda rows: None,   # every LOG_STEPS steps, on rank 0
    on_epoch: Callable[[Row], None] = lambda row: None,          # on every rank
    progress: bool = True,
    on_start: Callable[[dict], None] = lambda trained: None,     # with `History.trained`, on rank 0
) -> History:
    """Minimise the objective with Adam; resume from the newest checkpoint in `directory`. The weights stay in place.

    A step is one update for each of the objective's turns: the model's alone, or the adversary's and then the model's.
    They are in the precision that `precision.choose` finds; validation is in float32.
    Raises Diverged, naming term and step, when a term is not finite or the critic has exploded.
    """
    recipe, device, directory = variant.train, next(objective.parameters()).device, Folder.of(directory)
    inner: Objective = objective.module if hasattr(objective, "module") else objective
    if not len(images):
        raise InputError("the training split has no images; give more by data.limit or data.synthetic_images.")
    batch = min(recipe.batch_size, len(images))
    if batch % workers:
        raise InputError(f"train.batch_size is {batch}, which {workers} workers cannot share evenly; "
                         "make it a multiple of cluster.workers.")
    steps_per_epoch = len(images) // batch
    last_step = total_steps(variant, len(images))
    share = slice(rank * batch // workers, (rank + 1) * batch // workers)

    rates = {player: recipe.learning_rate if player == MODEL else variant.adversary.learning_rate
             for player in inner.players()}
    optimizers = {name: torch.optim.Adam(player.parameters(), rates[name], betas=(recipe.adam_beta1, 0.999), fused=True)
                  for name, player in inner.players().items()}
    step, history = resume(directory, inner, optimizers)
    chosen = precision.choose(recipe.precision, str(history.trained.get("precision", "")), device,
                              f"to start it anew, delete {directory} and run again")
    inner.precision = precision.DTYPES[chosen.name]
    history.trained = {"precision": chosen.name, "device": device_name(device), "workers": workers}
    if rank == 0:
        announce(variant, history, chosen, progress)
        on_start(history.trained)
    bar = tqdm(total=last_step * batch, initial=step * batch, unit=" images", desc=f"{variant.label} in {chosen.name}",
               disable=not progress or rank > 0, mininterval=1 if sys.stderr.isatty() else 20, smoothing=0.1)
    pending: list[dict[str, torch.Tensor]] = []

    objective.train()
    while step < last_step:
        epoch, first = divmod(step, steps_per_epoch)
        order = epoch_order(variant.train.seed, epoch, len(images))
        learning_rate = recipe.learning_rate * recipe.lr_decay**epoch
        for player, optimizer in optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = rates[player] * recipe.lr_decay**epoch
        started, images_before = time.perf_counter(), step * batch

        for index in range(first, steps_per_epoch):
            terms: dict[str, torch.Tensor] = {}
            for turn, player in enumerate(inner.turns, 1 - len(inner.turns)):  # … -2, -1 the adversary's, 0 the model's
                at = (index - turn) % steps_per_epoch  # another batch for each
                rows = order[at * batch:(at + 1) * batch][share]
                x = to_network(torch.from_numpy(images[rows]).to(device, non_blocking=True))
                z = noise(recipe.seed, step, batch, inner.noise_width, turn=-turn)[share]
                z = z.to(device, non_blocking=True)

                optimizers[player].zero_grad(set_to_none=True)
                loss, measured = objective(x, z, player)
                loss.backward()
                optimizers[player].step()
                inner.after_update(player)
                terms |= measured
            terms |= inner.gradient_terms()

            step += 1
            pending.append(terms)
            bar.update(batch)
            ends = step % steps_per_epoch == 0
            if ends or step % LOG_STEPS == 0 or step % checkpoint_steps == 0:
                fetched = fetch(pending, step, epoch, learning_rate)
                check(fetched, variant, directory)
                pending.clear()
                history.steps += fetched
                shown = {term: f"{fetched[-1][term]:.4g}" for term in SHOWN if term in fetched[-1]}
                bar.set_postfix(epoch=epoch + 1, **shown)
                if rank == 0:
                    on_steps(fetched)
            if rank == 0 and step % checkpoint_steps == 0 and not ends:
                save(directory, step, history, inner, optimizers, variant)

        seconds = time.perf_counter() - started
        row = summary(history.steps, epoch, step, learning_rate)
        row |= validate(inner, valid[:VALIDATION_IMAGES], variant) | {
            "images_per_second": (step * batch - images_before) / seconds, "seconds": seconds}
        history.epochs.append(row)
        if rank == 0:
            save(directory, step, history, inner, optimizers, variant)
        on_epoch(row)
    bar.close()
    return history


def device_name(device: torch.device) -> str:
    """A GPU's name; else the processor's, its instruction set for matrices, and the threads that torch uses."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"{processor()}, {threads} {'thread' if threads == 1 else 'threads'}"


def total_steps(variant: Variant, images: int) -> int:
    """How many steps a training on so many images has; what is left of an epoch behind its last whole batch is not
    seen."""
    return images // min(variant.train.batch_size, images) * variant.train.epochs


def announce(variant: Variant, history: History, chosen: precision.Precision, progress: bool) -> None:
    """On stderr: what trains, on what and in which precision, if `progress`; and a warning where that is emulated."""
    if progress:
        tqdm.write(messages.training_begins(variant.label, history.trained, chosen.name, chosen.reason),
                   file=sys.stderr)
    if chosen.warning:
        tqdm.write(f"warning: {variant.label}: {chosen.warning}", file=sys.stderr)


def resume(directory: Folder, objective: Objective,
           optimizers: dict[str, torch.optim.Optimizer]) -> tuple[int, History]:
    """Steps done and their history, with players and optimizers as they were then; (0, empty) without a checkpoint."""
    saved = checkpoints.load_newest(directory)
    check_agreement(saved["step"] if saved else 0, directory)
    if saved is None:
        return 0, History()
    for name, player in objective.players().items():
        player.load_state_dict(saved["players"][name])
        optimizers[name].load_state_dict(saved["optimizers"][name])
    return saved["step"], History(saved["steps"], saved["epochs"], saved["trained"])


def check_agreement(step: int, directory: Folder) -> None:
    """Raises RuntimeError where the workers have not found the same checkpoint: NFS may show it late to some, and Ray
    starts them again."""
    if distributed.is_initialized():
        steps = torch.tensor([step, -step])
        if distributed.get_backend() == "nccl":
            steps = steps.cuda()
        distributed.all_reduce(steps, distributed.ReduceOp.MAX)
        if steps.sum() != 0:
            raise RuntimeError(f"the workers do not see the same checkpoints in {directory}: one has step {steps[0]}, "
                               f"another step {-steps[1]}; set cluster.storage to a folder or URL that all nodes see")


def save(directory: Folder, step: int, history: History, objective: Objective,
         optimizers: dict[str, torch.optim.Optimizer], variant: Variant) -> None:
    """Write all that `resume` needs; the frozen loss network is not part of it. Raises Diverged, and writes nothing,
    where a weight is not finite: the loss shows that one step later, when the last good checkpoint would be gone."""
    players = {name: player.state_dict() for name, player in objective.players().items()}
    for player, weights in players.items():
        for name, tensor in weights.items():
            if not tensor.isfinite().all():
                raise diverged(f"the {player}'s {name} is not finite", step, variant, directory)
    checkpoints.save(directory, step, {
        "step": step, "players": players, "steps": history.steps, "epochs": history.epochs,
        "trained": history.trained,
        "optimizers": {name: optimizer.state_dict() for name, optimizer in optimizers.items()}})


def fetch(pending: list[dict[str, torch.Tensor]], step: int, epoch: int, learning_rate: float) -> list[Row]:
    """One row per step from the terms on the device, in one transfer. Each is the mean over the workers' shares."""
    names = list(pending[0])
    measured = torch.stack([torch.stack([terms[name] for name in names]) for terms in pending])
    if distributed.is_initialized():
        distributed.all_reduce(measured)
        measured /= distributed.get_world_size()
    values = measured.cpu().tolist()
    return [{"step": number, "epoch": epoch + 1, "learning_rate": learning_rate, **dict(zip(names, terms))}
            for number, terms in enumerate(values, step - len(pending) + 1)]


def check(rows: list[Row], variant: Variant, directory: Folder) -> None:
    """Raises Diverged at the first term that is not finite, or Wasserstein estimate that no distance can reach.

    Images of 3·S² values in -1 … 1 are at most 2·√(3·S²) apart, and so are any two distributions of them, by a function
    that is 1-Lipschitz. Ten times as much says that the critic is far from that.
    """
    bound = 10 * 2 * (3 * variant.image_size**2) ** 0.5
    for row in rows:
        for term in terms_of(row):
            if not np.isfinite(row[term]):
                raise diverged(f"{term} is {row[term]}", row["step"], variant, directory)
        if abs(row.get("wasserstein", 0.0)) > bound:
            raise diverged(f"the critic has exploded, wasserstein is {row['wasserstein']:.4g}, beyond {bound:.4g},",
                           row["step"], variant, directory)


def diverged(what: str, step: int, variant: Variant, directory: Folder) -> Diverged:
    kept = checkpoints.written(directory)
    return Diverged(messages.diverged(what, step, variant.name, str(directory / kept[-1]) if kept else "",
                                      variant.adversary.kind != "none"))


def summary(steps: list[Row], epoch: int, step: int, learning_rate: float) -> Row:
    """Means of the terms over one epoch."""
    rows = [row for row in steps if row["epoch"] == epoch + 1]
    means = {term: float(np.mean([row[term] for row in rows])) for term in terms_of(rows[0])}
    return {"epoch": epoch + 1, "step": step, "learning_rate": learning_rate, **means}


def terms_of(row: Row) -> list[str]:
    """Names of the loss's terms in a row of steps."""
    return [name for name in row if name not in ("step", "epoch", "learning_rate")]


@torch.no_grad()
def validate(objective: Objective, images: np.ndarray, variant: Variant, batch_size: int = 256) -> Row:
    """The terms on held-out images, as valid_<term>, and `active_units` of the latent space if there is an encoder.

    In full float32, whatever the precision of training.
    """
    if not len(images):
        return {}
    device, trained_in = next(objective.parameters()).device, objective.precision
    objective.eval()
    objective.precision = torch.float32
    totals, means = {}, []
    for start in range(0, len(images), batch_size):
        x = to_network(torch.from_numpy(images[start:start + batch_size]).to(device))
        fixed = noise(variant.train.seed, start, len(x), objective.noise_width, VALIDATION).to(device)
        with full_float32():
            for player in objective.players():
                for name, term in objective(x, fixed, player)[1].items():
                    totals[f"valid_{name}"] = totals.get(f"valid_{name}", 0.0) + term.item() * len(x) / len(images)
            if variant.encodes:
                means.append(objective.model.encode(x)[0])
    objective.train()
    objective.precision = trained_in
    return {**totals, "active_units": active_units(torch.cat(means))} if means else totals
