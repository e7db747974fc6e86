"""What a training depends on, and by which its checkpoints are found. DVC makes the stage train depend on the same."""

import json
from pathlib import Path
from typing import NamedTuple

from pipeline import paths
from pipeline.cluster.shared_files import upload_for_all_nodes
from pipeline.config.variant import Variant
from pipeline.data import shards
from pipeline.files.folder import Folder
from pipeline.files.hashes import digest, sha256
from pipeline.losses.loss_network.file import read_source
from pipeline.models.start_weights import start_facts, start_file
from pipeline.plan import code

VIEW = "aligned"  # the view of which models are trained


class StartWeights(NamedTuple):
    """Where the weights file lies from which a training starts."""

    folder: Folder
    name: str  # of the file in the folder


class Inputs(NamedTuple):
    """All that the weights of one variant depend on."""

    variant: Variant
    code: str                # the text of the code's digest
    manifest: str            # of the shards
    loss_network: str        # sha256 of its file, or of the note that there is none
    start: str = ""          # sha256 of the weights file from which it starts; "" for new weights

    def hashes(self) -> dict[str, str]:
        """Return what identifies the data, as hexadecimal sha256 by name, for MLflow."""
        hashes = {"data_sha256": json.loads(self.manifest)["sha256"]}
        return hashes | ({"loss_network_sha256": self.loss_network} if has_loss_network(self.variant) else {})

    def tags(self) -> dict[str, str]:
        """Return tags for MLflow: the hashes, where the loss network comes from, and what the training starts from."""
        source = read_source(loss_network_file(self.variant)) if has_loss_network(self.variant) else "none"
        return {**self.hashes(), "loss_network": source, **start_facts(self.variant)}

    def trained_on(self) -> dict[str, str | int]:
        """Return what the weights file says of the training images: their source, their number, and a hash."""
        manifest = json.loads(self.manifest)
        return {"source": manifest["source"], "images": manifest["images"]["train"], "sha256": manifest["sha256"]}

    def configuration(self) -> str:
        """Return the name of the folder of its checkpoints: <variant>-<digest of all inputs>."""
        return f"{self.variant.name}-{digest(self.variant.planned(), *self[1:])}"


def inputs_of(variant: Variant) -> Inputs:
    """Return the inputs of the working tree.

    Raises:
        InputError: the code has changed since the plan was made, or the weights to start from do not fit.
    """
    own_code = code.refuse_unplanned_code("train", [variant])
    start = start_facts(variant).get("start_weights_sha256", "")
    manifest = json.dumps(shards.manifest(paths.SHARDS, VIEW))
    return Inputs(variant, own_code, manifest, sha256(loss_network_file(variant)), start)


def upload_inputs_for_all_nodes(inputs: Inputs, storage: str) -> tuple[Folder, Folder]:
    """Return folders with the shards and with the loss network of a variant that all nodes see.

    Args:
        inputs: of the working tree.
        storage: cluster.storage. If it is a URL or an absolute path, the files are copied there.

    Returns:
        The folder of the shards, and that of the loss network. A pixel loss has no loss network: then the second one
        does not exist.
    """
    identity = inputs.hashes()["data_sha256"][:16]
    network = Folder("none")
    if has_loss_network(inputs.variant):
        network = upload_for_all_nodes(loss_network_file(inputs.variant), storage,
                                       f"loss_network-{inputs.loss_network[:16]}", paths.LOSS_NETWORK.name)
    return upload_for_all_nodes(paths.SHARDS, storage, f"shards-{identity}", shards.manifest_name(VIEW),
                                below=f"view={VIEW}"), network


def upload_start_weights(inputs: Inputs, storage: str) -> StartWeights | None:
    """Return where all nodes see the weights file from which a training starts; None for new weights.

    Args:
        inputs: of the working tree.
        storage: as for `upload_inputs_for_all_nodes`.
    """
    file = start_file(inputs.variant)
    if file is None:
        return None
    return StartWeights(upload_for_all_nodes(file, storage, f"start_weights-{inputs.start[:16]}", file.name), file.name)


def has_loss_network(variant: Variant) -> bool:
    """Return True if the variant's loss has a feature term."""
    return variant.loss.reconstruction == "feature"


def loss_network_file(variant: Variant) -> Path:
    """Return the file of a variant's loss network, or the note that its loss has none."""
    return (paths.variant_loss_network if has_loss_network(variant) else paths.no_loss_network)(variant.name)
