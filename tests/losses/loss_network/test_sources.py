"""Where VGG-19's weights come from. What is wrong with a file is tested with the plan, which refuses it."""

import pytest
import torch
from safetensors.torch import save_file

from pipeline.errors import InputError
from pipeline.losses.loss_network.file import METADATA_KEY, write_loss_network
from pipeline.losses.loss_network.sources import get_source, get_weights, imagenet_weights, random_weights
from pipeline.models.vgg19_layers import parameter_shapes
from pipeline.vocabulary import LAYERS


def test_random_weights_are_a_function_of_the_seed():
    one, same, other = (random_weights(seed) for seed in (0, 0, 1))
    assert {name: tuple(tensor.shape) for name, tensor in one.items()} == parameter_shapes(LAYERS[-1])
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not any(torch.equal(one[name], other[name]) for name in one if name.endswith("weight"))


def test_random_weights_do_not_use_torchs_global_generator():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    random_weights(3)
    assert torch.equal(torch.rand(1), expected)


def test_the_source_random_gives_random_weights():
    weights = get_weights("random", None, seed=1)
    assert all(torch.equal(weights[name], tensor) for name, tensor in random_weights(1).items())


def test_a_narrow_network_of_this_project_can_be_given_back(tmp_path):
    weights = random_weights(2, width=0.125)
    path = tmp_path / "loss_network.safetensors"
    write_loss_network(path, weights, {"relu1_1": 1.0}, "random")
    for width in (0.125, None):
        read = get_weights("file", str(path), seed=0, width=width)
        assert list(read) == list(weights) and all(torch.equal(read[name], weights[name]) for name in read)
    with pytest.raises(InputError, match="has 8 filters in features.0, but loss_network.width 1 asks for 64"):
        get_weights("file", str(path), seed=0)


@pytest.mark.parametrize("text", ["a sentence", "[1]", "{}"])
def test_what_another_program_wrote_beside_the_weights_is_ignored(tmp_path, text):
    weights, path = random_weights(2, width=0.125), tmp_path / "vgg19.safetensors"
    save_file(weights, path, metadata={METADATA_KEY: text})
    assert get_source("file", str(path), seed=0, width=0.125).learned_from == ""


def test_a_failed_download_of_imagenets_weights_is_one_sentence(monkeypatch):
    from torchvision.models import VGG19_Weights

    def no_network(*arguments, **options):
        raise OSError("no route to host")

    monkeypatch.setattr(VGG19_Weights, "get_state_dict", no_network)
    with pytest.raises(InputError, match="no route to host.*-S loss_network.source=file -S loss_network.file=PATH"):
        imagenet_weights()


def test_the_source_file_needs_a_file():
    with pytest.raises(InputError, match="loss_network.file names none"):
        get_weights("file", None, seed=0)
