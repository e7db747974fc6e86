"""The loss network as a file, and what is loaded from it."""

from pathlib import Path

import pytest
import torch

from pipeline.data.pixels import to_network
from pipeline.errors import InputError
from pipeline.files.hashes import sha256
from pipeline.losses.loss_network.file import read_prefix, read_source, write_loss_network
from pipeline.losses.loss_network.layers import check_layers_held, layers_held
from pipeline.losses.loss_network.network import load_prefix
from pipeline.losses.reconstruction.feature import feature_loss
from tests.tiny import faces, random_weights

RMS = {"relu1_1": 2.0, "relu1_2": 1.0, "relu2_1": 4.0}
REFERENCE = {"relu1_1": 50.2, "relu2_1": 258.7}


@pytest.fixture
def written(tmp_path) -> Path:
    path = tmp_path / "models" / "loss_network.safetensors"
    write_loss_network(path, random_weights("relu2_1"), RMS, "random")
    return path


def test_a_loss_is_loaded_from_what_was_written(written):
    loss = feature_loss(written, ["relu2_1", "relu1_1"], REFERENCE, "loss.layers")
    assert loss.factor == pytest.approx({"relu1_1": (50.2 / 2) ** 2, "relu2_1": (258.7 / 4) ** 2})
    weights = random_weights("relu2_1")
    assert all(torch.equal(*pair) for pair in zip(loss.network.state_dict().values(), weights.values(), strict=True))
    assert read_source(written) == "random"
    assert [path.name for path in written.parent.iterdir()] == [written.name]


def test_no_more_is_loaded_than_the_layers_need(written):
    loss = feature_loss(written, ["relu1_1"], {"relu1_1": 1.0}, "loss.layers")
    assert [tuple(parameter.shape) for parameter in loss.network.parameters()] == [(64, 3, 3, 3), (64,)]


def test_a_network_is_loaded_with_its_rms(written):
    network, rms = load_prefix(written, ["relu1_2"], "loss.layers")
    assert network.layers == ("relu1_2",) and rms == {"relu1_2": 1.0}
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    assert network.features[0].weight.is_contiguous(memory_format=torch.channels_last)


def test_the_loss_in_bfloat16_is_close_and_its_terms_are_float32(written):
    loss = feature_loss(written, list(REFERENCE), REFERENCE, "loss.layers")
    one, other = (to_network(torch.from_numpy(faces(4, seed))) for seed in (1, 2))
    full = loss(one, other)
    with torch.autocast("cpu", torch.bfloat16):
        half = loss(one, other)
    for layer, value in half.items():
        assert value.dtype == torch.float32 and value.item() != full[layer].item()
        assert value.item() == pytest.approx(full[layer].item(), rel=0.02)


def test_the_same_network_is_the_same_file(tmp_path):
    digests = set()
    for number in range(50):
        path = tmp_path / f"{number}.safetensors"
        write_loss_network(path, random_weights("relu1_2"), {"relu1_1": 0.9, "relu1_2": 1.1}, "random")
        digests.add(sha256(path))
    assert len(digests) == 1


@pytest.mark.parametrize("parameter", ["loss.layers", "sampling.frechet_layer", "evaluate.feature_layers"])
def test_a_layer_that_the_file_does_not_reach_is_blamed_on_the_parameter_that_asks_for_it(written, parameter):
    message = f"^params.yaml: {parameter} names relu3_1, but the random network holds VGG-19 only up to relu2_1; "
    for read in (read_prefix, load_prefix):
        with pytest.raises(InputError, match=message):
            read(written, ["relu1_1", "relu3_1"], parameter)
    with pytest.raises(InputError, match=message):
        feature_loss(written, ["relu3_1"], {"relu3_1": 1.0}, parameter)


def test_the_layers_that_weights_reach():
    names = list(random_weights("relu2_1"))
    assert layers_held(names) == ("relu1_1", "relu1_2", "relu2_1")
    check_layers_held(names, ["relu2_1", "relu1_1"], "a file", "loss.layers")
    with pytest.raises(InputError, match="loss.layers names relu2_2, but a file holds VGG-19 only up to relu2_1"):
        check_layers_held(names, ["relu2_1", "relu2_2"], "a file", "loss.layers")


def test_the_part_of_a_network_that_a_loss_reads(written, tmp_path):
    """A variant's training depends on this part, so that other layers do not train it again."""
    state, kept = read_prefix(written, ["relu1_2", "relu1_1"], "loss.layers")
    assert set(state) == set(random_weights("relu1_2")) and kept == {"relu1_1": 2.0, "relu1_2": 1.0}
    other = tmp_path / "other.safetensors"
    write_loss_network(other, random_weights("relu2_1"), RMS | {"relu2_1": 5.0}, "random")
    parts = []
    for number, whole in enumerate([written, other]):
        parts.append(tmp_path / f"{number}.safetensors")
        write_loss_network(parts[-1], *read_prefix(whole, ["relu1_1", "relu1_2"], "loss.layers"), "random")
    assert sha256(parts[0]) == sha256(parts[1])
    part, whole = (feature_loss(path, ["relu1_1", "relu1_2"], {"relu1_1": 1.0, "relu1_2": 1.0}, "loss.layers")
                   for path in (parts[0], written))
    assert part.factor == whole.factor
    assert all(torch.equal(*pair) for pair in zip(part.parameters(), whole.parameters(), strict=True))
    with pytest.raises(InputError, match="relu2_1, but the random network holds VGG-19 only up to relu1_2"):
        feature_loss(parts[0], ["relu2_1"], {"relu2_1": 1.0}, "loss.layers")
