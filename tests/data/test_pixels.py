import torch

from pipeline.data.pixels import to_network, to_uint8, to_unit

LEVELS = torch.arange(256, dtype=torch.uint8).repeat(3).reshape(1, 3, 16, 16)


def test_every_level_survives_the_way_to_the_network_and_back():
    images = to_network(LEVELS)
    assert images.dtype == torch.float32 and (images.min(), images.max()) == (-1, 1)
    assert torch.equal(to_uint8(images), LEVELS)


def test_values_beyond_the_range_are_clipped():
    assert to_uint8(torch.tensor([-1.5, 1.5]).reshape(1, 2, 1, 1)).flatten().tolist() == [0, 255]


def test_to_unit_adds_one_and_halves():
    images = to_network(LEVELS)
    assert torch.equal(to_unit(images), (images + 1) / 2)
    assert to_unit(torch.tensor([-1.0, 0.0, 1.0])).tolist() == [0, 0.5, 1]
