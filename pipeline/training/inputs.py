"""What a training depends on, and by which its checkpoints are found. DVC makes the stage depend on the same."""

from pathlib import Path
from typing import NamedTuple

from pipeline.config import Variant
from pipeline.data import shards
from pipeline.plan import code
from pipeline.storage import Folder
from pipeline.workspace import digest, sha256

VIEW = "aligned"  # of which models are trained
SHARDS, LOSS_NETWORKS = Path("data/shards"), Path("models/loss_networks")
LOSS_NETWORK = "loss_network.safetensors"


class Inputs(NamedTuple):
    """Of one variant."""

    variant: Variant
    code: str                # the text of its digest
    hashes: dict[str, str]   # data_sha256; loss_network_sha256 where it has a feature loss

    def folder(self, storage: Folder) -> Folder:
        """Where its checkpoints lie: `storage`/<variant>-<digest of all inputs>."""
        name, plan = self.variant.name, self.variant.model_dump_json()
        return storage / f"{name}-{digest(plan, self.code, *self.hashes.values())}"


def inputs_of(variant: Variant) -> Inputs:
    """Those of the working tree. Raises InputError where the code is not the one that was planned with."""
    own_code = code.checked("train", [variant])
    hashes = {"data_sha256": shards.manifest(SHARDS, VIEW)["sha256"]}
    if variant.loss.reconstruction == "feature":
        hashes["loss_network_sha256"] = sha256(loss_network_of(variant))
    return Inputs(variant, own_code, hashes)


def loss_network_of(variant: Variant) -> Path:
    """The file of a variant's loss network; where it has no feature loss, there is none."""
    return LOSS_NETWORKS / variant.name / LOSS_NETWORK
