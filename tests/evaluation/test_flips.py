"""Where the answers of SVMs flip along attribute vectors, what flips with them, and what decoded pictures say."""

import numpy as np
import pytest

from pipeline.evaluation import flips
from pipeline.evaluation.flips import MARGIN, averages, flipping_alpha, measure_flips
from pipeline.evaluation.linear_svm import LinearSVMs
from pipeline.vocabulary import ATTRIBUTES

D = 50


def measured(z, vectors, svms, *more):
    """Return the flips of 40 attributes."""
    return measure_flips(ATTRIBUTES, z, vectors, svms, *more)


def random_case(faces: int = 300):
    """Latents, and 40 vectors and SVMs in random directions that are turned so that a vector adds its attribute."""
    random = np.random.default_rng(0)
    z, vectors = random.standard_normal((faces, D), dtype=np.float32), random.standard_normal((40, D))
    weights = random.standard_normal((D + 1, 40))
    weights *= np.sign((vectors * weights[:-1].T).sum(axis=1))
    return z, vectors, LinearSVMs(weights)


def axes_case(faces: int = 400):
    """Attribute i is axis i of z: its SVM asks for its sign, and its vector is 2 along it."""
    z = np.random.default_rng(1).standard_normal((faces, D), dtype=np.float32)
    return z, 2 * np.eye(40, D), LinearSVMs(np.vstack([np.eye(D, 40), np.zeros(40)]))


def to_picture(z):
    """A lossless decoder but for its 256 shades: float32 N×D in about -8 … 8 → uint8 N×1×1×D."""
    assert z.dtype == np.float32
    return np.clip(np.round(z * 16 + 128), 0, 255).astype(np.uint8)[:, None, None]


def from_picture(pixels):
    return ((pixels[:, 0, 0].astype(np.float32)) - 128) / 16


def test_the_answer_flips_at_alpha_and_not_before():
    z, vectors, svms = random_case()
    decisions = svms.decide(z)
    alpha = flipping_alpha(decisions, (vectors * svms.weights[:-1].T).sum(axis=1))
    for i in (0, 17, 39):
        towards = np.where(decisions[:, i] > 0, -1, 1)
        for factor, flipped in ((1 - 1e-6, False), (1 + 1e-6, True)):
            moved = z + (factor * towards * alpha[:, i])[:, None] * vectors[i]
            assert ((svms.decide(moved)[:, i] > 0) != (decisions[:, i] > 0)).all() == flipped


def test_alpha_counts_whole_vectors():
    z, vectors, svms = axes_case()
    table = measured(z, vectors, svms).table
    np.testing.assert_allclose(table["median_alpha"], np.median(np.abs(z[:, :40]), axis=0) / 2, rtol=1e-5)
    np.testing.assert_allclose(table["flipped"], (np.abs(z[:, :40]) <= 2).mean(axis=0))
    longer = measured(z, 4 * vectors, svms).table
    np.testing.assert_allclose(4 * longer["median_alpha"], table["median_alpha"])
    assert table["attribute"].tolist() == list(ATTRIBUTES)
    assert (table["yes"] == (z[:, :40] > 0).sum(axis=0)).all() and (table["yes"] + table["no"] == len(z)).all()


def test_independent_attributes_flip_alone_and_opposite_ones_together():
    z, vectors, svms = axes_case()
    alone = measured(z, vectors, svms)
    np.testing.assert_array_equal(alone.entanglement, np.eye(40))
    assert (alone.table["others"] == 0).all()
    vectors[3, 5] = -2  # attribute 3 takes away as much of attribute 5
    found = measured(z, vectors, svms)
    adds, takes = z[:, 3] <= 0, z[:, 3] > 0
    flips_too = (adds & (z[:, 5] > 0) & (z[:, 5] <= -z[:, 3])) | (takes & (z[:, 5] <= 0) & (-z[:, 5] < z[:, 3]))
    assert 0.2 < flips_too.mean() < 0.3 and found.entanglement[3, 5] == pytest.approx(flips_too.mean(), abs=0.01)
    assert found.entanglement[5, 3] == 0 and found.table["others"][3] == pytest.approx(found.entanglement[3, 5] / 39)


