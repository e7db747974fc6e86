"""What the disks will have to hold, said before the long work; a disk that is too small in any case is refused.

DVC's cache is not counted: its files are hard links to the results (docs/outputs.md, "Disk").
"""

import os
from collections.abc import Iterator
from pathlib import Path

from pipeline.config.params import Params
from pipeline.data.space import Need, bytes_below, check_disks, least_shard_bytes, shard_bytes, vgg_fc_bytes
from pipeline.files.json_file import read_json
from pipeline.paths import DATASET, SHARDS, UNFINISHED
from pipeline.vocabulary import VIEWS, choices

DRAWN = 11_300  # bytes of a drawn face in its zip, and of its lines in the tables: measured on 16,000
VIEWS_WITHOUT_LANDMARKS = 2  # aligned and flipped; the views themselves are not imported for an estimate
IN_COLOUR = ("synthetic", "celeba")  # sources whose images are
FULLY_CONNECTED = 4 * (25_088 + 4_096) * 4_096  # bytes of VGG-19's fully connected layers, in a file that has them


def notes_on_disk(params: Params, images: int, landmarks: bool, attributes: bool, drawn: int = 0) -> Iterator[str]:
    """Yield a sentence for each disk that will probably be too small for what comes.

    What an interrupted `prepare` has written counts as there: the next one takes it, or deletes it.

    Args:
        params: all parameters.
        images: of which shards will be made; 0 where they are there.
        landmarks: whether the images have landmarks, given or to be found.
        attributes: whether the images have attributes, without which there are no baselines.
        drawn: the number of faces that will be drawn.

    Raises:
        InputError: a disk is too small in any case.
    """
    size, views = params.data.image_size, len(choices(VIEWS)) if landmarks else VIEWS_WITHOUT_LANDMARKS
    about = shard_bytes(images, views, size)
    least = least_shard_bytes(images, views, size, in_colour=params.data.source in IN_COLOUR)
    there = bytes_below(UNFINISHED / "prepare")
    needs = [Need(f"{SHARDS}", SHARDS.parent, max(0, about - there), max(0, least - there))]
    if drawn:
        needs.append(Need(f"{DATASET}", DATASET.parent, drawn * DRAWN, int(0.9 * drawn * DRAWN)))
    if os.path.isabs(params.cluster.storage):  # the copy may be there from an earlier run
        needs.append(Need("a copy of the view aligned", Path(params.cluster.storage), shard_bytes(images, 1, size), 0))
    if attributes and may_measure_vgg_fc(params):
        needs.append(Need("VGG-FC's features", UNFINISHED, vgg_fc_bytes(images), 0))
    yield from check_disks([need for need in needs if need.about])


def shards_may_be_there(params: Params, images: int) -> bool:
    """Return whether there are shards of as many images and of that size, so that the stage prepare may not run.

    Images that were left out of them, since their files are broken, count too.
    """
    manifest = SHARDS / "view=aligned/_manifest.json"
    found = read_json(manifest) if manifest.is_file() else {}
    of_images = sum(found.get("images", {}).values()) + (found.get("left_out") or {}).get("images", 0)
    return bool(found.get("image_size") == params.data.image_size and of_images == images)


def may_measure_vgg_fc(params: Params) -> bool:
    """Return whether the loss network's weights may have VGG-19's fully connected layers."""
    network = params.loss_network
    if network.width != 1 or network.source not in ("imagenet", "file"):
        return False
    file = Path(network.file)
    return network.source == "imagenet" or (file.is_file() and file.stat().st_size >= FULLY_CONNECTED)
