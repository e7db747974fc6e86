"""What the plan checks of the code that a variant names, before any long work."""

import pytest

from pipeline.config.variant import Variant
from pipeline.errors import InputError
from pipeline.plan.checks import check_adversary, check_extra, check_model
from pipeline.vocabulary import ADVERSARIES, ARCHITECTURES, TERMS
from tests import tiny

LINEAR = """
class Linear:
    def __init__(self, latent_dim, image_size, channels, depth, bias=True): ...

    def encode(self, images): ...
"""
BRIGHTNESS = """
class Brightness:
    def __init__(self, power: float): ...
"""
HINGE = """
class Hinge:
    def __init__(self, image_size, channels, weight, margin, batch_norm=True): ...
"""


@pytest.mark.parametrize(("name", "model", "said"), [
    ("dfc", {"architecture": "vea"}, "model.architecture of variant dfc is vea, which is neither one of dcgan, vae "
     "nor a file of your own, pipeline/models/architectures/vea.py; did you mean vae.$"),
    ("dfc", {"architecture": "dcgan"}, "dcgan, which has no encoder, so loss.reconstruction must be none, not feature"),
    ("dfc", {"options": {"depth": 3}}, "model.options.depth is not an option of VAE")])
def test_a_model_that_cannot_be_built_is_refused(name, model, said):
    variant = tiny.variant(name)
    check_model(variant)
    with pytest.raises(InputError, match=said):
        check_model(variant.model_copy(update={"model": variant.model.model_copy(update=model)}))


def linear(**options):
    variant = tiny.variant("dfc")
    return variant.model_copy(update={"model": variant.model.model_copy(
        update={"architecture": "linear", "options": options})})


def test_an_architecture_of_ones_own_needs_its_file(own_choice):
    with pytest.raises(InputError, match="is linear, which is neither one of dcgan, vae nor.*architectures/linear.py$"):
        check_model(linear(depth=3))
    own_choice(ARCHITECTURES, "linear", LINEAR)
    check_model(linear(depth=3))


def test_what_an_architecture_of_ones_own_lacks_is_named(own_choice):
    own_choice(ARCHITECTURES, "linear", LINEAR)
    with pytest.raises(InputError, match="model.options.depth is missing, and Linear needs it"):
        check_model(linear())
    with pytest.raises(InputError, match="model.options.dept is not an option of Linear; did you mean depth?"):
        check_model(linear(dept=3))
    own_choice(ARCHITECTURES, "nameless", LINEAR)
    variant = linear(depth=3)
    with pytest.raises(InputError, match="pipeline/models/architectures/nameless.py has no class named like the file"):
        check_model(variant.model_copy(update={"model": variant.model.model_copy(update={"architecture": "nameless"})}))


def test_in_dvcs_copy_of_the_project_the_file_must_be_in_git(monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    with pytest.raises(InputError, match="an experiment with --temp or --queue runs in a copy .*: add it to Git"):
        check_model(linear())


@pytest.mark.parametrize(("extra", "said"), [
    ({"total_varation": {"weight": 1}}, "a term in loss.extra of variant dfc is total_varation, which is neither one "
     "of total_variation nor a file of your own, pipeline/losses/terms/total_varation.py; did you mean "
     "total_variation.$"),
    ({"total_variation": {}}, "loss.extra.total_variation.weight is None"),
    ({"total_variation": {"weight": 0}}, "loss.extra.total_variation.weight is 0"),
    ({"total_variation": {"weight": 1, "power": 2}}, "total_variation.power is not an option of TotalVariation")])
def test_a_wrong_term_is_refused(extra, said):
    check_extra(tiny.variant(loss={"extra": {"total_variation": {"weight": 1}}}))
    with pytest.raises(InputError, match=said):
        check_extra(tiny.variant(loss={"extra": extra}))


def test_a_term_of_ones_own_needs_its_file_and_its_options(own_choice):
    variant = tiny.variant(loss={"extra": {"brightness": {"weight": 3.0, "power": 2.0}}})
    with pytest.raises(InputError, match="is brightness, which is neither one of .*terms/brightness.py$"):
        check_extra(variant)
    own_choice(TERMS, "brightness", BRIGHTNESS)
    check_extra(variant)
    with pytest.raises(InputError, match="loss.extra.brightness.power is missing, and Brightness needs it"):
        check_extra(tiny.variant(loss={"extra": {"brightness": {"weight": 3.0}}}))


def with_hinge(**options) -> Variant:
    values = tiny.variant("dcgan").model_dump()
    return Variant.model_validate({**values, "adversary": {**values["adversary"], "kind": "hinge", "options": options}})


def test_an_adversary_of_ones_own_needs_its_file_and_its_options(own_choice):
    with pytest.raises(InputError, match="adversary.kind of variant dcgan is hinge, which is neither one of gan, "
                                         "wasserstein nor .*pipeline/losses/adversaries/hinge.py$"):
        check_adversary(with_hinge(margin=2.0))
    own_choice(ADVERSARIES, "hinge", HINGE)
    check_adversary(with_hinge(margin=2.0))
    with pytest.raises(InputError, match="adversary.options.margn is not an option of Hinge; did you mean margin?"):
        check_adversary(with_hinge(margn=2.0))
    with pytest.raises(InputError, match="adversary.options.margin is missing, and Hinge needs it"):
        check_adversary(with_hinge())


@pytest.mark.parametrize("name", ["dfc", "dcgan", "vae_wgan"])
def test_the_committed_adversaries_take_what_the_configuration_gives(name):
    check_adversary(tiny.variant(name))
