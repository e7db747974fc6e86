"""Which model a configuration makes."""

from pipeline.models.architectures.dcgan import DCGAN
from pipeline.models.architectures.vae import VAE
from pipeline.models.build import build_model
from pipeline.vocabulary import ARCHITECTURES
from tests import tiny


def test_each_variant_has_the_architecture_that_it_names():
    assert type(build_model(tiny.variant("dfc"))) is VAE
    model = build_model(tiny.variant("dcgan"))
    assert type(model) is DCGAN and (model.latent_dim, model.image_size) == (4, tiny.SIZE)


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


def test_a_new_architecture_is_one_file_and_takes_its_options(own_choice):
    own_choice(ARCHITECTURES, "linear", OWN)
    model = build_model(linear(depth=3))
    assert (model.latent_dim, model.image_size, model.depth, model.bias) == (4, tiny.SIZE, 3, True)
