"""A training step on a GPU that is recorded once, as a CUDA graph, and replayed.

Python starts some thousand kernels in a step. Up to a batch of about 64 images of 64×64 pixels that takes longer than
the kernels themselves. A replay starts all of them at once. It runs the same kernels on the same memory, so a recording
holds only if each step does the same work: an objective whose Python code goes other ways from step to step, or fetches
numbers from the GPU, cannot be recorded.
"""

from collections.abc import Callable

import torch

from pipeline.losses.objective import Objective
from pipeline.training import gpu_sentences
from pipeline.training.batches import Batches
from pipeline.training.step import Optimizers, take_step, turns, update

FIRST = 3  # steps that are not recorded: in them libraries choose kernels, and optimisers make their state


class RecordedStep:
    """Takes steps, the first ones as they are, the others by a recording.

    Args:
        objective: in training mode, on a GPU, not wrapped.
        optimizers: by the player's name, made by `make_optimizers`.
        batches: images and noise.
        warn: called with a sentence if the step cannot be recorded. Steps are then taken as they are.
    """

    def __init__(self, objective: Objective, optimizers: Optimizers, batches: Batches,
                 warn: Callable[[str], None] = lambda sentence: None):
        self.objective, self.optimizers, self.batches, self.warn = objective, optimizers, batches, warn
        self.stream = torch.cuda.Stream(batches.device)
        self.graph: torch.cuda.CUDAGraph | None = None
        self.inputs: list[tuple[torch.Tensor, torch.Tensor]] = []  # of each turn; the recording reads them
        self.names: list[str] = []
        self.terms = torch.empty(0)  # in the order of `names`; the recording writes them
        self.taken, self.fails = 0, False

    def take(self, step: int) -> dict[str, torch.Tensor]:
        """Take a step, and return its terms as `take_step` does. step: the number of steps done before."""
        current = torch.cuda.current_stream(self.batches.device)
        self.stream.wait_stream(current)
        with torch.cuda.stream(self.stream):
            terms = self.on_own_stream(step)
        current.wait_stream(self.stream)
        return terms

    def on_own_stream(self, step: int) -> dict[str, torch.Tensor]:
        """Take a step on the current stream, which is not the default one: that cannot be recorded."""
        if self.graph is None and (self.taken < FIRST or self.fails):
            self.taken += 1
            return take_step(self.objective, self.optimizers, self.batches, step)
        inputs = [self.batches.source(step, turn) for turn, _ in turns(self.objective)]
        if self.graph is None:
            self.inputs = [(source.clone(), noise.clone()) for source, noise in inputs]
            self.graph = self.recorded()
            if self.graph is None:
                return take_step(self.objective, self.optimizers, self.batches, step)
        for (source, noise), (new_source, new_noise) in zip(self.inputs, inputs, strict=True):
            source.copy_(new_source)
            noise.copy_(new_noise)
        self.graph.replay()
        return dict(zip(self.names, self.terms.clone().unbind(), strict=True))

    def recorded(self) -> torch.cuda.CUDAGraph | None:
        """Record a step, without taking it; None if that is not possible."""
        self.forget_gradients()
        graph = torch.cuda.CUDAGraph()
        try:
            # Other threads may use the GPU meanwhile: they bring the next batches and write checkpoints.
            with torch.cuda.graph(graph, stream=self.stream, capture_error_mode="thread_local"):
                self.names, self.terms = self.step_on_inputs()
        except Exception as error:  # whatever an objective does that cannot be recorded
            self.fails = True
            self.forget_gradients()
            first_line = (str(error).splitlines() or [""])[0]
            self.warn(gpu_sentences.not_recorded(type(error).__name__, first_line))
            return None
        return graph

    def step_on_inputs(self) -> tuple[list[str], torch.Tensor]:
        """Take a step on `inputs`, and return the names of its terms and the terms in one tensor."""
        terms: dict[str, torch.Tensor] = {}
        for (_, player), (source, noise) in zip(turns(self.objective), self.inputs, strict=True):
            terms |= update(self.objective, self.optimizers, player, self.batches.images_of(source), noise)
        terms |= self.objective.gradient_terms()
        return list(terms), torch.stack(list(terms.values()))

    def forget_gradients(self) -> None:
        """Leave no gradient: those of a recording lie in its own memory."""
        for optimizer in self.optimizers.values():
            optimizer.zero_grad(set_to_none=True)
