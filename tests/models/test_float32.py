"""What measures is in float32 whatever is around it, also the settings of a GPU that is not here."""

import numpy as np
import pytest
import torch

from pipeline.encoding import encode
from pipeline.evaluation.reconstruction import reconstruction_quality
from pipeline.evaluation.sample_quality import loss_network_features
from pipeline.losses.reconstruction.feature import feature_loss
from pipeline.models.architectures.vae import VAE
from pipeline.models.float32 import full_float32
from pipeline.models.trained import decoder_of, reconstructor_of
from pipeline.sampling import prior
from tests import tiny


def tf32() -> list[bool]:
    return [kind.allow_tf32 for kind in (torch.backends.cuda.matmul, torch.backends.cudnn)]


@pytest.fixture
def allowed():
    before = tf32()
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def test_no_tf32_and_no_autocast_inside_and_both_as_before_behind(allowed):
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
    distance = feature_loss(network, ["relu1_1"], {"relu1_1": 50.2})
    return list(reconstruction_quality(model, distance.total_distance, [tiny.faces(4)]).values())


MEASURES = {
    "latents": lambda model, network: encode(model, tiny.faces(4))[0],
    "reconstruction scores": quality,
    "features of the Fréchet distance": lambda model, network: loss_network_features(network, "relu2_1")(tiny.faces(4)),
    "decoded samples": lambda model, network: decoder_of(model)(prior(4, 4, seed=0)),
    "reconstructions": lambda model, network: reconstructor_of(model)(tiny.faces(4)),
}


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_what_measures_does_not_follow_the_precision_around_it(model, network, measure):
    expected = measure(model, network)
    with torch.autocast("cpu", torch.bfloat16):
        assert np.array_equal(measure(model, network), expected)
        x = torch.from_numpy(tiny.faces(4)).float()
        assert model.encode(x)[0].dtype == torch.bfloat16  # or nothing is shown
