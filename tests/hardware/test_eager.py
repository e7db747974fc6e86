"""Optimisers without torch's compiler."""

import subprocess
import sys

import pytest
import torch

from pipeline.hardware.eager import without_compiler

OPTIMIZERS = [(torch.optim.Adam, {"lr": 0.1, "fused": True}), (torch.optim.AdamW, {"lr": 0.1}),
              (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9})]


def trained(make: type[torch.optim.Optimizer], options: dict, steps: int = 5) -> tuple[torch.Tensor, dict]:
    torch.manual_seed(0)
    model = torch.nn.Linear(4, 3)
    optimizer = make(model.parameters(), **options)
    for step in range(steps):
        optimizer.zero_grad(set_to_none=True)
        model(torch.full((2, 4), float(step))).square().sum().backward()
        optimizer.step()
        optimizer.load_state_dict(optimizer.state_dict())
    return model.weight.detach(), optimizer.state_dict()


@pytest.mark.parametrize(("optimizer", "options"), OPTIMIZERS)
def test_the_numbers_are_the_same(optimizer, options):
    (weight, state), (expected, state_of_torch) = (trained(of, options) for of in (without_compiler(optimizer),
                                                                                  optimizer))
    assert torch.equal(weight, expected) and not torch.equal(weight, trained(optimizer, options, 1)[0])
    assert state.keys() == state_of_torch.keys() and state["param_groups"] == state_of_torch["param_groups"]
    assert issubclass(without_compiler(optimizer), optimizer)


def test_training_with_it_does_not_load_the_compiler():
    code = ("import sys, torch\nfrom pipeline.hardware.eager import without_compiler\n"
            "m = torch.nn.Linear(2, 2)\no = without_compiler(torch.optim.Adam)(m.parameters(), fused=True)\n"
            "o.zero_grad(set_to_none=True)\nm(torch.ones(1, 2)).sum().backward()\no.step()\n"
            "o.load_state_dict(o.state_dict())\nprint('torch._dynamo' in sys.modules, 'sympy' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"
