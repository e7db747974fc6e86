"""Names and numbers of things for people."""

import pytest

from pipeline.vocabulary import counted


@pytest.mark.parametrize(("number", "words"), [(0, "0 images"), (1, "1 image"), (2, "2 images"),
                                               (2009, "2,009 images")])
def test_one_is_not_many(number, words):
    assert counted(number, "image") == words
