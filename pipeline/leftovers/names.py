"""What folders in cluster.storage are called.

A training's checkpoints lie in <configuration>/<run>, where a configuration is <variant>-<key>. Other folders of this
project lie at the top.
"""

import re

CONFIGURATION = re.compile(r"(?!latents-|shards-|loss_network-|start_weights-)[A-Za-z0-9_]+-[0-9a-f]{16}")
RUN = re.compile("[0-9a-f]{32}")
COPIES = {re.compile("shards-[0-9a-f]{16}"): "a copy of the shards for a cluster's nodes",
          re.compile("latents-[A-Za-z0-9_]+-[0-9a-f]{16}"): "a copy of latents",
          re.compile("loss_network-[0-9a-f]{16}"): "a copy of a loss network for a cluster's nodes",
          re.compile("start_weights-[0-9a-f]{16}"): "a copy of the weights from which a training starts"}
PARTS = {"latents": "parts of latents under way", "prepare": "parts of shards under way",
         "vgg_fc": "parts of VGG-FC's features under way",
         "teach": "checkpoints of a loss network that is being taught"}  # in paths.UNFINISHED only


def variant_of(configuration: str) -> str:
    """Return the variant of a configuration, <variant>-<key>."""
    return configuration.rpartition("-")[0]
