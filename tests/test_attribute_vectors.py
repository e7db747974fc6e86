"""Attribute vectors and their correlation."""

import numpy as np
import pytest

from pipeline import attribute_vectors
from pipeline.attribute_vectors import AttributeVectors
from pipeline.errors import InputError
from pipeline.vocabulary import ATTRIBUTES

NAMES = ["Attractive", "Male", "Bald", "Young", "Smiling", "Black_Hair"]


def faces(count=400, dim=5, seed=0):
    random = np.random.default_rng(seed)
    attributes = random.random((count, 40)) < np.linspace(0.1, 0.9, 40)
    return random.standard_normal((count, dim), dtype=np.float32), attributes


def test_a_vector_is_the_difference_of_the_means_where_all_images_are_used():
    mu, attributes = faces()
    vectors = attribute_vectors.attribute_vectors(mu, attributes, per_class=1000)
    for i in (0, 20, 39):
        expected = mu[attributes[:, i]].mean(0) - mu[~attributes[:, i]].mean(0)
        np.testing.assert_allclose(vectors.vectors[i], expected, atol=1e-6)
    np.testing.assert_array_equal(vectors.positives, attributes.sum(0))
    np.testing.assert_array_equal(vectors.negatives, (~attributes).sum(0))
    assert vectors.vectors.dtype == np.float32


def test_up_to_per_class_images_are_drawn_and_the_numbers_kept():
    mu, attributes = faces()
    vectors = attribute_vectors.attribute_vectors(mu, attributes, per_class=60)
    np.testing.assert_array_equal(vectors.positives, np.minimum(attributes.sum(0), 60))
    np.testing.assert_array_equal(vectors.negatives, np.minimum((~attributes).sum(0), 60))
    assert vectors.counts()[0] == ("5_o_Clock_Shadow", int(attributes[:, 0].sum()), 60)


def test_a_draw_is_of_60_different_positive_images():
    mu, attributes = np.eye(400, dtype=np.float32), faces()[1]
    vector = attribute_vectors.attribute_vectors(mu, attributes, per_class=60).of("Male")
    male = attributes[:, ATTRIBUTES.index("Male")]
    assert np.count_nonzero(vector[male] > 0) == 60 and np.count_nonzero(vector[~male] < 0) == 60
    np.testing.assert_allclose(vector[vector != 0], np.sign(vector[vector != 0]) / 60, rtol=1e-6)


def test_the_seed_decides_and_other_attributes_do_not():
    mu, attributes = faces()
    first = attribute_vectors.attribute_vectors(mu, attributes, per_class=50, seed=1)
    again = attribute_vectors.attribute_vectors(mu, attributes, per_class=50, seed=1)
    other = attribute_vectors.attribute_vectors(mu, attributes, per_class=50, seed=2)
    np.testing.assert_array_equal(first.vectors, again.vectors)
    assert not np.array_equal(first.vectors, other.vectors)
    changed = attributes.copy()
    changed[:, 0] = ~changed[:, 0]
    second = attribute_vectors.attribute_vectors(mu, changed, per_class=50, seed=1)
    np.testing.assert_array_equal(first.vectors[1:], second.vectors[1:])


def test_an_attribute_without_positives_or_negatives_has_no_vector():
    mu, attributes = faces()
    attributes[:, ATTRIBUTES.index("Bald")] = False
    attributes[:, ATTRIBUTES.index("Young")] = True
    vectors = attribute_vectors.attribute_vectors(mu, attributes)
    assert vectors.missing() == ["Bald", "Young"]
    assert np.isnan(vectors.of("Bald")).all() and not np.isnan(vectors.of("Male")).any()
    matrix = attribute_vectors.correlation(vectors, NAMES)
    bald = NAMES.index("Bald")
    assert np.isnan(matrix[bald]).all() and np.isnan(matrix[:, bald]).all()
    male, smiling = NAMES.index("Male"), NAMES.index("Smiling")
    assert matrix[male, male] == pytest.approx(1) and abs(matrix[male, smiling]) < 1


def test_correlation_is_pearsons():
    vectors = attribute_vectors.attribute_vectors(*faces(dim=20))
    matrix = attribute_vectors.correlation(vectors, NAMES)
    assert matrix.shape == (6, 6)
    for i, j in ((0, 1), (3, 5), (4, 2)):
        x, y = (vectors.of(NAMES[k]).astype(float) for k in (i, j))
        x, y = x - x.mean(), y - y.mean()
        assert matrix[i, j] == pytest.approx((x @ y) / np.sqrt((x @ x) * (y @ y)))
    np.testing.assert_allclose(matrix, matrix.T)


def test_written_vectors_are_read_back(tmp_path):
    mu, attributes = faces()
    attributes[:, 4] = False
    vectors = attribute_vectors.attribute_vectors(mu, attributes)
    vectors.write(tmp_path / "folder" / "vectors.parquet")
    back = attribute_vectors.read(tmp_path / "folder" / "vectors.parquet")
    for name in ("vectors", "positives", "negatives"):
        np.testing.assert_array_equal(getattr(back, name), getattr(vectors, name))
    assert [p.name for p in (tmp_path / "folder").iterdir()] == ["vectors.parquet"]


def test_a_file_that_is_missing_or_of_another_kind_is_said(tmp_path):
    with pytest.raises(InputError, match="no.parquet"):
        attribute_vectors.read(tmp_path / "no.parquet")
    (tmp_path / "page.parquet").write_text("<html>Quota exceeded</html>")
    with pytest.raises(InputError, match="page.parquet"):
        attribute_vectors.read(tmp_path / "page.parquet")
    with pytest.raises(InputError, match="Beard"):
        AttributeVectors(np.zeros((40, 2)), np.ones(40), np.ones(40)).of("Beard")
