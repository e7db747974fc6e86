"""Code that params.yaml names is found by the name of its file."""

import pytest
from torch import nn

from pipeline.by_name import class_of, module
from pipeline.errors import InputError
from pipeline.losses.terms.total_variation import TotalVariation
from pipeline.models.architectures.dcgan import DCGAN
from pipeline.models.architectures.vae import VAE
from pipeline.vocabulary import ADVERSARIES, ARCHITECTURES, RECONSTRUCTIONS, TERMS, VIEWS, choices, module_name


def test_the_committed_choices():
    assert choices(VIEWS) == ("aligned", "eyes", "flipped", "landmark", "mouth")
    assert choices(ARCHITECTURES) == ("dcgan", "vae") and choices(TERMS) == ("total_variation",)
    assert choices(ADVERSARIES) == ("gan", "wasserstein") and choices(RECONSTRUCTIONS) == ("feature", "pixel")


def test_only_files_with_a_name_that_python_can_import_are_choices(own_choice):
    for name in ("edges", "not-a-name", ".#edges", "2d"):
        own_choice(TERMS, name, "")
    assert choices(TERMS) == ("edges", "total_variation")


def test_a_module_and_its_class():
    assert module_name(TERMS, "total_variation") == "pipeline.losses.terms.total_variation" == TotalVariation.__module__
    assert class_of(TERMS, "total_variation") is TotalVariation is module(TERMS, "total_variation").TotalVariation
    assert class_of(ARCHITECTURES, "vae") is VAE and class_of(ARCHITECTURES, "dcgan") is DCGAN  # upper case all through


def test_the_class_is_the_files_own(own_choice):
    own_choice(TERMS, "module", "from torch.nn import Module\nclass Other(Module): pass\n")  # Module is torch's
    with pytest.raises(InputError, match="^pipeline/losses/terms/module.py has no class named like the file; "
                                         "name its class Module$"):
        class_of(TERMS, "module")
    own_choice(TERMS, "edge_strength", "from torch import nn\nclass EdgeStrength(nn.Module): pass\nclass Edge: pass\n")
    assert class_of(TERMS, "edge_strength").__name__ == "EdgeStrength"
    assert issubclass(class_of(TERMS, "edge_strength"), nn.Module)
    own_choice(TERMS, "two_words", "def TwoWords(): pass\n")
    with pytest.raises(InputError, match="name its class TwoWords$"):
        class_of(TERMS, "two_words")
