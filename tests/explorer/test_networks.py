"""Which decoders and encoders may run in the page."""

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.explorer.layers import UnknownLayer
from pipeline.explorer.networks import LARGEST, read_decoder, read_encoder
from pipeline.models.build import build_model
from tests import tiny

Z = np.random.default_rng(0).standard_normal((6, 4), dtype=np.float32)


def model(name: str = "dfc"):
    torch.manual_seed(0)
    return build_model(tiny.variant(name)).eval().requires_grad_(False)


@pytest.mark.parametrize("name", ["dfc", "dcgan"])
def test_a_decoder_says_what_16_bits_cost(name):
    decoder = read_decoder(model(name), Z)
    assert 0 < decoder.difference < LARGEST and all(array.dtype == np.float16 for array in decoder.parameters)


def test_an_encoder_is_read_up_to_its_mean():
    given = model()
    images = given.decode(torch.from_numpy(Z)).clamp(-1, 1).numpy()
    encoder = read_encoder(given, images)
    assert encoder.layers[-1].after == (4, 1, 1) and 0 < encoder.difference < 1e-3


class Doubled(nn.Module):
    """A model that does more than its decoder: it doubles the contrast."""

    def __init__(self):
        super().__init__()
        self.decoder, self.image_size, self.latent_dim = model().decoder, tiny.SIZE, 4
        self.decoder[-1].bias += 0.1

    def decode(self, z):
        return 2 * self.decoder(z)


def test_a_model_that_does_more_than_its_decoder_is_left_out():
    with pytest.raises(UnknownLayer, match="differ from those of the page by up to .* grey levels of 255"):
        read_decoder(Doubled(), Z)


def test_weights_that_16_bits_do_not_hold_are_left_out():
    given = model()
    given.decoder[0].weight *= 1e6
    with pytest.raises(UnknownLayer, match="weights are too large for 16 bits"):
        read_decoder(given, Z)


def test_a_model_without_a_module_decoder_is_left_out():
    given = Doubled()
    given.generator, given.decode = given.decoder, given.decoder.forward
    del given.decoder
    with pytest.raises(UnknownLayer, match="no module decoder, whose layers the page would run"):
        read_decoder(given, Z)


def test_a_decoder_of_smaller_pictures_is_left_out():
    given = Doubled()
    given.decode = lambda z: nn.functional.interpolate(given.decoder(z), scale_factor=2)
    given.image_size = 2 * tiny.SIZE
    with pytest.raises(UnknownLayer, match="and the model makes another"):
        read_decoder(given, Z)
