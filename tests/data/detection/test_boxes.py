import pytest
import torch
from torch.nn.functional import unfold

from pipeline.data.detection import boxes as of


def test_the_pyramid_goes_from_the_smallest_face_to_the_shorter_side():
    scales = of.pyramid_scales(300, 100, 20)
    assert scales[0] == 0.6 and scales[1] == pytest.approx(0.6 * 0.709)
    assert 100 * scales[-1] >= of.CELL > 100 * scales[-1] * of.SHRINKING
    assert of.pyramid_scales(300, 19, 20) == []


def test_a_window_lies_where_the_network_saw_it():
    # At scale 1/2 the window in row 2 and column 3 begins at pixel 4 and 6 of the small picture, counted from 0.
    box, = of.window_boxes(torch.tensor([2]), torch.tensor([3]), 0.5)
    assert box.tolist() == [14, 10, 36, 32]
    assert unfold(torch.zeros(1, 1, 30, 30), of.CELL, stride=of.STRIDE).shape[2] == 10 ** 2


def test_corrections_are_shares_of_width_and_height():
    boxes = torch.tensor([[10.0, 20, 29, 59]])  # 20 × 40 pixels
    assert of.correct(boxes, torch.tensor([[0.1, 0.1, -0.1, 0.5]])).tolist() == [[12, 24, 27, 79]]
    assert of.correct(boxes, torch.tensor([[1.0, 0, 0, 0]]), last_pixel=0).tolist() == [[29, 20, 29, 59]]


def test_a_square_has_the_longer_side_and_the_same_middle():
    assert of.make_square(torch.tensor([[10.0, 20, 30, 60], [0, 0, 8, 2]])).tolist() == [[0, 20, 40, 60], [0, -3, 8, 5]]


def test_windows_are_whole_pixels_and_never_empty():
    assert of.windows_of(torch.tensor([[1.0, 1, 12, 12], [-0.5, 3.9, 8.9, 9.1], [5, 5, 2, 2]])).tolist() == [
        [0, 0, 12, 12], [-2, 2, 8, 9], [4, 4, 5, 5]]


def test_the_better_of_overlapping_boxes_stays():
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]])  # the first two share 9 / 11
    probabilities = torch.tensor([0.7, 0.9, 0.8])
    assert of.suppress_overlapping(boxes, probabilities, 0.7).tolist() == [1, 2]
    assert of.suppress_overlapping(boxes, probabilities, 0.85).tolist() == [1, 2, 0]


def test_a_box_inside_a_better_one_goes():
    boxes = torch.tensor([[0.0, 0, 99, 99], [40, 40, 59, 59], [90, 0, 189, 99]])
    probabilities = torch.tensor([0.9, 0.8, 0.95])
    assert of.suppress_overlapping(boxes, probabilities, 0.7).tolist() == [2, 0, 1]  # the small share of the union
    assert of.suppress_contained(boxes, probabilities, 0.7).tolist() == [2, 0]
    assert of.suppress_contained(boxes[:2], probabilities[[1, 0]], 0.7).tolist() == [1]  # nor the other way round


def test_of_equal_boxes_the_first_stays_and_none_give_none():
    assert of.suppress_contained(torch.zeros(3, 4), torch.ones(3), 0.7).tolist() == [0]
    assert of.suppress_contained(torch.zeros(0, 4), torch.zeros(0), 0.7).tolist() == []
