"""From CelebA's images to shards: decode each image once, cut every view out of it, write Parquet."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from PIL import Image
from tqdm import tqdm

from pipeline.by_name import module
from pipeline.cluster import each
from pipeline.config import Cluster
from pipeline.data import shard_files, shards
from pipeline.data.celeba import CelebA, decode
from pipeline.errors import InputError
from pipeline.json_file import read_json, write_json
from pipeline.storage import Folder
from pipeline.vocabulary import SPLITS, VIEWS, choices
from pipeline.workspace import digest, only

PART_ROWS = shards.PART_ROWS
Crop = Callable[[Image.Image, int, np.ndarray], np.ndarray]  # see `pipeline.data.views`


def all_views() -> dict[str, Crop]:
    """Name → crop of every file in `pipeline/data/views`, by name. Raises InputError where one has no crop."""
    found = {name: getattr(module(VIEWS, name), "crop", None) for name in choices(VIEWS)}
    for name, crop in found.items():
        if crop is None:
            raise InputError(f"pipeline/{VIEWS}/{name}.py has no function crop; write it, as the other views have it")
    return found


class Part(NamedTuple):
    """A run of rows that become one file in every view."""

    split: str
    number: int
    image_ids: np.ndarray  # str N
    attributes: np.ndarray  # bool N×40
    landmarks: np.ndarray  # int16 N×5×2

    @property
    def name(self) -> str:
        return f"{self.split}-{self.number:05}"


class Recipe(NamedTuple):
    """What is made of every part."""

    image_size: int
    views: Mapping[str, Crop]
    source: str
    origin: str  # where the images lie, for messages


def prepare(celeba: CelebA, root: str | Path, image_size: int = 64, views: Mapping[str, Crop] | None = None,
            processes: int = 0, progress: bool = True, source: str = "celeba", cluster: Cluster | None = None,
            work: str | Path | None = None, made_by: str = "") -> dict[str, dict]:
    """Write every view of every image under `root`, replacing what is there, and return the views' manifests by name.

    views: name → crop; None for all.

    processes: 0 for as many as there are processor cores, 1 to work in this process.
    cluster: where Ray has a cluster for the work, instead of processes. The images are read and the files written
        here, so its nodes need to see neither folder. The result is the same however the parts are made.
    source: where the images come from, in words, for the manifest and the files' metadata.
    work: a folder on the disk of `root`, by default beside it, in which parts are kept until all are done: when an
        interrupted run is started again, those are not made again.
    made_by: names the images' bytes and the code; parts that were made by others are not taken.

    A manifest: source, image_size, view, images (number by split), sha256 over all ids, pixels, attributes and
    landmarks in order, and files_sha256 over the files. `root` appears only when all is done. However many the images,
    each process holds the pixels of one part, and this one the stored images and Parquet files of two parts for each
    process at most. Raises InputError, naming the image, if one is damaged.
    """
    root = Path(root)
    if image_size < 1:
        raise InputError(f"image_size is {image_size}: it should be at least 1 pixel")
    recipe = Recipe(image_size, all_views() if views is None else views, source, str(celeba.images.path))
    work = Path(work or root.parent / f".{root.name}-under-way")
    begun = only(work / identity(celeba, recipe, made_by))

    content, files = ({view: hashlib.sha256() for view in recipe.views} for _ in range(2))
    with tqdm(total=len(celeba), desc="prepare", unit=" images", disable=not progress) as bar:
        for part, of_views in make(celeba, recipe, begun, processes, cluster):
            for view, (sha256, file_sha256) in zip(recipe.views, of_views, strict=True):
                content[view].update(f"{part.split} {sha256}\n".encode())
                files[view].update(f"{part.split} {file_sha256}\n".encode())
            bar.update(len(part.image_ids))
    images = {split: int((celeba.split == split).sum()) for split in SPLITS}
    manifests = {view: {"source": source, "image_size": image_size, "view": view, "images": images,
                        "sha256": content[view].hexdigest(), "files_sha256": files[view].hexdigest()}
                 for view in recipe.views}
    for view, manifest in manifests.items():
        write_json(begun / "shards" / shards.manifest_name(view), manifest)
    _move(begun / "shards", root)
    shutil.rmtree(work, ignore_errors=True)
    return manifests


def make(celeba: CelebA, recipe: Recipe, folder: Path, processes: int,
         cluster: Cluster | None) -> Iterator[tuple[Part, list[tuple[str, str]]]]:
    """Write the parts that `folder` does not have; every part in order, with the sha256 of each view's content and
    file."""
    parts, written = list(_parts(celeba)), Folder.of(folder / "shards")
    records = {part.name: folder / "done" / f"{part.name}.json" for part in parts}
    names = {part.name: [shards.part_name(view, part.split, part.number) for view in recipe.views] for part in parts}
    missing = [part for part in parts
               if not (records[part.name].is_file() and all(map(written.has, names[part.name])))]
    unmade = {part.name for part in missing}
    work = ((part, [celeba.images.read(image_id) for image_id in part.image_ids.tolist()]) for part in missing)
    results = each(encode, recipe, work, cluster, _processes(processes, len(missing)))
    for part in parts:
        if part.name in unmade:
            files = next(results)
            for name, (file, _) in zip(names[part.name], files.values(), strict=True):
                written.write(name, file)
            digests = [(sha256, hashlib.sha256(file).hexdigest()) for file, sha256 in files.values()]
            write_json(records[part.name], digests)  # last: it says that all are there
        yield part, read_json(records[part.name])


def encode(recipe: Recipe, work: tuple[Part, list[bytes]]) -> dict[str, tuple[pa.Buffer, str]]:
    """One part and its images as they are stored → view → its Parquet file, and the sha256 of its content."""
    part, images = work
    size = recipe.image_size
    pixels = {view: np.empty((len(images), 3, size, size), np.uint8) for view in recipe.views}
    for row, (image_id, stored) in enumerate(zip(part.image_ids.tolist(), images, strict=True)):
        image = decode(image_id, stored, recipe.origin)
        for view, crop in recipe.views.items():
            pixels[view][row] = crop(image, size, part.landmarks[row])
    return {view: shard_files.encode_part(view, part.split, part.image_ids, pixels[view], part.attributes,
                                          part.landmarks, {"source": recipe.source}) for view in recipe.views}


def identity(celeba: CelebA, recipe: Recipe, made_by: str) -> str:
    """A name for all that the shards depend on."""
    columns = (celeba.attributes, celeba.landmarks, celeba.split)
    images = " ".join(celeba.image_ids.tolist())
    return digest(repr((recipe.image_size, list(recipe.views), recipe.source, PART_ROWS)), made_by, images,
                  *(hashlib.sha256(np.ascontiguousarray(column)).hexdigest() for column in columns))


def _parts(celeba: CelebA) -> Iterator[Part]:
    """Split after split. A split without images has one empty part, so that its schema can be read."""
    for split in SPLITS:
        rows = np.flatnonzero(celeba.split == split)
        for number, start in enumerate(range(0, max(1, len(rows)), PART_ROWS)):
            chosen = rows[start:start + PART_ROWS]
            yield Part(split, number, celeba.image_ids[chosen], celeba.attributes[chosen], celeba.landmarks[chosen])


def _processes(asked: int, parts: int) -> int:
    if asked < 0:
        raise InputError(f"processes is {asked}: it should be 0 (one per processor core) or a number of processes")
    import joblib

    return max(1, min(joblib.effective_n_jobs(asked or -1), parts))


def _move(new: Path, root: Path) -> None:
    """Put the folder `new` in the place of `root`."""
    old = new.with_name(f"{new.name}-old")
    if root.exists():
        os.replace(root, old)
    root.parent.mkdir(parents=True, exist_ok=True)
    os.replace(new, root)
    shutil.rmtree(old, ignore_errors=True)
