"""The supervised ceiling."""

import numpy as np
import pytest
import torch

from pipeline.data import shards
from pipeline.data.attributes import Attributes, all_known, nothing_known
from pipeline.errors import InputError
from pipeline.evaluation.baseline import score_decisions
from pipeline.evaluation.baselines import supervised
from tests.evaluation.baselines.conftest import IMAGES, VIEW, write_shards


def scores(given, measured):
    _, splits, attributes = shards.load_attributes(given.faces.root, view=VIEW)
    return score_decisions(measured, attributes, splits)


def test_what_can_be_seen_is_learned_and_the_seed_decides(given, monkeypatch):
    monkeypatch.setattr(supervised, "BATCH", 16)  # more steps
    monkeypatch.setattr(supervised, "LEARNING_RATE", 0.01)
    measured = supervised.measure(given._replace(epochs=15))
    rows = scores(given, measured)
    assert rows["accuracy"][0] > 0.9 and rows["valid_accuracy"][0] > 0.9 and rows["accuracy"][1] == 1
    assert measured.valid.shape == measured.test.shape == (40, 40) and measured.test.dtype == np.float32
    again = supervised.measure(given._replace(epochs=15))
    np.testing.assert_array_equal(again.test, measured.test)
    other = supervised.measure(given._replace(epochs=15, train_seed=1))
    assert not np.array_equal(other.test, measured.test)


def test_the_epoch_with_the_lowest_validation_loss_is_taken(given, monkeypatch):
    """The network gets worse after the second of four epochs."""
    epochs: list[torch.Tensor] = []

    def spoil(network, optimizer, pixels, labels, known):
        epoch = len(epochs) // 2 + 1  # two batches each
        epochs.append(labels)
        with torch.no_grad():
            network[1].weight.zero_()
            network[1].bias.fill_({1: -0.2, 2: -0.7, 3: 3.0, 4: 9.0}[epoch])

    monkeypatch.setattr(supervised, "step", spoil)
    measured = supervised.measure(given._replace(epochs=4))
    np.testing.assert_allclose(measured.test, -0.7, rtol=1e-6)
    assert "for 4 epochs" in measured.note and "chose epoch 2, so its validation accuracy is" in measured.note


def test_every_image_comes_once_an_epoch_and_half_are_mirrored(given):
    train = shards.load(given.faces.root, VIEW, "train")
    originals = train.pixels.copy()
    orders = []
    for epoch in (1, 2):
        seen = list(supervised.shuffled(train, 0, epoch))
        pixels, labels, known = (np.concatenate(parts) for parts in zip(*seen, strict=True))
        assert known.all() and known.shape == labels.shape == (120, 40)
        mirrored = sum(any(np.array_equal(image[:, :, ::-1], one) for one in originals) for image in pixels)
        plain = sum(any(np.array_equal(image, one) for one in originals) for image in pixels)
        assert mirrored + plain == 120 and 40 < mirrored < 80
        assert labels.dtype == np.float32 and labels.sum() == train.attributes.values.sum()
        orders.append(pixels)
    np.testing.assert_array_equal(train.pixels, originals)
    assert not np.array_equal(*orders)


def test_labels_stay_with_their_images(given):
    train = shards.load(given.faces.root, VIEW, "train")
    for pixels, labels, _ in supervised.shuffled(train, 0, 1):
        brightness = pixels.float().mean(dim=(1, 2, 3))
        assert brightness[labels[:, 0] == 1].min() > brightness[labels[:, 0] == 0].mean()


def test_without_validation_images_it_is_refused(given, tmp_path):
    faces = write_shards(tmp_path, IMAGES | {"valid": 0})
    with pytest.raises(InputError, match=r"baselines.methods has supervised, which needs images of the split valid"):
        supervised.measure(given._replace(faces=faces))


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_training_that_diverges_ends_with_one_sentence(given, monkeypatch, epoch):
    steps: list[int] = []

    def spoil(network, optimizer, pixels, labels, known):
        steps.append(1)
        if len(steps) == 2 * epoch:  # two batches each
            with torch.no_grad():
                network[1].bias.fill_(float("nan"))

    monkeypatch.setattr(supervised, "step", spoil)
    with pytest.raises(InputError, match=rf"^the training of the baseline supervised diverged: .* is nan after epoch "
                                         rf"{epoch}; set another train.seed, or leave it out of baselines.methods$"):
        supervised.measure(given._replace(epochs=4))
    assert len(steps) == 2 * epoch


def test_unknown_labels_are_left_out_of_the_loss():
    random = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(8, 3, generator=random), (torch.rand(8, 3, generator=random) < 0.5).float()
    whole = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels)
    assert torch.equal(supervised.loss_of_known(logits, labels, torch.ones(8, 3, dtype=torch.bool)), whole)
    known = torch.rand(8, 3, generator=random) < 0.6
    expected = torch.nn.functional.binary_cross_entropy_with_logits(logits[known], labels[known])
    torch.testing.assert_close(supervised.loss_of_known(logits, labels, known), expected)
    logits.requires_grad_()
    supervised.loss_of_known(logits, labels, known).backward()
    assert ((logits.grad != 0) == known).all()
    assert supervised.loss_of_known(logits, labels, torch.zeros(8, 3, dtype=torch.bool)) == 0


def test_it_learns_from_the_images_where_the_attribute_is_known(given, monkeypatch):
    """Where it is unknown the shards say nothing; one batch in which all is unknown breaks nothing."""
    monkeypatch.setattr(supervised, "BATCH", 16)
    monkeypatch.setattr(supervised, "LEARNING_RATE", 0.01)
    load = shards.load
    known = np.ones((120, 40), bool)
    known[:50, 0] = False
    known[:, 2:] = False
    order = np.random.default_rng([given.train_seed, supervised.ORDER, 1]).permutation(120)
    known[order[:16]] = False

    def partly(root, view, split):
        faces = load(root, view, split)
        return faces._replace(attributes=Attributes(faces.attributes.names, faces.attributes.values & known, known))

    monkeypatch.setattr(shards, "load", partly)
    measured = supervised.measure(given._replace(epochs=15))
    assert scores(given, measured)["accuracy"][0] > 0.9


def test_any_number_of_attributes(given, monkeypatch):
    def of_two(load):
        return lambda *arguments: tuple(two(part) if isinstance(part, Attributes) else part
                                        for part in load(*arguments))

    def two(attributes):
        return Attributes(attributes.names[:2], attributes.values[:, :2], attributes.known[:, :2])

    load = shards.load
    monkeypatch.setattr(shards, "load_attributes", of_two(shards.load_attributes))
    monkeypatch.setattr(shards, "load", lambda *of: (faces := load(*of))._replace(attributes=two(faces.attributes)))
    measured = supervised.measure(given._replace(epochs=1))
    assert measured.valid.shape == measured.test.shape == (40, 2) and "with 2 outputs" in measured.note


@pytest.mark.parametrize("split", ["train", "valid"])
def test_without_a_known_value_it_is_refused(split):
    some = {name: all_known(("a",), np.ones((3, 1), bool)) for name in ("train", "valid")}
    with pytest.raises(InputError, match=f"needs known attributes of images of the split {split}, and there are none"):
        supervised.check_known(**some | {split: nothing_known(("a",), 3)})
