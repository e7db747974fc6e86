"""Means over the attributes that all models have a number for."""

import numpy as np
import pandas as pd
import pytest

from pipeline.report.common_attributes import common_to_all, with_common_flips, with_common_kappa
from pipeline.report.contents import VariantResults

NAMES = pd.Index(["Bald", "Male", "Smiling"], name="attribute")


def flips(alpha, flipped):
    return pd.DataFrame({"median_alpha": alpha, "flipped": flipped, "decoded": 0.5, "unmoved": 0.1, "kept": 0.3}, NAMES)


def entanglement(value):
    matrix = np.full((3, 3), value)
    np.fill_diagonal(matrix, 1)
    return pd.DataFrame(matrix, NAMES, NAMES)


def test_a_model_gains_nothing_by_an_attribute_that_it_fails_at():
    sees = VariantResults("A", "a", flips_by_attribute=flips([9.0, 1.0, 2.0], [0.1, 0.6, 0.4]),
                          entanglement=entanglement(0.2), flips={"attributes": 3})
    blind = VariantResults("B", "b", flips_by_attribute=flips([np.nan, 1.5, 2.5], [np.nan, 0.5, 0.3]),
                           entanglement=entanglement(0.3), flips={"attributes": 2})
    no_encoder = VariantResults("C", "c")
    of_sees, of_blind, of_none = with_common_flips([sees, blind, no_encoder])
    assert of_sees.flips["median_alpha"] == 1.5 and of_blind.flips["median_alpha"] == 2.0
    assert of_sees.flips["flipped"] == pytest.approx(0.5) and of_blind.flips["flipped"] == pytest.approx(0.4)
    assert of_sees.flips["others"] == pytest.approx(0.2) and of_blind.flips["others"] == pytest.approx(0.3)
    assert of_sees.flips["attributes"] == of_blind.flips["attributes"] == 2 and of_none is no_encoder
    alone, = with_common_flips([sees])
    assert alone.flips["median_alpha"] == 4.0 and alone.flips["attributes"] == 3


def test_an_attribute_that_no_move_flips_counts_as_not_flipped():
    stuck = VariantResults("A", "a", flips_by_attribute=flips([np.nan, 1.0, 2.0], [0.0, 0.6, 0.6]),
                           entanglement=entanglement(0.2), flips={})
    of_stuck, = with_common_flips([stuck])
    assert of_stuck.flips["flipped"] == pytest.approx(0.4) and of_stuck.flips["median_alpha"] == 1.5


def test_kappa_is_over_the_attributes_that_all_have():
    first, second = (VariantResults(name, name, preservation={"agreement": 0.9, "kappa": 0.7, "attributes": 3},
                                    preservation_by_attribute=pd.DataFrame({"kappa": kappa}, NAMES))
                     for name, kappa in (("A", [0.1, 0.5, 0.7]), ("B", [np.nan, 0.4, 0.6])))
    of_first, of_second = with_common_kappa([first, second])
    assert of_first.preservation == {"agreement": 0.9, "kappa": pytest.approx(0.6), "attributes": 2}
    assert of_second.preservation["kappa"] == pytest.approx(0.5)


def test_without_tables_there_is_nothing_in_common():
    assert common_to_all([], "kappa") == []
    nothing = VariantResults("A", "a", preservation_by_attribute=pd.DataFrame({"kappa": [np.nan] * 3}, NAMES))
    assert with_common_kappa([nothing])[0].preservation == {"kappa": None, "attributes": 0}
