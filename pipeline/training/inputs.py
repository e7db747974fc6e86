"""What a training depends on, and by which its checkpoints are found. DVC makes the stage depend on the same."""

import json
from pathlib import Path
from typing import NamedTuple

from pipeline.config import Variant
from pipeline.data import shards
from pipeline.plan import code
from pipeline.workspace import digest, sha256

VIEW = "aligned"  # of which models are trained
SHARDS, LOSS_NETWORKS = Path("data/shards"), Path("models/loss_networks")
LOSS_NETWORK = "loss_network.safetensors"


class Inputs(NamedTuple):
    """All that the weights of one variant depend on."""

    variant: Variant
    code: str                # its digest
    manifest: str            # of the shards
    loss_network: str        # sha256 of its file, or of the note that there is none

    def hashes(self) -> dict[str, str]:
        """What identifies the data: hexadecimal sha256 by name, as MLflow has them."""
        found = {"data_sha256": json.loads(self.manifest)["sha256"]}
        return found | ({"loss_network_sha256": self.loss_network} if has_loss_network(self.variant) else {})

    def configuration(self) -> str:
        """The name of the folder of its checkpoints: <variant>-<digest of all inputs>."""
        return f"{self.variant.name}-{digest(self.variant.planned(), *self[1:])}"


def inputs_of(variant: Variant) -> Inputs:
    """Those of the working tree. Raises InputError where the code is not the one that was planned with."""
    own_code = code.checked("train", [variant])
    manifest = json.dumps(shards.manifest(SHARDS, VIEW))
    return Inputs(variant, own_code, manifest, sha256(loss_network_of(variant)))


def has_loss_network(variant: Variant) -> bool:
    """Whether its loss has a feature term."""
    return variant.loss.reconstruction == "feature"


def loss_network_of(variant: Variant) -> Path:
    """The file of a variant's loss network, or the note that its loss has none."""
    return LOSS_NETWORKS / variant.name / (LOSS_NETWORK if has_loss_network(variant) else "none.json")
