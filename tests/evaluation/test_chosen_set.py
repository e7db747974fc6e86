"""The choice among sets of views."""

from pipeline.evaluation.chosen_set import chosen_on_validation

NAN = float("nan")


def test_the_set_with_the_highest_validation_accuracy_is_chosen():
    assert chosen_on_validation({"aligned": 0.8, "landmark": 0.9, "eyes": NAN}) == "landmark"


def test_ties_go_to_the_first_also_where_only_rounding_differs():
    assert chosen_on_validation({"eyes": 0.9, "aligned": 0.9}) == "eyes"
    assert chosen_on_validation({"eyes": 0.1 + 0.2, "aligned": 0.3}) == "eyes"
    assert chosen_on_validation({"aligned": 0.3, "eyes": 0.1 + 0.2}) == "aligned"


def test_without_validation_images_no_set_is_chosen():
    assert chosen_on_validation({}) == chosen_on_validation({"aligned": NAN, "eyes": None}) == ""
