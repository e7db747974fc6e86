"""What is said of attributes with too few images."""

import numpy as np

from pipeline.data.attributes import Attributes, all_known, no_attributes, nothing_known
from pipeline.evaluation.enough_images import notes_on_few_images
from pipeline.vocabulary import ATTRIBUTES

SPLIT = np.repeat(["train", "valid", "test"], [60, 20, 20])


def half(count):
    """Attributes of which half of all images have each."""
    return np.tile((np.arange(100) % 2 == 0)[:, None], count)


def test_enough_images_are_not_mentioned():
    assert notes_on_few_images(all_known(("a", "b"), half(2)), SPLIT, 40) == []
    assert notes_on_few_images(no_attributes(100), SPLIT, 40) == []


def test_every_shortage_is_one_sentence_with_numbers():
    values, known = half(7), np.ones((100, 7), bool)
    test = SPLIT == "test"
    values[~test, 1] = False
    values[~test, 2] = True
    known[~test, 3] = False
    values[:80, 4] = np.arange(80) < 7
    known[7:10, 4] = False
    values[test, 5] = True
    known[test, 6] = False
    notes = notes_on_few_images(Attributes(tuple("abcdefg"), values & known, known), SPLIT, 40)
    assert notes == [
        "3 of 7 attributes have no vector, and no SVM that learns anything, since the training and validation images "
        "lack a class: b (none with), c (none without), d (none known)",
        "1 of 7 attributes have a vector from fewer images than attributes.per_class, 40: e (7 with, 70 without)",
        "1 of 7 attributes have an accuracy and no other score, since the test images lack a class: f (none without)",
        "1 of 7 attributes have no scores, since they are known for no test image: g"]


def test_forty_attributes_take_one_sentence_each():
    [note] = notes_on_few_images(all_known(ATTRIBUTES, half(40)), SPLIT, 1000)
    assert note.startswith("40 of 40 attributes have a vector from fewer images than attributes.per_class, 1,000: "
                           "5_o_Clock_Shadow (40 with, 40 without), Arched_Eyebrows")
    assert note.endswith("Bags_Under_Eyes (40 with, 40 without), Bald (40 with, 40 without) and 35 more")
    assert len(notes_on_few_images(nothing_known(ATTRIBUTES, 100), SPLIT, 1000)) == 2
