"""Find code by the name of its file, which params.yaml names."""

import pytest
from torch import nn

from pipeline.errors import InputError
from pipeline.losses.terms.total_variation import TotalVariation
from pipeline.models.architectures.dcgan import DCGAN
from pipeline.models.architectures.vae import VAE
from pipeline.registry import load_class, load_module
from pipeline.vocabulary import (
    ADVERSARIES,
    ARCHITECTURES,
    ATTRIBUTES,
    RECONSTRUCTIONS,
    TERMS,
    VIEWS,
    choices,
    module_name,
    readable,
)


def test_the_committed_choices():
    assert choices(VIEWS) == ("aligned", "eyes", "flipped", "landmark", "mouth")
    assert choices(ARCHITECTURES) == ("dcgan", "vae") and choices(TERMS) == ("total_variation",)
    assert choices(ADVERSARIES) == ("gan", "wasserstein") and choices(RECONSTRUCTIONS) == ("feature", "pixel")


def test_only_files_with_a_name_that_python_can_import_are_choices(own_choice):
    for name in ("edges", "not-a-name", ".#edges", "2d"):
        own_choice(TERMS, name, "")
    assert choices(TERMS) == ("edges", "total_variation")


def test_a_choice_has_a_module_and_a_class():
    assert module_name(TERMS, "total_variation") == "pipeline.losses.terms.total_variation" == TotalVariation.__module__
    assert load_class(TERMS, "total_variation") is TotalVariation
    assert load_module(TERMS, "total_variation").TotalVariation is TotalVariation
    assert load_class(ARCHITECTURES, "vae") is VAE and load_class(ARCHITECTURES, "dcgan") is DCGAN  # all upper case


def test_a_class_that_the_file_only_imports_is_not_its_class(own_choice):
    own_choice(TERMS, "module", "from torch.nn import Module\nclass Other(Module): pass\n")  # Module is torch's
    with pytest.raises(InputError, match="^pipeline/losses/terms/module.py has no class named like the file; "
                                         "name its class Module$"):
        load_class(TERMS, "module")
    own_choice(TERMS, "edge_strength", "from torch import nn\nclass EdgeStrength(nn.Module): pass\nclass Edge: pass\n")
    assert load_class(TERMS, "edge_strength").__name__ == "EdgeStrength"
    assert issubclass(load_class(TERMS, "edge_strength"), nn.Module)
    own_choice(TERMS, "two_words", "def TwoWords(): pass\n")
    with pytest.raises(InputError, match="name its class TwoWords$"):
        load_class(TERMS, "two_words")


def test_attributes_have_names_for_people():
    assert readable("5_o_Clock_Shadow") == "5 o Clock Shadow"
    assert not any("_" in readable(attribute) for attribute in ATTRIBUTES)
