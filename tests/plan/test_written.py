"""What the text of a choice tells, compared with the class itself."""

import inspect
import subprocess
import sys

import pytest

from pipeline.errors import InputError
from pipeline.plan.written import class_of, has_function
from pipeline.registry import load_class
from pipeline.vocabulary import ADVERSARIES, ARCHITECTURES, BASELINES, TERMS, choices

ALL = [(folder, name) for folder in (ARCHITECTURES, TERMS, ADVERSARIES) for name in choices(folder)]


def options(of: type) -> list[tuple]:
    return [(parameter.name, parameter.kind, parameter.default is parameter.empty)
            for parameter in inspect.signature(of).parameters.values()
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)]


@pytest.mark.parametrize(("folder", "name"), ALL)
def test_the_text_tells_what_the_class_is(folder, name):
    read, real = class_of(folder, name), load_class(folder, name)
    assert read is not real and read.__name__ == real.__name__ and options(read) == options(real)
    assert hasattr(read, "encode") == hasattr(real, "encode")


OWN = """
from torch import nn
class Own(nn.Module):
    def __init__(self, latent_dim, image_size, /, channels, depth: int, *more, bias=True, norm, **others): ...
    def encode(self, images): ...
"""


def test_every_kind_of_parameter_is_read(own_choice):
    own_choice(ARCHITECTURES, "own", OWN)
    read, real = class_of(ARCHITECTURES, "own"), load_class(ARCHITECTURES, "own")
    assert read is not real and options(read) == options(real) and hasattr(read, "encode")
    assert str(inspect.signature(read)).replace("=None", "=True") == \
        "(latent_dim, image_size, /, channels, depth, *more, bias=True, norm, **others)"


@pytest.mark.parametrize("source", [
    "from pipeline.models.architectures.vae import VAE\nclass Own(VAE): pass",
    "from dataclasses import dataclass\n@dataclass\nclass Own:\n    depth: int",
    "from pipeline.models.architectures.vae import VAE as Own\nOwn = type('Own', (Own,), {'__module__': __name__})",
    "class Own:\n    def __new__(cls, depth): ..."])
def test_a_class_that_the_text_does_not_tell_is_imported(own_choice, source):
    own_choice(ARCHITECTURES, "own", source)
    assert class_of(ARCHITECTURES, "own") is load_class(ARCHITECTURES, "own")


def test_an_import_of_what_is_not_there_is_found_early(own_choice):
    own_choice(TERMS, "edges", "import not_there\nclass Edges: pass")
    with pytest.raises(ModuleNotFoundError, match="not_there"):
        class_of(TERMS, "edges")
    own_choice(TERMS, "corners", "from pipeline.losses.not_there import x\nclass Corners: pass")
    with pytest.raises(ModuleNotFoundError, match="not_there"):
        class_of(TERMS, "corners")


def test_a_file_without_its_class_is_refused(own_choice):
    own_choice(TERMS, "edges", "class Other: pass")
    with pytest.raises(InputError, match="has no class named like the file; name its class Edges"):
        class_of(TERMS, "edges")


def test_functions_are_found_in_the_text_or_by_an_import(own_choice):
    own_choice(BASELINES, "own", "def measure(given): ...")
    own_choice(BASELINES, "borrowed", "from pipeline.evaluation.baselines.pca import measure")
    own_choice(BASELINES, "empty", "x = 1")
    assert [has_function(BASELINES, name, "measure") for name in ("own", "borrowed", "empty")] == [True, True, False]


def test_the_committed_choices_load_no_torch():
    code = ("import sys\nfrom pipeline.plan.written import class_of, has_function\n"
            f"for choice in {ALL}: class_of(*choice)\nprint('torch' in sys.modules)")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
