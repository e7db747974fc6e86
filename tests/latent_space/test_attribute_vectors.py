"""Attribute vectors and their correlations."""

import numpy as np
import pytest

from pipeline.data.attributes import Attributes, all_known
from pipeline.errors import InputError
from pipeline.latent_space.attribute_vectors import (
    AttributeVectors,
    compute_attribute_vectors,
    correlation_matrix,
    read_attribute_vectors,
    write_attribute_vectors,
)
from pipeline.vocabulary import ATTRIBUTES

NAMES = ["Attractive", "Male", "Bald", "Young", "Smiling", "Black_Hair"]


def faces(count=400, dim=5, seed=0):
    random = np.random.default_rng(seed)
    attributes = random.random((count, 40)) < np.linspace(0.1, 0.9, 40)
    return random.standard_normal((count, dim), dtype=np.float32), attributes


def computed(mu, attributes, *more, **named):
    """Return the vectors of labels, bool N×40, that are all known."""
    return compute_attribute_vectors(mu, all_known(ATTRIBUTES, attributes), *more, **named)


def test_vector_is_the_difference_of_the_means_when_all_images_are_used():
    mu, attributes = faces()
    vectors = computed(mu, attributes, per_class=1000)
    for i in (0, 20, 39):
        expected = mu[attributes[:, i]].mean(0) - mu[~attributes[:, i]].mean(0)
        np.testing.assert_allclose(vectors.vectors[i], expected, atol=1e-6)
    np.testing.assert_array_equal(vectors.positives, attributes.sum(0))
    np.testing.assert_array_equal(vectors.negatives, (~attributes).sum(0))
    assert vectors.vectors.dtype == np.float32


def test_up_to_per_class_images_are_drawn_and_counted():
    mu, attributes = faces()
    vectors = computed(mu, attributes, per_class=60)
    np.testing.assert_array_equal(vectors.positives, np.minimum(attributes.sum(0), 60))
    np.testing.assert_array_equal(vectors.negatives, np.minimum((~attributes).sum(0), 60))
    assert vectors.counts()[0] == ("5_o_Clock_Shadow", int(attributes[:, 0].sum()), 60)


def test_a_draw_holds_60_different_images_of_each_class():
    mu, attributes = np.eye(400, dtype=np.float32), faces()[1]
    vector = computed(mu, attributes, per_class=60).of("Male")
    male = attributes[:, ATTRIBUTES.index("Male")]
    assert np.count_nonzero(vector[male] > 0) == 60 and np.count_nonzero(vector[~male] < 0) == 60
    np.testing.assert_allclose(vector[vector != 0], np.sign(vector[vector != 0]) / 60, rtol=1e-6)


def test_a_draw_depends_on_the_seed_and_not_on_other_attributes():
    mu, attributes = faces()
    first = computed(mu, attributes, per_class=50, seed=1)
    again = computed(mu, attributes, per_class=50, seed=1)
    other = computed(mu, attributes, per_class=50, seed=2)
    np.testing.assert_array_equal(first.vectors, again.vectors)
    assert not np.array_equal(first.vectors, other.vectors)
    changed = attributes.copy()
    changed[:, 0] = ~changed[:, 0]
    second = computed(mu, changed, per_class=50, seed=1)
    np.testing.assert_array_equal(first.vectors[1:], second.vectors[1:])


def test_an_attribute_without_positives_or_negatives_has_no_vector():
    mu, attributes = faces()
    attributes[:, ATTRIBUTES.index("Bald")] = False
    attributes[:, ATTRIBUTES.index("Young")] = True
    vectors = computed(mu, attributes)
    assert vectors.missing() == ["Bald", "Young"]
    assert np.isnan(vectors.of("Bald")).all() and not np.isnan(vectors.of("Male")).any()
    matrix = correlation_matrix(vectors, NAMES)
    bald = NAMES.index("Bald")
    assert np.isnan(matrix[bald]).all() and np.isnan(matrix[:, bald]).all()
    male, smiling = NAMES.index("Male"), NAMES.index("Smiling")
    assert matrix[male, male] == pytest.approx(1) and abs(matrix[male, smiling]) < 1


