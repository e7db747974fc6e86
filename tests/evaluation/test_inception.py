"""The Inception network of FID."""

import pytest
import torch

from pipeline.errors import InputError
from pipeline.evaluation.frechet import frechet_distance, moments
from pipeline.evaluation.inception import inception_features
from tests import tiny

extractor = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3",
                                reason="torch-fidelity, which brings FID's network, is not installed")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Random weights in torch-fidelity's layout, saved from a network that was built without reading any."""
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
    real, drawn = (network(tiny.faces(6, seed=seed)) for seed in (1, 2))
    assert real.shape == (6, 2048) and real.std() > 0
    with torch.autocast("cpu", torch.bfloat16):  # the network stays in float32
        assert (network(tiny.faces(6, seed=1)) == real).all()
    real, drawn = real[:, :64], drawn[:, :64]  # all 2048 would be slow
    a, b = (fid_features_to_statistics(torch.from_numpy(rows).double()) for rows in (real, drawn))
    ours = frechet_distance(moments(real), moments(drawn))
    assert ours > 0
    assert ours == pytest.approx(fid_statistics_to_metric(a, b, False)["frechet_inception_distance"], rel=1e-3)


def test_an_error_names_a_missing_file_and_another_kind_of_file(tmp_path):
    torch.save({"fc.weight": torch.zeros(3)}, tmp_path / "other.pth")
    (tmp_path / "page.pth").write_text("<html>Quota exceeded</html>")
    for name in ("absent.pth", "other.pth", "page.pth"):
        with pytest.raises(InputError, match=name):
            inception_features(tmp_path / name)
    with pytest.raises(InputError, match=r"absent.pth does not exist"):
        inception_features(tmp_path / "absent.pth")


def test_a_file_with_code_in_it_is_not_run(tmp_path):
    class Code:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    torch.save({"fc.weight": Code()}, tmp_path / "code.pth")
    with pytest.raises(InputError, match=r"code.pth"):
        inception_features(tmp_path / "code.pth")
    assert not (tmp_path / "ran").exists()
