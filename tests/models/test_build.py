"""Which model a configuration makes."""

import pytest

from pipeline.errors import InputError
from pipeline.models.architectures.dcgan import DCGAN
from pipeline.models.architectures.vae import VAE
from pipeline.models.build import build_model, check_model
from pipeline.vocabulary import ARCHITECTURES
from tests import tiny


def test_architectures():
    assert type(build_model(tiny.variant("dfc"))) is VAE
    model = build_model(tiny.variant("dcgan"))
    assert type(model) is DCGAN and (model.latent_dim, model.image_size) == (4, tiny.SIZE)


@pytest.mark.parametrize(("name", "model", "said"), [
    ("dfc", {"architecture": "vea"}, "model.architecture of variant dfc is vea, which is neither one of dcgan, vae "
     "nor a file of your own, pipeline/models/architectures/vea.py; did you mean vae.$"),
    ("dfc", {"architecture": "dcgan"}, "dcgan, which has no encoder, so loss.reconstruction must be none, not feature"),
    ("dfc", {"options": {"depth": 3}}, "model.options.depth is not an option of VAE")])
def test_what_cannot_be_built(name, model, said):
    variant = tiny.variant(name)
    check_model(variant)
    with pytest.raises(InputError, match=said):
        check_model(variant.model_copy(update={"model": variant.model.model_copy(update=model)}))


OWN = """
from torch import nn

class Linear(nn.Module):
    def __init__(self, latent_dim, image_size, channels, depth, bias=True):
        super().__init__()
        self.latent_dim, self.image_size, self.depth, self.bias = latent_dim, image_size, depth, bias

    def encode(self, images): ...

    def decode(self, z): ...
"""


def linear(**options):
    variant = tiny.variant("dfc")
    return variant.model_copy(update={"model": variant.model.model_copy(
        update={"architecture": "linear", "options": options})})


def test_an_architecture_of_ones_own_is_a_file(own_choice):
    with pytest.raises(InputError, match="is linear, which is neither one of dcgan, vae nor.*architectures/linear.py$"):
        check_model(linear(depth=3))
    own_choice(ARCHITECTURES, "linear", OWN)
    check_model(linear(depth=3))
    model = build_model(linear(depth=3))
    assert (model.latent_dim, model.image_size, model.depth, model.bias) == (4, tiny.SIZE, 3, True)


def test_what_an_architecture_of_ones_own_lacks_is_said(own_choice):
    own_choice(ARCHITECTURES, "linear", OWN)
    with pytest.raises(InputError, match="model.options.depth is missing, and Linear needs it"):
        check_model(linear())
    with pytest.raises(InputError, match="model.options.dept is not an option of Linear; did you mean depth?"):
        check_model(linear(dept=3))
    own_choice(ARCHITECTURES, "nameless", OWN)
    variant = linear(depth=3)
    with pytest.raises(InputError, match="pipeline/models/architectures/nameless.py has no class named like the file"):
        check_model(variant.model_copy(update={"model": variant.model.model_copy(update={"architecture": "nameless"})}))


def test_in_dvcs_copy_of_the_project_the_file_has_to_be_gits(monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    with pytest.raises(InputError, match="an experiment with --temp or --queue runs in a copy .*: add it to Git"):
        check_model(linear())
