"""Where the loss network's weights come from, and their calibration."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.data.celeba import decode, open_celeba
from pipeline.data.crops import aligned_crop
from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.losses import loss_network
from pipeline.models.vgg19_layers import LAYERS, parameter_shapes
from tests.tiny import faces, random_weights

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def test_random_weights_are_a_function_of_the_seed():
    one, same, other = (loss_network.random_weights(seed) for seed in (0, 0, 1))
    assert {name: tuple(tensor.shape) for name, tensor in one.items()} == parameter_shapes(LAYERS[-1])
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not any(torch.equal(one[name], other[name]) for name in one if name.endswith("weight"))


def test_random_weights_leave_the_random_state_alone():
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    loss_network.random_weights(3)
    assert torch.equal(torch.rand(1), expected)


def test_random_activations_neither_vanish_nor_explode():
    rms = loss_network.measure_rms(loss_network.random_weights(0), torch.from_numpy(faces(4, size=64)))
    assert tuple(rms) == LAYERS
    assert all(0.2 < value < 2 for value in rms.values()), rms


def test_rms_by_hand():
    weights, pixels = random_weights("relu1_2"), torch.from_numpy(faces(5))
    activations = loss_network.prefix(weights, ["relu1_1", "relu1_2"])(to_network(pixels))
    rms = loss_network.measure_rms(weights, pixels)
    for layer, activation in activations.items():
        assert rms[layer] == pytest.approx(float(np.sqrt(np.mean(activation.numpy().astype(float) ** 2))), rel=1e-5)


def test_rms_does_not_depend_on_the_batch_size():
    weights, pixels = random_weights("relu2_1"), torch.from_numpy(faces(20))
    pixels[13:] //= 4  # so that the short last batch would weigh too much
    whole = loss_network.measure_rms(weights, pixels, batch_size=20)
    for batch_size in (1, 7, 13, 64):
        assert loss_network.measure_rms(weights, pixels, batch_size) == pytest.approx(whole, rel=1e-5)


@pytest.fixture
def saved(tmp_path) -> Path:
    path = tmp_path / "models" / "loss_network.safetensors"
    loss_network.save(path, random_weights("relu2_1"), {"relu1_1": 2.0, "relu1_2": 1.0, "relu2_1": 4.0}, "random")
    return path


def test_save_and_load(saved):
    reference = {"relu1_1": 50.2, "relu2_1": 258.7}
    loss = loss_network.feature_loss(saved, ["relu2_1", "relu1_1"], reference)
    assert loss.factor == pytest.approx({"relu1_1": (50.2 / 2) ** 2, "relu2_1": (258.7 / 4) ** 2})
    weights = random_weights("relu2_1")
    assert all(torch.equal(*pair) for pair in zip(loss.network.state_dict().values(), weights.values(), strict=True))
    assert loss_network.source_of(saved) == "random"
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_no_more_is_loaded_than_the_layers_need(saved):
    loss = loss_network.feature_loss(saved, ["relu1_1"], {"relu1_1": 1.0})
    assert [tuple(parameter.shape) for parameter in loss.network.parameters()] == [(64, 3, 3, 3), (64,)]


def test_in_bfloat16(saved):
    reference = {"relu1_1": 50.2, "relu2_1": 258.7}
    loss = loss_network.feature_loss(saved, list(reference), reference)
    one, other = (to_network(torch.from_numpy(faces(4, seed))) for seed in (1, 2))
    full = loss(one, other)
    with torch.autocast("cpu", torch.bfloat16):
        half = loss(one, other)
    for layer, value in half.items():
        assert value.dtype == torch.float32 and value.item() != full[layer].item()
        assert value.item() == pytest.approx(full[layer].item(), rel=0.02)


def test_the_rms_is_measured_in_float32_under_autocast_too():
    weights, pixels = random_weights("relu2_1"), torch.from_numpy(faces(4))
    with torch.autocast("cpu", torch.bfloat16):
        under = loss_network.measure_rms(weights, pixels)
    assert under == loss_network.measure_rms(weights, pixels)


def test_a_layer_that_the_file_does_not_reach(saved):
    with pytest.raises(InputError, match="relu3_1, but the random network holds VGG-19 only up to relu2_1"):
        loss_network.feature_loss(saved, ["relu3_1"], {"relu3_1": 1.0})


def test_without_a_network_imagenets_weights_are_a_sentence(monkeypatch):
    from torchvision.models import VGG19_Weights

    def no_network(*arguments, **options):
        raise OSError("no route to host")

    monkeypatch.setattr(VGG19_Weights, "get_state_dict", no_network)
    with pytest.raises(InputError, match="no route to host.*-S loss_network.source=file -S loss_network.file=PATH"):
        loss_network.imagenet_weights()


def test_the_same_network_is_the_same_file(tmp_path):
    rms = {"relu1_1": 0.9, "relu1_2": 1.1}
    written = set()
    for number in range(50):
        loss_network.save(tmp_path / f"{number}.safetensors", random_weights("relu1_2"), rms, "random")
        written.add(loss_network.sha256(tmp_path / f"{number}.safetensors"))
    assert len(written) == 1


def test_the_papers_network_on_real_faces_has_the_reference_rms():
    path, celeba = SHARED / "vgg19" / "vgg19_features_to_relu5_1.pth", SHARED / "celeba"
    if not path.is_file() or not celeba.is_dir():
        pytest.skip("no VGG-19 or no CelebA in ../shared")
    weights = loss_network.checked_weights(loss_network.read_state_dict(path), path)
    weights = {name: weights[name] for name in parameter_shapes("relu3_1")}
    images = open_celeba(celeba).images
    pixels = np.stack([aligned_crop(decode(image_id, images.read(image_id), images.path), 64)
                       for image_id in (f"{number:06}.jpg" for number in range(1, 201))])
    rms = loss_network.measure_rms(weights, torch.from_numpy(pixels))
    assert [rms[layer] for layer in ("relu1_1", "relu2_1", "relu3_1")] == pytest.approx([50.2, 258.7, 358.6], rel=0.05)
