import pytest
import torch

from pipeline.data.detection.networks import ONet, PNet, RNet, flatten, normalize


def test_the_proposal_network_judges_windows_of_12_pixels_in_steps_of_2():
    probabilities, corrections = PNet()(torch.zeros(2, 3, 12, 12))
    assert probabilities.shape == (2, 1, 1) and corrections.shape == (2, 4, 1, 1)
    assert PNet()(torch.zeros(1, 3, 40, 62))[0].shape == (1, 15, 26)


@pytest.mark.parametrize("images", [0, 3])
def test_the_others_judge_whole_windows(images):
    probabilities, corrections = RNet()(torch.zeros(images, 3, 24, 24))
    assert probabilities.shape == (images,) and corrections.shape == (images, 4)
    probabilities, corrections, landmarks = ONet()(torch.zeros(images, 3, 48, 48))
    assert probabilities.shape == (images,) and corrections.shape == (images, 4) and landmarks.shape == (images, 5, 2)


def test_landmarks_are_five_x_then_five_y_in_the_weights():
    network = ONet()
    with torch.no_grad():
        network.dense6_3.weight.zero_()
        network.dense6_3.bias[:] = torch.arange(10.0)
    assert network(torch.rand(1, 3, 48, 48))[2][0].tolist() == [[0, 5], [1, 6], [2, 7], [3, 8], [4, 9]]


def test_flattening_goes_down_the_columns_with_channels_together():
    x = torch.arange(12.0).reshape(1, 2, 3, 2)  # channel, row, column
    assert flatten(x)[0].tolist() == [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]


def test_pixels_are_normalized():
    assert normalize(torch.tensor([0.0, 127.5, 255])).tolist() == [-127.5 / 128, 0, 127.5 / 128]
