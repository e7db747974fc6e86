"""The training step against the plain one: the same losses, and every variant has a row."""

import pytest
import torch
import yaml

from benchmarks import faces, training
from benchmarks.plain import PlainVGG19, feature_distance
from pipeline.losses.build import build_objective
from pipeline.losses.loss_network.network import build_prefix
from pipeline.losses.reconstruction.feature import FeatureLoss
from tests import tiny

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    """The file of the loss network, and its weights."""
    path = tmp_path_factory.mktemp("bench") / "loss_network.safetensors"
    return path, faces.write_random_network(path)


@pytest.fixture(scope="module")
def pixels():
    return faces.draw(4).pixels


def test_the_plain_loss_is_ours(network, pixels):
    """In float32, up to rounding: the loss, and its gradient at the reconstruction."""
    layers, ones = ["relu1_1", "relu2_1", "relu3_1"], dict.fromkeys(["relu1_1", "relu2_1", "relu3_1"], 1.0)
    ours = FeatureLoss(build_prefix(network[1], layers), ones, ones).to(memory_format=torch.channels_last)
    images, results = torch.from_numpy(pixels).float() / 127.5 - 1, []
    plain = PlainVGG19(network[1])
    for distance in (lambda x, y: sum(ours(x, y).values()), lambda x, y: feature_distance(plain, x, y, layers)):
        x = images.flip(0).contiguous(memory_format=torch.channels_last).requires_grad_()
        total = distance(x, images.clone())
        results.append((total.item(), torch.autograd.grad(total, x)[0]))
    assert results[0][0] == pytest.approx(results[1][0], rel=1e-5)
    assert (results[0][1] - results[1][1]).norm() < 1e-5 * results[1][1].norm()


@pytest.mark.parametrize("name", training.NAMES)
def test_each_variant_has_a_row(network, pixels, name):
    row, = training.training_rows(pixels, *network, CPU, torch.float32, {name: (2,)}, rounds=1)
    assert row.ratio > 0 and row.fraction >= row.fraction_of_better > 0 and row.unit == "images/s"
    assert 0 < row.more["operations_per_image"] < row.more["operations_per_image_plain"]


def test_variants_are_those_of_the_papers(network):
    variants = training.variants(64)
    assert tuple(variants) == training.NAMES
    assert {variant.train.batch_size for variant in variants.values()} == {64}
    assert variants["dcgan"].model.channels == (64, 128, 256, 512) or variants["dcgan"].model.channels == [
        64, 128, 256, 512]
    parameters = sum(p.numel() for p in build_objective(variants["dcgan"], network[0]).model.parameters())
    assert parameters > 3_000_000  # 3.6 million; a quarter of the channels have a quarter of a million


def test_variants_with_equal_losses_have_rows_of_their_own(tmp_path, monkeypatch):
    params = yaml.safe_load(tiny.PARAMS.read_text())
    params["loss"]["layers"] = ["relu3_1", "relu4_1", "relu5_1"]  # as the README's experiment has it
    changed = tmp_path / "params.yaml"
    changed.write_text(yaml.safe_dump(params, sort_keys=False))
    monkeypatch.setattr(training.paths, "PARAMS", changed)
    assert [variant.label for variant in training.variants(16).values()][1:3] == ["VAE-345 (dfc)", "VAE-345 (dfc_345)"]
