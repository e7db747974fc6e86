"""torch's optimisers without torch's compiler, whose import takes 3 to 5 seconds of CPU time."""

import inspect
from typing import TypeVar, cast

import torch

Optimizer = TypeVar("Optimizer", bound=torch.optim.Optimizer)

CACHED = "__dynamo_disable"  # where torch keeps the function that runs in place of a decorated one


def without_compiler(optimizer: type[Optimizer]) -> type[Optimizer]:
    """Return a class of optimisers that does the same, bit by bit, and never loads torch.compile.

    torch marks some methods of its optimisers, so that torch.compile does not follow them. Each mark imports the
    compiler when the method is first called, also where no code is compiled, as here. So the methods take the place of
    what a mark makes of them (`torch._compile._disable_dynamo`), and `step` runs without gradients and without its mark
    (`torch.optim.optimizer._use_grad_for_differentiable`). A torch that has other marks loads its compiler as before.

    Args:
        optimizer: A class such as torch.optim.Adam; not for `differentiable=True`.
    """
    for method in vars(torch.optim.Optimizer).values():
        original = getattr(method, "__wrapped__", None)
        if original is not None and not hasattr(original, CACHED):
            setattr(original, CACHED, original)
    step = torch.no_grad()(inspect.unwrap(optimizer.step))
    return cast(type[Optimizer], type(optimizer.__name__, (optimizer,), {"step": step, "__doc__": optimizer.__doc__}))
