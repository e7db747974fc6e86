"""The Inception network of FID."""

import pytest
import torch

from pipeline.errors import InputError
from pipeline.evaluation.frechet import frechet_distance, moments
from pipeline.evaluation.inception import RELEASED, inception_features, read_inception, weight_shapes
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


def test_the_shapes_are_those_of_torch_fidelitys_network(weights):
    expected = {name: tuple(value.shape) for name, value in torch.load(weights).items()}
    counts = {name: shape for name, shape in expected.items() if name.endswith(".num_batches_tracked")}
    assert len(counts) == 94 and weight_shapes() | counts == expected


def test_the_features_are_those_of_torch_fidelitys_own_reader(weights):
    own = extractor.FeatureExtractorInceptionV3("inception", ["2048"], weights)
    images = tiny.faces(2)
    with torch.inference_mode():
        expected = own(torch.from_numpy(images))[0]
    torch.testing.assert_close(torch.from_numpy(inception_features(weights)(images)), expected)


@pytest.mark.parametrize(("change", "why"), [
    ({"fc.weight": torch.zeros(1000, 2048)}, "another network than torch-fidelity's Inception: fc.weight has shape "
                                             "(1000, 2048) and not (1008, 2048)"),
    ({"AuxLogits.fc.bias": torch.zeros(1000)}, "AuxLogits.fc.bias is not one of its weights"),
    ({"Mixed_5b.branch1x1.bn.running_var": torch.ones(64).long()},
     "Mixed_5b.branch1x1.bn.running_var is a tensor of type torch.LongTensor"),
    ({"Mixed_7c.branch_pool.bn.bias": torch.full((192,), torch.inf)},
     "is damaged: Mixed_7c.branch_pool.bn.bias has values that are not finite")])
def test_other_weights_are_refused_in_one_sentence_of_ours(tmp_path, change, why):
    path = tmp_path / "weights.pth"
    torch.save({name: torch.ones(1).expand(shape) for name, shape in weight_shapes().items()} | change, path)
    with pytest.raises(InputError) as error:
        read_inception(path)
    said = str(error.value)
    assert said.startswith(f"sampling.inception: {path} ") and why in said and "\n" not in said
    assert said.endswith("get the file again" if "damaged" in why else f"give {RELEASED} of torch-fidelity's releases")


def test_an_error_names_a_missing_file_and_another_kind_of_file(tmp_path):
    torch.save({"fc.weight": torch.zeros(3)}, tmp_path / "other.pth")
    (tmp_path / "page.pth").write_text("<html>Quota exceeded</html>")
    for name, said in (("absent.pth", "does not exist"), ("page.pth", "is an HTML page, not weights"),
                       ("other.pth", "another network than torch-fidelity's Inception: .* is missing")):
        with pytest.raises(InputError, match=f"{name} .*{said}; give {RELEASED}"):
            inception_features(tmp_path / name)


def test_a_file_with_code_in_it_is_not_run(tmp_path):
    class Code:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    torch.save({"fc.weight": Code()}, tmp_path / "code.pth")
    with pytest.raises(InputError, match=r"code.pth"):
        inception_features(tmp_path / "code.pth")
    assert not (tmp_path / "ran").exists()
