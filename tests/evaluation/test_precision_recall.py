"""Precision and recall, compared with torch-fidelity's."""

import numpy as np
import pytest

from pipeline.evaluation import precision_recall as module
from pipeline.evaluation.precision_recall import FEWEST, precision_recall


def test_they_are_torch_fidelitys(monkeypatch):
    torch, metric = pytest.importorskip("torch"), pytest.importorskip("torch_fidelity.metric_prc")
    random = np.random.default_rng(0)
    samples, reference = random.random((70, 6)) * 0.7, random.random((50, 6))
    expected = metric.prc_features_to_metric(torch.from_numpy(samples), torch.from_numpy(reference), verbose=False)
    expected = pytest.approx((expected["precision"], expected["recall"]), abs=1e-6)
    assert precision_recall(samples, reference) == expected
    assert len({*precision_recall(samples, reference), 0.0, 1.0}) == 4
    monkeypatch.setattr(module, "ROWS", 9)  # the distances in parts
    assert precision_recall(samples, reference) == expected


def test_precision_sees_wrong_samples_and_recall_missing_kinds():
    random = np.random.default_rng(0)
    kinds = np.repeat([[0.0, 0.0], [100.0, 0.0]], 50, axis=0)
    reference = random.standard_normal((100, 2)) + kinds
    one_kind = random.standard_normal((100, 2)) * 0.5
    precision, recall = precision_recall(one_kind, reference)
    assert precision > 0.9 and recall <= 0.5
    precision, recall = precision_recall(np.concatenate([reference[::2] + 0.01, one_kind + 1000]), reference)
    assert precision == pytest.approx(1 / 3, abs=0.05) and recall > 0.6


def test_the_fewest_images_are_enough():
    images = np.random.default_rng(0).random((FEWEST, 3))
    assert precision_recall(images, images) == (1.0, 1.0)
