"""Whether reconstructions keep attributes: agreement, chance and kappa, and the way from latents to latents."""

import numpy as np
import pytest
import torch
from sklearn.metrics import cohen_kappa_score

from pipeline.data.pixels import to_uint8
from pipeline.evaluation import preservation
from pipeline.evaluation.preservation import (
    attribute_preservation,
    cohens_kappa,
    encode_reconstructions,
    preservation_averages,
)
from pipeline.latent_space.encoding import encode
from pipeline.models.build import build_model
from pipeline.vocabulary import ATTRIBUTES
from tests import tiny

COUNT = len(ATTRIBUTES)


def answers(share: float, seed: int, number: int = 200) -> np.ndarray:
    """Return bool N×40, true with this chance."""
    return np.random.default_rng(seed).random((number, COUNT)) < share


def preserved(before: np.ndarray, after: np.ndarray):
    """Return the rows of answers, bool N×40, of which latents are the decision values themselves."""
    return attribute_preservation(ATTRIBUTES, lambda x: x, np.where(before, 0.5, -2.0), np.where(after, 3.0, -0.1))


def test_agreement_chance_and_kappa_are_those_of_the_answers():
    before = answers(0.3, 1)
    after = before ^ answers(0.2, 2)
    rows = preserved(before, after)
    assert list(rows["attribute"]) == list(ATTRIBUTES) and set(rows["note"]) == {""}
    for i, row in rows.iterrows():
        p, q, agreement = before[:, i].mean(), after[:, i].mean(), (before[:, i] == after[:, i]).mean()
        assert (row["faces"], row["reconstructions"], row["agreement"]) == pytest.approx((p, q, agreement))
        assert row["chance"] == pytest.approx(p * q + (1 - p) * (1 - q))
        assert row["kappa"] == pytest.approx((agreement - row["chance"]) / (1 - row["chance"]))
        assert row["kappa"] == pytest.approx(cohen_kappa_score(before[:, i], after[:, i]))


def test_kappa_is_one_for_equal_answers_below_zero_for_opposite_ones_and_zero_by_chance():
    before = answers(0.1, 1, 4000)
    assert (preserved(before, before)[["agreement", "kappa"]] == 1).all(axis=None)
    opposite = preserved(before, ~before)
    assert (opposite["agreement"] == 0).all() and (opposite["kappa"] < 0).all()
    unrelated = preserved(before, answers(0.1, 2, 4000))
    assert unrelated["agreement"].min() > 0.78 and unrelated["kappa"].abs().max() < 0.1  # agreement alone flatters


@pytest.mark.parametrize("constant", [True, False])
def test_reconstructions_that_all_get_one_answer_have_kappa_zero(constant):
    for positives in range(1, 49):
        before = np.arange(49) < positives
        assert cohens_kappa(before, np.full(49, constant)) == 0


def test_where_all_faces_get_one_answer_there_is_no_kappa():
    before = answers(0.5, 1)
    before[:, 0], before[:, 1] = True, False
    rows = preserved(before, answers(0.5, 2))
    assert list(rows["kappa"].isna()) == [True, True] + [False] * (COUNT - 2)
    assert rows["note"][0] == "all faces get the answer yes: no kappa"
    assert rows["note"][1] == "all faces get the answer no: no kappa"
    averages = preservation_averages(rows)
    assert averages["attributes"] == COUNT - 2 and averages["kappa"] == pytest.approx(rows["kappa"][2:].mean())
    assert averages["agreement"] == pytest.approx(rows["agreement"].mean())
    assert averages["chance"] == pytest.approx(rows["chance"].mean())
    always = np.ones((5, COUNT), dtype=bool)
    assert preservation_averages(preserved(always, always)) == {
        "agreement": 1, "chance": 1, "kappa": None, "attributes": 0}


@pytest.fixture(scope="module")
def vae():
    torch.manual_seed(0)
    return build_model(tiny.variant()).eval()


def test_reconstructions_are_encoded_as_they_are_shown(vae, monkeypatch):
    mu = 3 * np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    with torch.no_grad():
        shown = to_uint8(vae.decode(torch.from_numpy(mu)).cpu()).numpy()
    expected = encode(vae, shown)[0]
    with torch.autocast("cpu", torch.bfloat16):  # all stays in float32
        np.testing.assert_allclose(encode_reconstructions(vae, mu), expected, rtol=1e-4, atol=1e-5)
    monkeypatch.setattr(preservation, "BATCH", 2)
    np.testing.assert_allclose(encode_reconstructions(vae, mu), expected, rtol=1e-4, atol=1e-5)
    assert encode_reconstructions(vae, mu).dtype == np.float32 and np.ptp(expected, axis=0).min() > 0


def test_no_faces_have_no_reconstructions(vae):
    assert encode_reconstructions(vae, np.empty((0, 4), np.float32)).shape == (0, 4)


def test_an_attribute_without_an_svm_has_no_numbers_but_a_note():
    decided = np.array([[1.0, np.nan], [-1.0, np.nan]])
    rows = attribute_preservation(["a", "b"], lambda x: x, decided, -decided)
    assert rows["agreement"][0] == 0 and rows["note"][0] == ""
    assert rows.loc[1, ["faces", "reconstructions", "agreement", "chance", "kappa"]].isna().all()
    assert rows["note"][1] == "no SVM: no image to fit it to has a known value"
    assert preservation_averages(rows) == {"agreement": 0, "chance": 0.5, "kappa": -1, "attributes": 1}


def test_without_attributes_there_is_a_header():
    rows = attribute_preservation([], lambda x: x, np.empty((5, 0)), np.empty((5, 0)))
    assert rows.empty and list(rows) == list(preserved(answers(0.5, 1), answers(0.5, 2)))