def test_a_note_names_attributes_with_few_images():
    mu, attributes = faces()
    attributes[:] = np.arange(400)[:, None] < 200
    attributes[:, ATTRIBUTES.index("Bald")] = np.arange(400) < 3
    vectors = computed(mu, attributes, per_class=100)
    assert vectors.from_few_images(100) == [("Bald", 3, 100)]
    assert vectors.notes(100) == ["1 of 40 attribute vectors come from fewer images than attributes.per_class: "
                                  "Bald: 3 with, 100 without, instead of 100"]
    assert vectors.notes(3) == []


def test_correlation_is_pearsons():
    vectors = computed(*faces(dim=20))
    matrix = correlation_matrix(vectors, NAMES)
    assert matrix.shape == (6, 6)
    for i, j in ((0, 1), (3, 5), (4, 2)):
        x, y = (vectors.of(NAMES[k]).astype(float) for k in (i, j))
        x, y = x - x.mean(), y - y.mean()
        assert matrix[i, j] == pytest.approx((x @ y) / np.sqrt((x @ x) * (y @ y)))
    np.testing.assert_allclose(matrix, matrix.T)


def test_written_vectors_are_read_back(tmp_path):
    mu, attributes = faces()
    attributes[:, 4] = False
    vectors, path = computed(mu, attributes), tmp_path / "folder" / "vectors.parquet"
    write_attribute_vectors(path, vectors)
    back = read_attribute_vectors(path)
    for name in ("vectors", "positives", "negatives"):
        np.testing.assert_array_equal(getattr(back, name), getattr(vectors, name))
    assert [file.name for file in path.parent.iterdir()] == ["vectors.parquet"]


def test_an_error_names_a_missing_file_another_kind_of_file_and_an_unknown_attribute(tmp_path):
    with pytest.raises(InputError, match=r"no.parquet"):
        read_attribute_vectors(tmp_path / "no.parquet")
    (tmp_path / "page.parquet").write_text("<html>Quota exceeded</html>")
    with pytest.raises(InputError, match=r"page.parquet"):
        read_attribute_vectors(tmp_path / "page.parquet")
    with pytest.raises(InputError, match="Beard"):
        AttributeVectors(ATTRIBUTES, np.zeros((40, 2)), np.ones(40), np.ones(40)).of("Beard")


@pytest.mark.parametrize("per_class", [30, 1000])
def test_images_whose_value_is_unknown_are_in_neither_class(per_class):
    mu, values = faces()
    known = np.random.default_rng(5).random((400, 40)) < 0.8
    vectors = compute_attribute_vectors(mu, Attributes(ATTRIBUTES, values & known, known), per_class)
    random = np.random.default_rng(6)  # what the unknown ones look like changes nothing
    for i in (0, 20, 39):
        other = np.where(known[:, [i]], mu, random.standard_normal((400, 5)).astype(np.float32))
        again = compute_attribute_vectors(other, Attributes(ATTRIBUTES, values & known, known), per_class)
        np.testing.assert_array_equal(again.vectors[i], vectors.vectors[i])
    np.testing.assert_array_equal(vectors.positives, np.minimum((values & known).sum(0), per_class))
    np.testing.assert_array_equal(vectors.negatives, np.minimum((~values & known).sum(0), per_class))
    known[:, 3] = values[:, 3]
    vectors = compute_attribute_vectors(mu, Attributes(ATTRIBUTES, values & known, known), per_class)
    assert vectors.missing() == [ATTRIBUTES[3]] and vectors.negatives[3] == 0 < vectors.positives[3]


@pytest.mark.parametrize("names", [(), ("Beard",), ("Beard", "Brille")])
def test_any_number_of_attributes_of_any_names(tmp_path, names):
    mu, values = faces()
    vectors = compute_attribute_vectors(mu, all_known(names, values[:, :len(names)]))
    write_attribute_vectors(tmp_path / "vectors.parquet", vectors)
    back = read_attribute_vectors(tmp_path / "vectors.parquet")
    assert back.names == names and back.vectors.shape == (len(names), 5) and back.vectors.dtype == np.float32
    np.testing.assert_array_equal(back.vectors, vectors.vectors)
    assert [row[0] for row in back.counts()] == list(names) and vectors.missing() == []
    assert len(vectors.notes(1000)) == bool(names)
    if names:
        assert vectors.notes(1000)[0].startswith(f"{len(names)} of {len(names)} attribute vectors come from fewer")
    correlated = names if len(names) > 1 else ()
    assert correlation_matrix(back, correlated).shape == (len(correlated), len(correlated))
