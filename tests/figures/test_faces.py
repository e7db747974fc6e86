"""Figures 3 to 6: samples, reconstructions, interpolation, attribute arithmetic."""

import numpy as np
import pytest
from PIL import Image

from pipeline.data.attributes import Attributes, all_known, no_attributes
from pipeline.figures import attribute_arithmetic as arithmetic_figure
from pipeline.figures import interpolation as interpolation_figure
from pipeline.figures.attribute_arithmetic import attribute_arithmetic
from pipeline.figures.choice import choose
from pipeline.figures.grid import GAP
from pipeline.figures.interpolation import interpolation
from pipeline.figures.reconstructions import reconstructions
from pipeline.figures.samples import samples
from pipeline.latent_space import attribute_vectors
from pipeline.latent_space.sampling import sample_prior
from pipeline.vocabulary import ATTRIBUTES

MALE, SMILING, EYEGLASSES = (ATTRIBUTES.index(name) for name in ("Male", "Smiling", "Eyeglasses"))


class Recorded:
    """A decoder that keeps what it was asked for."""

    def __init__(self, decode):
        self.decode, self.z = decode, []

    def __call__(self, z):
        self.z.append(z)
        return self.decode(z)


def image_rows(path, scale=2, side=16):
    """Number of rows of images in a mosaic: runs of ink in the last column of images."""
    sheet = np.asarray(Image.open(path).convert("RGB"))
    last = (sheet < 255).any(axis=2)[:, -int(side * scale):]
    full = last.sum(axis=1) > side * scale / 2  # a column label fills less than a half
    return int(np.sum(np.diff(full.astype(int)) == 1))


def test_samples_feed_the_same_z_to_every_decoder(tmp_path, decode):
    decoders = {"PVAE": Recorded(decode), "VAE-123": Recorded(decode)}
    samples(tmp_path / "samples.png", decoders, sample_prior(20, 12, seed=3), columns=10)
    np.testing.assert_array_equal(decoders["PVAE"].z[0], decoders["VAE-123"].z[0])
    assert image_rows(tmp_path / "samples.png") == 4


def test_samples_take_their_own_z_where_latent_sizes_differ(tmp_path, decode):
    def wide(z):
        return decode(np.ascontiguousarray(z[:, :12]))

    z = {"a": sample_prior(10, 12, 0), "b": sample_prior(10, 30, 0)}
    samples(tmp_path / "samples.png", {"a": decode, "b": wide}, z, columns=5)
    assert image_rows(tmp_path / "samples.png") == 4
    with pytest.raises(ValueError):
        samples(tmp_path / "samples.png", {"a": decode}, sample_prior(7, 12, 0), columns=5)


