"""The baseline VGG-FC: where its weights come from, and the layer it reads."""

import numpy as np
import pytest
import torch
from torchvision.models import vgg19
from torchvision.transforms.functional import normalize

from pipeline.errors import InputError
from pipeline.evaluation import vgg_fc
from pipeline.losses.loss_network import sources
from pipeline.models.vgg19 import IMAGENET_MEAN, IMAGENET_STD
from pipeline.models.vgg19_layers import parameter_shapes
from pipeline.vocabulary import LAYERS
from tests.tiny import faces


def state_of(shapes):
    """Return tensors of these shapes that take one number in memory and in the file."""
    return {name: torch.full((1,), 0.5).expand(shape) for name, shape in shapes.items()}


WHOLE = parameter_shapes(LAYERS[-1]) | vgg_fc.CLASSIFIER


@pytest.fixture
def write(tmp_path):
    def write(state) -> str:
        torch.save(state, tmp_path / "vgg19.pth")
        return str(tmp_path / "vgg19.pth")

    return write


def test_the_needed_weights_are_read_from_a_whole_network(write):
    state = state_of(WHOLE | {"classifier.6.weight": (1000, 4096), "classifier.6.bias": (1000,)})
    state["features.0.bias"], state["classifier.3.bias"] = torch.zeros(64).half(), torch.zeros(4096).half()
    held = vgg_fc.get_weights("file", write(state))
    assert {name: tuple(tensor.shape) for name, tensor in held.items()} == WHOLE
    assert {tensor.dtype for tensor in held.values()} == {torch.float32}


def test_without_fully_connected_layers_the_error_says_why(write):
    with pytest.raises(vgg_fc.NotMeasured, match="random weights"):
        vgg_fc.get_weights("random", None)
    with pytest.raises(vgg_fc.NotMeasured, match="was taught on the faces themselves"):
        vgg_fc.get_weights("taught", None, 0.25)
    with pytest.raises(vgg_fc.NotMeasured, match="has 0.25 times VGG-19's channels"):
        vgg_fc.get_weights("file", "narrow.pth", 0.25)
    with pytest.raises(vgg_fc.NotMeasured, match=r"vgg19.pth ends at relu5_1, before"):
        vgg_fc.get_weights("file", write(state_of(parameter_shapes("relu5_1"))))
    without_last = {name: shape for name, shape in WHOLE.items() if "classifier.3" not in name}
    with pytest.raises(vgg_fc.NotMeasured, match=r"vgg19.pth has no classifier.3.weight"):
        vgg_fc.get_weights("file", write(state_of(without_last)))


def test_other_weights_than_vgg19s_are_refused(write):
    other = state_of(WHOLE | {"classifier.0.weight": (4096, 512)})
    with pytest.raises(InputError, match=r"vgg19.pth .* classifier.0.weight has shape \(4096, 512\) and not \(4096, "):
        vgg_fc.get_weights("file", write(other))
    damaged = state_of(WHOLE) | {"classifier.3.bias": torch.full((4096,), torch.nan)}
    with pytest.raises(InputError, match=r"vgg19.pth is damaged: classifier.3.bias has values .* not finite"):
        vgg_fc.get_weights("file", write(damaged))
    with pytest.raises(InputError, match=r"loss_network.file: .*nowhere.pth does not exist"):
        vgg_fc.get_weights("file", "nowhere.pth")


def test_code_in_the_file_is_not_executed(tmp_path):
    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("executed").touch, ())

    torch.save(state_of(WHOLE) | {"classifier.7": Trap()}, tmp_path / "vgg19.pth")
    with pytest.raises(InputError, match=r"cannot|not a state dict"):
        vgg_fc.get_weights("file", str(tmp_path / "vgg19.pth"))
    assert not (tmp_path / "executed").exists()


def test_activations_equal_torchvisions():
    """Compare with torchvision's classifier, cut after the ReLU behind classifier.3, without dropout."""
    random = torch.Generator().manual_seed(1)
    state = sources.random_weights(0)
    for name, shape in vgg_fc.CLASSIFIER.items():  # outer products: as good as random matrices, and fast to draw
        state[name] = torch.randn(shape[0], generator=random) / 30
        if len(shape) == 2:
            state[name] = torch.outer(state[name], torch.randn(shape[1], generator=random))
    with torch.device("meta"):
        network = vgg19()
    network.classifier = network.classifier[:5].eval()
    network.load_state_dict(state, assign=True)

    pixels = faces(2, size=48)
    images = torch.nn.functional.interpolate(torch.from_numpy(pixels).float() / 255, (224, 224), mode="bilinear")
    with torch.no_grad():
        expected = network(normalize(images, IMAGENET_MEAN, IMAGENET_STD)).numpy()
    with torch.autocast("cpu", torch.bfloat16):  # the network stays in float32
        rows = vgg_fc.activations(state, [pixels[:1], pixels[1:]])
    assert rows.shape == (2, 4096) and rows.dtype == np.float32 and (rows >= 0).all()
    assert 0.2 < (rows > 0).mean() < 0.8 and np.abs(rows[0] - rows[1]).max() > 0.01 * expected.max()
    np.testing.assert_allclose(rows, expected, atol=2e-4 * expected.max())


def test_no_images_give_no_rows():
    state = {name: torch.zeros(1).expand(shape) for name, shape in WHOLE.items()}
    assert vgg_fc.activations(state, []).shape == (0, 4096)


def test_an_interrupted_run_computes_the_missing_blocks_alone(tmp_path, monkeypatch):
    pixels = np.random.default_rng(0).integers(0, 256, (150, 3, 2, 2), dtype=np.uint8)
    blocks, computed, read = [pixels[:70], pixels[70:140], pixels[140:]], [], []

    def first_values(weights, batches, device):
        batches = list(batches)
        assert max(map(len, batches)) <= vgg_fc.BATCH and weights == {"w": 2}
        if len(computed) == 1 and not read:
            raise KeyboardInterrupt
        computed.append(sum(map(len, batches)))
        return 2 * np.concatenate(batches).reshape(-1, 12)[:, :4].astype(np.float32)

    monkeypatch.setattr(vgg_fc, "activations", first_values)
    monkeypatch.setitem(vgg_fc.CLASSIFIER, "classifier.3.bias", (4,))
    with pytest.raises(KeyboardInterrupt):
        vgg_fc.activations_by_blocks({"w": 2}, blocks, tmp_path / "parts")
    read.append("again")
    done = []
    x = vgg_fc.activations_by_blocks({"w": 2}, blocks, tmp_path / "parts", progress=done.append)
    assert computed == [70, 70, 10] and done == [70, 70, 10] and x.dtype == np.float32
    np.testing.assert_array_equal(x, 2.0 * pixels.reshape(150, 12)[:, :4])
    assert vgg_fc.activations_by_blocks({"w": 2}, [], tmp_path / "none").shape == (0, 4)


def test_other_weights_have_another_digest():
    weights = {"a": torch.tensor([1.0, 2.0]), "b": torch.zeros(3)}
    first = vgg_fc.weights_sha256(weights)
    assert first == vgg_fc.weights_sha256(dict(reversed(weights.items()))) and len(first) == 64
    assert first not in {vgg_fc.weights_sha256(weights | {"a": torch.tensor([1.0, 2.5])}),
                         vgg_fc.weights_sha256({"a": weights["a"], "c": weights["b"]})}
