"""The network of FID."""

import pytest
import torch

from pipeline.errors import InputError
from pipeline.evaluation import sample_quality
from pipeline.evaluation.inception import inception_features
from tests import tiny

extractor = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3",
                                reason="torch-fidelity, which brings FID's network, is not installed")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Random weights in torch-fidelity's layout, which its own reader asks for when it builds the network."""
    path = tmp_path_factory.mktemp("inception") / "weights.pth"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extractor, "load_state_dict_from_url", lambda *_, **__: {})
        patch.setattr(torch.nn.Module, "load_state_dict", lambda *_, **__: None)
        network = extractor.FeatureExtractorInceptionV3("inception", ["2048"])
    torch.save(network.state_dict(), path)
    return path


def test_fid_is_the_frechet_distance_of_inceptions_last_pooling(weights):
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    network = inception_features(weights)
    real, made = (network(tiny.faces(6, seed=seed)) for seed in (1, 2))
    assert real.shape == (6, 2048) and real.std() > 0
    with torch.autocast("cpu", torch.bfloat16):  # which it does not follow
        assert (network(tiny.faces(6, seed=1)) == real).all()
    a, b = (fid_features_to_statistics(torch.from_numpy(rows[:, :64]).double()) for rows in (real, made))  # all: slow
    ours = sample_quality.frechet_distance(*(sample_quality.moments(rows[:, :64]) for rows in (real, made)))
    assert ours > 0
    assert ours == pytest.approx(fid_statistics_to_metric(a, b, False)["frechet_inception_distance"], rel=1e-3)


def test_a_file_that_is_missing_or_of_another_kind_is_said(tmp_path):
    torch.save({"fc.weight": torch.zeros(3)}, tmp_path / "other.pth")
    (tmp_path / "page.pth").write_text("<html>Quota exceeded</html>")
    for name in ("absent.pth", "other.pth", "page.pth"):
        with pytest.raises(InputError, match=name):
            inception_features(tmp_path / name)
    with pytest.raises(InputError, match="absent.pth does not exist"):
        inception_features(tmp_path / "absent.pth")


def test_a_file_with_code_in_it_is_not_run(tmp_path):
    class Code:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    torch.save({"fc.weight": Code()}, tmp_path / "code.pth")
    with pytest.raises(InputError, match="code.pth"):
        inception_features(tmp_path / "code.pth")
    assert not (tmp_path / "ran").exists()
