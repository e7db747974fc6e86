"""The rows of faces: what stands where there are no images."""

from pipeline.comparison.faces import Made, of_group
from tests import tiny


def test_a_row_without_reconstructions_says_why():
    """One experiment's weights are not in the cache; the other's have no encoder; the third's make larger images."""
    made = [Made([0], None, {}, note="models/dcgan is not there"), Made([1], None, {}, encodes=False),
            Made([2], None, {})]
    group = of_group(made, [0, 1, 2], "of these faces", tiny.faces(2), [])
    assert [strip.note for strip in group.strips] == ["models/dcgan is not there", "It has no encoder.", ""]