def test_reconstructions_show_the_input_and_one_row_per_model(tmp_path, decode, mu):
    images = decode(mu)
    seen = []
    models = {"PVAE": lambda x: seen.append(x) or 255 - x, "VAE-123": lambda x: x // 2}
    chosen = reconstructions(tmp_path / "r.png", len(images), images.__getitem__, models, columns=6, seed=4)
    assert len(set(chosen)) == 6 and image_rows(tmp_path / "r.png") == 3
    np.testing.assert_array_equal(seen[0], images[chosen])
    again = reconstructions(tmp_path / "r.png", len(images), images.__getitem__, models, columns=6, seed=4)
    np.testing.assert_array_equal(chosen, again)
    assert len(reconstructions(tmp_path / "r.png", 3, images.__getitem__, models, columns=6)) == 3


def test_interpolation_goes_in_a_straight_line_between_faces_that_fit(tmp_path, decode, mu, attributes):
    decoder = Recorded(decode)
    assert interpolation(tmp_path / "i.png", mu, attributes, decoder, seed=5) == []
    rows = decoder.z[0].reshape(4, 11, 12)
    np.testing.assert_allclose(np.diff(rows, axis=1), np.diff(rows, axis=1)[:, :1].repeat(10, 1), atol=1e-5)

    def face(z):
        return attributes.values[np.abs(mu - z).sum(1).argmin()]

    for row, (left, right) in enumerate((pair.left, pair.right) for pair in interpolation_figure.FIGURE5_PAIRS):
        for z, conditions in ((rows[row, 0], left), (rows[row, -1], right)):
            assert all(face(z)[ATTRIBUTES.index(name)] == wanted for name, wanted in conditions.items())
    assert image_rows(tmp_path / "i.png") == 4
    # width: eleven images, their gaps, and the labels
    assert Image.open(tmp_path / "i.png").width > 11 * 2 * (16 + GAP)


def test_a_pair_without_a_face_is_left_out_and_said_and_the_other_rows_stay(tmp_path, decode, mu, attributes):
    whole = Recorded(decode)
    interpolation(tmp_path / "i.png", mu, attributes, whole)
    attributes.values[:, EYEGLASSES] &= ~attributes.values[:, MALE]
    decoder = Recorded(decode)
    notes = interpolation(tmp_path / "i.png", mu, attributes, decoder)
    assert len(notes) == 1 and "Male, Eyeglasses" in notes[0]
    assert image_rows(tmp_path / "i.png") == 3
    kept = whole.z[0].reshape(4, 11, 12)[[0, 2, 3]]
    np.testing.assert_array_equal(decoder.z[0].reshape(3, 11, 12), kept)


def test_attribute_arithmetic_adds_and_subtracts_the_vector(tmp_path, decode, mu, attributes):
    vectors = attribute_vectors.compute_attribute_vectors(mu, attributes)
    decoder = Recorded(decode)
    assert attribute_arithmetic(tmp_path / "a.png", mu, attributes, vectors, decoder) == []
    rows = decoder.z[0].reshape(5, 11, 12)
    for row, change in zip(rows, arithmetic_figure.FIGURE6_ROWS, strict=True):
        np.testing.assert_allclose(row[-1] - row[0], change.sign * vectors.of(change.attribute), atol=1e-5)
        face = attributes.values[np.flatnonzero((mu == row[0]).all(axis=1))[0]]
        assert all(face[ATTRIBUTES.index(name)] == wanted for name, wanted in change.face.items())
    assert image_rows(tmp_path / "a.png") == 5


def test_the_second_papers_six_attributes_are_added_to_faces_without_them(tmp_path, decode, mu, attributes):
    vectors = attribute_vectors.compute_attribute_vectors(mu, attributes)
    decoder = Recorded(decode)
    six = arithmetic_figure.MANIPULATION_ROWS
    assert attribute_arithmetic(tmp_path / "m.png", mu, attributes, vectors, decoder, changes=six) == []
    assert [change.attribute for change in six] == ["Bald", "Black_Hair", "Eyeglasses", "Male", "Smiling", "Mustache"]
    for row, change in zip(decoder.z[0].reshape(6, 11, 12), six, strict=True):
        np.testing.assert_allclose(row[-1] - row[0], vectors.of(change.attribute), atol=1e-5)
        face = attributes.values[np.flatnonzero((mu == row[0]).all(axis=1))[0]]
        assert not face[ATTRIBUTES.index(change.attribute)]
    assert image_rows(tmp_path / "m.png") == 6


def test_a_change_without_a_vector_or_a_face_is_left_out_and_said(tmp_path, decode, mu, attributes):
    attributes.values[:, EYEGLASSES] = False
    vectors = attribute_vectors.compute_attribute_vectors(mu, attributes)
    notes = attribute_arithmetic(tmp_path / "a.png", mu, attributes, vectors, decode)
    assert len(notes) == 3 and "has no vector" in notes[0] and "no face" in notes[2]
    assert image_rows(tmp_path / "a.png") == 2
    attributes.values[:, SMILING] = False
    vectors = attribute_vectors.compute_attribute_vectors(mu, attributes)
    assert len(attribute_arithmetic(tmp_path / "none.png", mu, attributes, vectors, decode)) == 5
    assert not (tmp_path / "none.png").exists()


def test_a_face_is_chosen_by_its_attributes_and_the_seed(attributes):
    conditions = {"Male": True, "Smiling": False}
    chosen = [choose(attributes, conditions, np.random.default_rng(seed)) for seed in range(20)]
    assert attributes.values[chosen, MALE].all() and not attributes.values[chosen, SMILING].any()
    assert len(set(chosen)) > 5
    assert choose(attributes, conditions, np.random.default_rng(7)) == chosen[7]
    assert choose(attributes.of_rows(np.arange(0)), conditions, np.random.default_rng(7)) is None
    assert choose(attributes, {"Beard": True}, np.random.default_rng(7)) is None, "the data set lacks it"
    known = attributes.known.copy()
    known[:, MALE] = np.arange(200) < 20
    partly = Attributes(ATTRIBUTES, attributes.values & known, known)
    for wanted in (True, False):
        chosen = [choose(partly, {"Male": wanted}, np.random.default_rng(seed)) for seed in range(20)]
        assert max(chosen) < 20 and (attributes.values[chosen, MALE] == wanted).all(), "a face must be known to fit"


def of_others(attributes, *names):
    """Return the first columns under other names."""
    return all_known(names, attributes.values[:, :len(names)])


def test_where_a_figure_can_name_some_rows_these_stay_and_the_lost_ones_are_told_in_one_note(
        tmp_path, decode, mu, attributes):
    two = [MALE, SMILING]
    few = all_known(("Male", "Smiling"), attributes.values[:, two])
    whole, decoder = Recorded(decode), Recorded(decode)
    interpolation(tmp_path / "i.png", mu, attributes, whole)
    [note] = interpolation(tmp_path / "i.png", mu, few, decoder)
    assert note == ("interpolation: left out, since the data set has no Eyeglasses: "
                    "“man without eyeglasses → man with eyeglasses”")
    np.testing.assert_array_equal(decoder.z[0].reshape(3, 11, 12), whole.z[0].reshape(4, 11, 12)[[0, 2, 3]])
    vectors = attribute_vectors.compute_attribute_vectors(mu, few)
    [note] = attribute_arithmetic(tmp_path / "manipulation.png", mu, few, vectors, decode,
                                  changes=arithmetic_figure.MANIPULATION_ROWS)
    assert note.startswith("manipulation: left out, since the data set has no Bald, no Black Hair, no Blond Hair, no "
                           "Eyeglasses, no Mustache: “bald”, “black hair”")
    assert image_rows(tmp_path / "manipulation.png") == 2


def test_with_other_attributes_the_rows_are_of_those_that_most_faces_have(tmp_path, decode, mu, attributes):
    others = of_others(attributes, "rot", "grün", "blau", "never", "braun")
    others.values[:] = np.random.default_rng(0).random((200, 5)) < np.array([0.1, 0.6, 0.4, 0, 0.2])
    decoder = Recorded(decode)
    [note] = interpolation(tmp_path / "i.png", mu, others, decoder)
    assert "of its own that most faces have" in note and image_rows(tmp_path / "i.png") == 4
    rows = decoder.z[0].reshape(4, 11, 12)
    for row, name in zip(rows, ("grün", "blau", "braun"), strict=False):
        left, right = (np.flatnonzero((mu == z).all(axis=1))[0] for z in (row[0], row[-1]))
        assert not others.having(name)[left] and others.having(name)[right]
    vectors = attribute_vectors.compute_attribute_vectors(mu, others)
    decoder = Recorded(decode)
    [note] = attribute_arithmetic(tmp_path / "a.png", mu, others, vectors, decoder)
    assert "of its own that most faces have" in note
    rows = decoder.z[0].reshape(4, 11, 12)  # an attribute without a vector has no row
    for row, name, sign in zip(rows, ("grün", "blau", "braun", "rot"), (1, -1, 1, 1), strict=True):
        np.testing.assert_allclose(row[-1] - row[0], sign * vectors.of(name), atol=1e-5)
        face = np.flatnonzero((mu == row[0]).all(axis=1))[0]
        assert others.having(name)[face] == (sign < 0)


def test_without_attributes_pairs_are_random_and_attribute_arithmetic_has_no_picture(tmp_path, decode, mu):
    nothing = no_attributes(len(mu))
    decoder = Recorded(decode)
    [note] = interpolation(tmp_path / "i.png", mu, nothing, decoder)
    assert "has no attributes, so the pairs of faces are random" in note and image_rows(tmp_path / "i.png") == 4
    ends = decoder.z[0].reshape(4, 11, 12)[:3, [0, -1]].reshape(6, 12)
    assert len(np.unique(ends, axis=0)) > 3 and all((mu == z).all(axis=1).any() for z in ends)
    vectors = attribute_vectors.compute_attribute_vectors(mu, nothing)
    assert len(attribute_arithmetic(tmp_path / "a.png", mu, nothing, vectors, decode)) == 1
    assert not (tmp_path / "a.png").exists()


def test_an_attribute_that_all_faces_have_divides_none(tmp_path, decode, mu, attributes):
    alike = of_others(attributes, "human")
    alike.values[:] = True
    [note] = interpolation(tmp_path / "i.png", mu, alike, decode)
    assert "no attribute divides the test faces" in note
    [note] = attribute_arithmetic(tmp_path / "a.png", mu, alike,
                                  attribute_vectors.compute_attribute_vectors(mu, alike), decode)
    assert "left out, since no attribute has a vector" in note