def test_the_entanglement_is_what_moving_each_face_by_itself_gives():
    z, vectors, svms = random_case(60)
    found, before = measured(z, vectors, svms), svms.decide(z) > 0
    for i in (2, 31):
        gain = vectors[i] @ svms.weights[:-1, i]
        moved = np.stack([face + (-1 if yes else 1) * abs(svms.decide(face[None])[0, i]) / gain * vectors[i]
                          for face, yes in zip(z, before[:, i], strict=True)])
        expected = ((svms.decide(moved) > 0) != before).mean(axis=0)
        others = np.arange(40) != i
        np.testing.assert_allclose(found.entanglement[i][others], expected[others])
        assert found.entanglement[i, i] == 1


def test_what_cannot_be_measured_is_absent_with_its_reason():
    z, vectors, svms = axes_case()
    vectors[4] = np.nan
    svms.weights[-1, 7], svms.weights[-1, 8] = -99, 99
    vectors[9] *= -1
    found = measured(z, vectors, svms, 4, to_picture, from_picture)
    notes = {ATTRIBUTES[i]: note for i, note in enumerate(found.table["note"]) if note}
    assert list(notes) == [ATTRIBUTES[i] for i in (4, 7, 8, 9)]
    for note, words in zip(notes.values(), ("no vector", "answers no for every", "answers yes for every",
                                            "not flip along"), strict=True):
        assert words in note
    numbers = found.table[["median_alpha", "others", "decoded", "unmoved", "kept"]].isna()
    assert (numbers.all(axis=1) == numbers.any(axis=1)).all() and numbers["others"].sum() == 4
    assert found.table["flipped"].isna().sum() == 3 and found.table["flipped"][9] == 0, "no move flips an answer to 9"
    assert (found.table["decoded_faces"] == np.where(numbers["others"], 0, 4)).all()
    unknown = np.isnan(found.entanglement)
    assert unknown[[4, 7, 8, 9]].all() and unknown[:, [4, 7, 8, 9]].all() and unknown.sum() == 4 * 40 + 36 * 4
    assert averages(found)["attributes"] == 36


def test_a_decoder_that_shows_all_agrees_and_one_that_shows_nothing_does_not():
    z, vectors, svms = axes_case()
    z = np.where(np.abs(z) < 0.7, np.copysign(0.7, z), z)  # a tenth of the way is more than a shade
    table = measured(z, vectors, svms, 9, to_picture, from_picture).table
    assert (table["decoded"] == 1).all() and (table["unmoved"] == 0).all() and (table["decoded_faces"] == 9).all()
    np.testing.assert_allclose(table["kept"], 1, atol=0.05)
    blind = measured(z, vectors, svms, 9, lambda z: to_picture(0 * z + 1), from_picture).table
    assert (blind["decoded"] == blind["unmoved"]).all(), "always yes, moved or not"
    assert 0.3 < blind["decoded"].mean() < 0.7
    assert (blind["kept"] == 0).all()
    faint = measured(z, vectors, svms, 9, lambda z: to_picture(z / 4), from_picture).table
    np.testing.assert_allclose(faint["kept"], 0.25, atol=0.05)
    biased = measured(z, vectors, svms, 9, to_picture, lambda pixels: from_picture(pixels) + 0.5).table
    assert (biased["decoded"] < 1).any(), "answers that have only just flipped are lost"


