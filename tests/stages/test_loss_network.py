"""The stages loss_network and loss_networks."""

import json

import pytest
from safetensors import safe_open

from pipeline.config.plans import LossNetworkPlan, LossNetworksPlan
from pipeline.errors import InputError
from pipeline.losses.loss_network.conventions import CAFFE
from pipeline.losses.loss_network.file import METADATA_KEY
from pipeline.losses.loss_network.sources import Source
from pipeline.report import gathering
from stages import loss_network, loss_networks
from tests import tiny


@pytest.mark.parametrize("converted_from", ["", CAFFE])
def test_metadata_last_line_and_report_say_whether_weights_were_converted(planned, monkeypatch, capsys,
                                                                                 converted_from):
    plan = LossNetworkPlan(source="file", width=1.0, file="vgg19.pth", calibration_images=8, seed=0)
    (planned / "plan/pipeline/loss_network.json").write_text(plan.model_dump_json())
    monkeypatch.setattr(loss_network, "get_source",
                        lambda source, file, seed, width: Source(tiny.random_weights("relu1_2"), converted_from))
    loss_network.main()
    with safe_open("models/loss_network.safetensors", "pt") as file:
        metadata = json.loads(file.metadata()[METADATA_KEY])
    assert metadata["source"] == "file" and set(metadata["rms"]) == {"relu1_1", "relu1_2"}
    assert metadata.get("converted_from", "") == converted_from
    assert ("converted from" in capsys.readouterr().out) == bool(converted_from)
    (planned / "records/loss_network.json").unlink()  # no stage depends on it
    assert gathering.metadata_facts() == ({"converted from": converted_from} if converted_from else {})


def test_the_parameter_that_asks_for_a_missing_layer_is_named(planned):
    parameter = "variants.dfc.loss.layers"
    plan = LossNetworksPlan(layers={"dfc": ["relu2_1"]}, parameters={"dfc": parameter})
    (planned / "plan/pipeline/loss_networks.json").write_text(plan.model_dump_json())
    with pytest.raises(InputError, match=f"^params.yaml: {parameter} names relu2_1, but the random network holds"):
        loss_networks.main()
