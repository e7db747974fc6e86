"""The networks in whose features samples are scored."""

from pipeline.evaluation.networks import describe_networks, scoring_networks
from pipeline.files.hashes import sha256
from tests import tiny


def test_other_weights_have_another_description(tmp_path):
    path = tiny.write_loss_network(tmp_path / "a.safetensors")
    described = describe_networks(path, "relu1_1", None)
    assert list(described) == list(scoring_networks(path, "relu1_1", None)) == ["loss_network"]
    other = tiny.write_loss_network(tmp_path / "b.safetensors", "relu2_1")
    again = describe_networks(other, "relu1_1", None)["loss_network"]
    assert described["loss_network"] == again | {"sha256": sha256(path)[:16]} != again


def test_inception_says_how_it_resizes(tmp_path):
    path = tiny.write_loss_network(tmp_path / "network.safetensors")
    inception = tmp_path / "inception.pth"
    inception.write_bytes(b"weights")
    described = describe_networks(path, "relu1_1", str(inception))["inception"]
    assert "299×299" in described["input"] and described["sha256"] == sha256(inception)[:16]
