"""Which model a configuration makes."""

import pytest

from pipeline.errors import InputError
from pipeline.models.build import build_model, check_model
from pipeline.models.dcgan import DCGAN
from pipeline.models.vae import VAE
from tests import tiny


def test_architectures():
    assert type(build_model(tiny.variant("dfc"))) is VAE
    model = build_model(tiny.variant("dcgan"))
    assert type(model) is DCGAN and (model.latent_dim, model.image_size) == (4, tiny.SIZE)


@pytest.mark.parametrize(("name", "model", "said"), [
    ("dfc", {"architecture": "vea"}, "model.architecture of variant dfc is vea, which is not one of vae, dcgan"),
    ("dfc", {"architecture": "dcgan"}, "dcgan, which has no encoder, so loss.reconstruction must be none, not feature"),
    ("dfc", {"options": {"depth": 3}}, "model.options.depth is not an option of VAE")])
def test_what_cannot_be_built(name, model, said):
    variant = tiny.variant(name)
    check_model(variant)
    with pytest.raises(InputError, match=said):
        check_model(variant.model_copy(update={"model": variant.model.model_copy(update=model)}))