def test_faces_are_decoded_a_little_beyond_their_own_alpha(monkeypatch):
    monkeypatch.setattr(flips, "DECODED_AT_ONCE", 7)
    z, vectors, svms = axes_case(50)
    seen = []

    def decode(latents):
        assert len(latents) <= 7
        seen.append(latents)
        return to_picture(latents)

    table = measured(z, vectors, svms, 3, decode, from_picture).table
    moved = np.concatenate(seen)[:3 * 40]
    for i in (0, 21):
        by_alpha = z[np.argsort(np.abs(z[:, i]))[[0, 24, 49]]]  # the nearest, the middle, the farthest
        expected = by_alpha.copy()
        expected[:, i] *= 1 - MARGIN
        np.testing.assert_allclose(moved[3 * i:3 * i + 3], expected, atol=1e-5)
    assert (table["decoded_faces"] == 3).all()
    assert (measured(z[:2], vectors, svms, 3, to_picture, from_picture).table["decoded_faces"].isin([0, 2])).all()


def test_without_decoded_faces_nothing_is_decoded():
    def never(array):
        raise AssertionError("called")

    z, vectors, svms = axes_case()
    found = measured(z, vectors, svms, 0, never, never)
    assert (found.table["decoded_faces"] == 0).all() and found.table["decoded"].isna().all()
    means = averages(found)
    assert means["decoded"] is None and means["unmoved"] is None and means["attributes"] == 40
    assert means["flipped"] == pytest.approx(found.table["flipped"].mean())


def test_the_order_of_the_faces_changes_nothing():
    z, vectors, svms = random_case()
    shuffled = np.random.default_rng(3).permutation(len(z))
    a, b = (measured(faces, vectors, svms, 5, to_picture, from_picture) for faces in (z, z[shuffled]))
    np.testing.assert_allclose(a.entanglement, b.entanglement)
    for name in ("median_alpha", "flipped", "decoded", "unmoved"):
        np.testing.assert_allclose(a.table[name], b.table[name])


def test_where_nothing_can_be_measured_there_are_no_means():
    z, vectors, svms = axes_case(20)
    found = measured(z, vectors * np.nan, svms, 5, to_picture, from_picture)
    assert averages(found) == {"median_alpha": None, "flipped": None, "others": None, "decoded": None,
                               "unmoved": None, "kept": None, "attributes": 0}


def test_an_attribute_without_an_svm_has_no_numbers_and_does_not_disturb_the_others():
    z, vectors, svms = random_case(60)
    whole = measured(z, vectors, svms, 2, to_picture, from_picture)
    svms.weights[:, 6] = np.nan
    found = measured(z, vectors, svms, 2, to_picture, from_picture)
    assert found.table["note"][6] == "no SVM: no image to fit it to has a known value"
    assert found.table["yes"][6] == found.table["no"][6] == 0 == found.table["decoded_faces"][6]
    assert found.table.loc[6, ["median_alpha", "flipped", "others", "decoded", "unmoved", "kept"]].isna().all()
    others = np.arange(40) != 6
    np.testing.assert_array_equal(found.entanglement[others][:, others], whole.entanglement[others][:, others])
    assert np.isnan(found.entanglement[6]).all() and np.isnan(found.entanglement[:, 6]).all()
    columns = ["median_alpha", "flipped", "decoded", "unmoved"]
    np.testing.assert_array_equal(found.table.loc[others, columns], whole.table.loc[others, columns])


@pytest.mark.parametrize("count", [0, 1])
def test_any_number_of_attributes_of_any_names(count):
    z, vectors, svms = axes_case(20)
    some = LinearSVMs(svms.weights[:, :count])
    found = measure_flips(["Beard"][:count], z, vectors[:count], some, 2, to_picture, from_picture)
    whole = measured(z, vectors, svms, 2, to_picture, from_picture)
    assert found.table["attribute"].tolist() == ["Beard"][:count] and found.entanglement.shape == (count, count)
    assert list(found.table) == list(whole.table)
    columns = ["yes", "no", "median_alpha", "flipped", "decoded_faces", "decoded"]
    np.testing.assert_array_equal(found.table[columns], whole.table[columns][:count])
