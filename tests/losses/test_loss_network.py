"""Where the loss network's weights come from, and their calibration."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.config import LossNetworkPlan
from pipeline.data.celeba import decode, open_celeba
from pipeline.data.pixels import to_network
from pipeline.data.views import aligned
from pipeline.errors import InputError
from pipeline.losses import loss_network, network_file, network_layers
from pipeline.losses.reconstruction.feature import feature_loss
from pipeline.models.vgg19_layers import parameter_shapes
from pipeline.vocabulary import LAYERS
from pipeline.workspace import sha256
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
    network_file.save(path, random_weights("relu2_1"), {"relu1_1": 2.0, "relu1_2": 1.0, "relu2_1": 4.0}, "random")
    return path


def test_save_and_load(saved):
    reference = {"relu1_1": 50.2, "relu2_1": 258.7}
    loss = feature_loss(saved, ["relu2_1", "relu1_1"], reference)
    assert loss.factor == pytest.approx({"relu1_1": (50.2 / 2) ** 2, "relu2_1": (258.7 / 4) ** 2})
    weights = random_weights("relu2_1")
    assert all(torch.equal(*pair) for pair in zip(loss.network.state_dict().values(), weights.values(), strict=True))
    assert network_file.source_of(saved) == "random"
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_no_more_is_loaded_than_the_layers_need(saved):
    loss = feature_loss(saved, ["relu1_1"], {"relu1_1": 1.0})
    assert [tuple(parameter.shape) for parameter in loss.network.parameters()] == [(64, 3, 3, 3), (64,)]


def test_in_bfloat16(saved):
    reference = {"relu1_1": 50.2, "relu2_1": 258.7}
    loss = feature_loss(saved, list(reference), reference)
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
        feature_loss(saved, ["relu3_1"], {"relu3_1": 1.0})


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
        network_file.save(tmp_path / f"{number}.safetensors", random_weights("relu1_2"), rms, "random")
        written.add(sha256(tmp_path / f"{number}.safetensors"))
    assert len(written) == 1


def test_the_papers_network_on_real_faces_has_the_reference_rms():
    path, celeba = SHARED / "vgg19" / "vgg19_features_to_relu5_1.pth", SHARED / "celeba"
    if not path.is_file() or not celeba.is_dir():
        pytest.skip("no VGG-19 or no CelebA in ../shared")
    weights = loss_network.checked_weights(loss_network.read_state_dict(path), path)
    weights = {name: weights[name] for name in parameter_shapes("relu3_1")}
    images = open_celeba(celeba).images
    pixels = np.stack([aligned.crop(decode(image_id, images.read(image_id), images.path), 64)
                       for image_id in (f"{number:06}.jpg" for number in range(1, 201))])
    rms = loss_network.measure_rms(weights, torch.from_numpy(pixels))
    assert [rms[layer] for layer in ("relu1_1", "relu2_1", "relu3_1")] == pytest.approx([50.2, 258.7, 358.6], rel=0.05)


def test_as_much_of_a_network_as_a_loss_reads(saved, tmp_path):
    """What a variant's training depends on, so that other layers do not train it again."""
    rms = {"relu1_1": 2.0, "relu1_2": 1.0, "relu2_1": 5.0}
    deeper = tmp_path / "deeper.safetensors"
    network_file.save(deeper, random_weights("relu2_1"), rms, "random")
    state, kept = network_layers.up_to(saved, ["relu1_2", "relu1_1"])
    assert set(state) == set(random_weights("relu1_2")) and kept == {"relu1_1": 2.0, "relu1_2": 1.0}
    of_variant = []
    for number, whole in enumerate([saved, deeper]):
        of_variant.append(tmp_path / f"{number}.safetensors")
        network_file.save(of_variant[-1], *network_layers.up_to(whole, ["relu1_1", "relu1_2"]), "random")
    loss, whole = (feature_loss(path, ["relu1_1", "relu1_2"], {"relu1_1": 1.0, "relu1_2": 1.0})
                   for path in (of_variant[0], saved))
    assert loss.factor == whole.factor
    assert all(torch.equal(*pair) for pair in zip(loss.parameters(), whole.parameters(), strict=True))
    with pytest.raises(InputError, match="relu2_1, but the random network holds VGG-19 only up to relu1_2"):
        feature_loss(of_variant[0], ["relu2_1"], {"relu2_1": 1.0})


def test_a_network_and_its_rms_are_loaded(saved):
    network, rms = loss_network.load(saved, ["relu1_2"])
    assert network.layers == ("relu1_2",) and rms == {"relu1_2": 1.0}
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    assert network.features[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_a_plan_with_random_weights():
    plan = LossNetworkPlan(source="random", file=None, calibration_images=8, seed=1)
    found = loss_network.weights(plan)
    assert all(torch.equal(found[name], tensor) for name, tensor in loss_network.random_weights(1).items())
