"""What is odd about SVMs, in words."""

import pytest

from pipeline.evaluation.svm_notes import at_the_edge

NAN = float("nan")


@pytest.mark.parametrize(("chosen", "candidates", "expected"), [
    ({"aligned": 1.0, "eyes": 0.1, "mouth": 1.0}, [0.1, 1.0, 0.01], "the largest of x, 1, for aligned; mouth"),
    ({"aligned": 0.1, "eyes": 0.01, "mouth": 1.0}, [1.0, 0.1, 0.01],
     "the smallest of x, 0.01, for eyes, and the largest of x, 1, for mouth"),
    ({"supervised": NAN, "pca": 0.1}, [0.1, 0.2], "the smallest of x, 0.1, for pca"),
    ({"aligned": 0.1}, [0.01, 0.1, 1.0], ""),
    ({"supervised": NAN}, [0.1, 1.0], ""),
    ({"aligned": 0.1}, [0.1], ""),
    ({}, [0.1, 1.0], "")])
def test_a_c_at_the_edge_of_several_candidates_is_told(chosen, candidates, expected):
    assert at_the_edge(chosen, candidates, "x") == (
        f"validation chose {expected}: a C beyond the candidates may be better" if expected else "")
