"""Measurements are in float32 whatever surrounds them. The settings of a GPU are checked without a GPU."""

import numpy as np
import pytest
import torch

from pipeline.evaluation.loss_network_features import loss_network_features
from pipeline.evaluation.reconstruction import reconstruction_quality
from pipeline.hardware.float32 import full_float32
from pipeline.latent_space.encoding import encode
from pipeline.latent_space.sampling import sample_prior
from pipeline.losses.reconstruction.feature import feature_loss
from pipeline.models.architectures.vae import VAE
from pipeline.models.numpy_functions import decode_function, reconstruct_function
from tests import tiny


def tf32() -> list[bool]:
    return [kind.allow_tf32 for kind in (torch.backends.cuda.matmul, torch.backends.cudnn)]


@pytest.fixture
def allowed():
    before = tf32()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def test_tf32_and_autocast_are_off_inside_and_restored_afterwards(allowed):
    one = torch.ones(2, 2)
    with torch.autocast("cpu", torch.bfloat16):
        with full_float32():
            assert tf32() == [False, False] and (one @ one).dtype == torch.float32
            with full_float32():
                pass
            assert tf32() == [False, False]
        assert (one @ one).dtype == torch.bfloat16
    with pytest.raises(ZeroDivisionError), full_float32():
        raise ZeroDivisionError
    assert tf32() == [True, True]


@pytest.fixture(scope="module")
def model() -> VAE:
    torch.manual_seed(0)
    return VAE(4, tiny.SIZE, (4, 4, 8, 8)).eval()


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return tiny.write_loss_network(tmp_path_factory.mktemp("models") / "loss_network.safetensors", "relu2_1")


def quality(model, network):
    distance = feature_loss(network, ["relu1_1"], {"relu1_1": 50.2}, "loss.layers")
    return list(reconstruction_quality(model, distance.total_distance, [tiny.faces(4)]).values())


MEASURES = {
    "latents": lambda model, network: encode(model, tiny.faces(4))[0],
    "reconstruction scores": quality,
    "features of the Fréchet distance": lambda model, network: loss_network_features(network, "relu2_1")(tiny.faces(4)),
    "decoded samples": lambda model, network: decode_function(model)(sample_prior(4, 4, seed=0)),
    "reconstructions": lambda model, network: reconstruct_function(model)(tiny.faces(4)),
}


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_measurements_do_not_follow_the_precision_around_them(model, network, measure):
    expected = measure(model, network)
    with torch.autocast("cpu", torch.bfloat16):
        assert np.array_equal(measure(model, network), expected)
        x = torch.from_numpy(tiny.faces(4)).float()
        assert model.encode(x)[0].dtype == torch.bfloat16  # else the test would show nothing
