"""From images to shards: decode each image once, cut every view out of it, write Parquet."""

import hashlib
import inspect
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from tqdm import tqdm

from pipeline.data import shard_files, shards
from pipeline.data.attributes import Attributes
from pipeline.data.dataset import Dataset
from pipeline.data.framing import CELEBA_REMEDY, CELEBA_SIZE_REMEDY, Framing
from pipeline.errors import InputError
from pipeline.files.atomic import replace_folder
from pipeline.files.folder import Folder
from pipeline.files.hashes import digest
from pipeline.files.json_file import read_json, write_json
from pipeline.files.work_folder import delete_siblings_and_partial_files
from pipeline.parallel import ParallelMap, in_this_process
from pipeline.registry import load_module
from pipeline.vocabulary import SPLITS, VIEWS, choices

PART_ROWS = shards.PART_ROWS
Crop = Callable[..., np.ndarray]  # RGB image, S, landmarks → uint8 3×S×S; see `pipeline.data.views`
NO_LANDMARKS = "it is cut by landmarks, and these images have none"


def all_views() -> dict[str, Crop]:
    """Import every file in `pipeline/data/views`; return name → crop, sorted by name.

    Raises:
        InputError: a file has no function `crop`.
    """
    crops: dict[str, Crop] = {}
    for name in choices(VIEWS):
        crop = getattr(load_module(VIEWS, name), "crop", None)
        if crop is None:
            raise InputError(f"pipeline/{VIEWS}/{name}.py has no function crop; write it, as the other views have it")
        crops[name] = crop
    return crops


def needs_landmarks(crop: Crop) -> bool:
    """Return whether a view is cut by landmarks: its third argument has no default."""
    return list(inspect.signature(crop).parameters.values())[2].default is inspect.Parameter.empty


def possible_views(views: Mapping[str, Crop], landmarks: bool) -> dict[str, Crop]:
    """Return the views that can be cut out of images that have landmarks, or have none."""
    return {view: crop for view, crop in views.items() if landmarks or not needs_landmarks(crop)}


class Part(NamedTuple):
    """A run of N rows that become one file in every view."""

    split: str
    number: int  # in the split, from 0
    image_ids: np.ndarray  # str N
    attributes: Attributes  # of N images
    landmarks: np.ndarray | None  # N×5×2, in pixels of the stored images

    @property
    def name(self) -> str:
        """A name that no other part has."""
        return f"{self.split}-{self.number:05}"


class PartDigests(NamedTuple):
    """SHA-256 in hexadecimal of one part in one view."""

    content: str  # of ids, pixels, attributes and landmarks
    file: str  # of the Parquet file


class Recipe(NamedTuple):
    """What is made of every part."""

    image_size: int
    views: Mapping[str, Crop]
    source: str
    origin: str  # where the images lie, for messages
    framing: Framing = Framing("none", CELEBA_REMEDY, CELEBA_SIZE_REMEDY)


def prepare(dataset: Dataset, root: str | Path, image_size: int = 64, views: Mapping[str, Crop] | None = None,
            parallel_map: ParallelMap = in_this_process, progress: bool = True, source: str = "celeba",
            work: str | Path | None = None, made_by: str = "", framing: Framing | None = None,
            about: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    """Write every view of every image under `root`, replacing what is there.

    `root` appears only when all is done. Parts are kept in `work` until then, so that a run that was interrupted does
    not make them again. The images are read and the files written in this process; other machines need to see
    neither folder. However many the images, each process holds the pixels of one part. This one holds the stored
    images and Parquet files of two parts for each process, as long as it writes parts faster than they are made.

    A view that is cut by landmarks is left out where the images have none: only its manifest is written, which says so.

    Args:
        dataset: the images.
        root: the folder of the shards.
        image_size: S of the crops, in pixels.
        views: name → crop; None for all in `pipeline/data/views`.
        parallel_map: where parts are made. The result does not depend on it.
        progress: show a bar on stderr.
        source: where the images come from, in words, for the manifest and the files' metadata.
        work: a folder on the disk of `root`, by default beside it, for unfinished work. It is deleted in the end.
        made_by: names the images' bytes and the code. Parts that were made by others are not taken.
        framing: how the images come to CelebA's frame; None where they are in it. A data set that is cropped has no
            landmarks.
        about: further entries of the manifests.

    Returns:
        The manifest of each view that was made: source, image_size, view, attributes (their names), images (number by
        split), sha256 over all ids, pixels, attributes and landmarks in order, and files_sha256 over the files.

    Raises:
        InputError: an image is damaged; the message names it.
    """
    root = Path(root)
    if image_size < 1:
        raise InputError(f"data.image_size is {image_size}: it should be at least 1 pixel")
    views = all_views() if views is None else views
    recipe = Recipe(image_size, possible_views(views, dataset.landmarks is not None), source, str(dataset.images.path),
                    *([framing] if framing else []))
    work = Path(work or root.parent / f".{root.name}-under-way")
    unfinished = delete_siblings_and_partial_files(work / work_key(dataset, recipe, made_by))

    content, files = ({view: hashlib.sha256() for view in recipe.views} for _ in range(2))
    with tqdm(total=len(dataset), desc="prepare", unit=" images", disable=not progress) as bar:
        for part, digests in write_missing_parts(dataset, recipe, unfinished, parallel_map):
            for view, of_view in zip(recipe.views, digests, strict=True):
                content[view].update(f"{part.split} {of_view.content}\n".encode())
                files[view].update(f"{part.split} {of_view.file}\n".encode())
            bar.update(len(part.image_ids))
    images = {split: int((dataset.split == split).sum()) for split in SPLITS}
    manifests: dict[str, dict[str, Any]] = {
        view: {"source": source, "image_size": image_size, "view": view, "images": images,
               "attributes": list(dataset.attributes.names), "sha256": content[view].hexdigest(),
               "files_sha256": files[view].hexdigest(), **(about or {})} for view in recipe.views}
    left_out = {view: {"source": source, "view": view, shards.MISSING: NO_LANDMARKS} for view in views
                if view not in manifests}
    for view, manifest in (manifests | left_out).items():
        write_json(unfinished / "shards" / shards.manifest_name(view), manifest)
    replace_folder(root, unfinished / "shards")
    shutil.rmtree(work, ignore_errors=True)
    return manifests


def write_missing_parts(dataset: Dataset, recipe: Recipe, folder: Path, parallel_map: ParallelMap
                        ) -> Iterator[tuple[Part, list[PartDigests]]]:
    """Write the parts that `folder` does not have yet.

    Yields:
        Every part in order, those too that were there, with the digests of each view.
    """
    parts, stored = list(_parts(dataset)), Folder.of(folder / "shards")
    records = {part.name: folder / "done" / f"{part.name}.json" for part in parts}
    names = {part.name: [shards.part_name(view, part.split, part.number) for view in recipe.views] for part in parts}
    missing = [part for part in parts
               if not (records[part.name].is_file() and all(map(stored.has, names[part.name])))]
    unmade = {part.name for part in missing}
    work = ((part, [dataset.images.read(image_id) for image_id in part.image_ids.tolist()]) for part in missing)
    results = parallel_map(crop_and_encode, recipe, work)
    for part in parts:
        if part.name in unmade:
            files = next(results)
            for name, (file, _) in zip(names[part.name], files.values(), strict=True):
                stored.write(name, file)
            digests = [(content, hashlib.sha256(file).hexdigest()) for file, content in files.values()]
            write_json(records[part.name], digests)  # last: it says that all files of the part are there
        yield part, [PartDigests(*digests) for digests in read_json(records[part.name])]


def crop_and_encode(recipe: Recipe, work: tuple[Part, list[bytes]]) -> dict[str, tuple[pa.Buffer, str]]:
    """Cut every view out of the images of one part.

    Args:
        recipe: what is made of it.
        work: the part, and its images as they are stored.

    Returns:
        view → its Parquet file, and the SHA-256 of its content.
    """
    part, images = work
    size, landmarks = recipe.image_size, None if part.landmarks is None else np.empty(part.landmarks.shape, np.int16)
    pixels = {view: np.empty((len(images), 3, size, size), np.uint8) for view in recipe.views}
    for row, (image_id, stored) in enumerate(zip(part.image_ids.tolist(), images, strict=True)):
        given = None if part.landmarks is None else part.landmarks[row]
        image, points = recipe.framing.frame(image_id, stored, recipe.origin, given)
        if landmarks is not None and points is not None:
            landmarks[row] = points
        for view, crop in recipe.views.items():
            pixels[view][row] = crop(image, size, *(() if points is None else (points,)))
    return {view: shard_files.encode_part(view, part.split, part.image_ids, pixels[view], part.attributes,
                                          landmarks, {"source": recipe.source}) for view in recipe.views}


def work_key(dataset: Dataset, recipe: Recipe, made_by: str) -> str:
    """Return a name for all that the shards depend on."""
    columns = (dataset.attributes.values, dataset.attributes.known, dataset.split,
               np.empty(0) if dataset.landmarks is None else dataset.landmarks)
    images = "\n".join([*dataset.attributes.names, "", *dataset.image_ids.tolist()])
    how = (recipe.image_size, list(recipe.views), recipe.source, recipe.framing.way, PART_ROWS)
    return digest(repr(how), made_by, images,
                  *(hashlib.sha256(np.ascontiguousarray(column).data).hexdigest() for column in columns))


def _parts(dataset: Dataset) -> Iterator[Part]:
    """Yield the parts split after split. A split without images has one empty part, which holds its schema."""
    for split in SPLITS:
        rows = np.flatnonzero(dataset.split == split)
        for number, start in enumerate(range(0, max(1, len(rows)), PART_ROWS)):
            chosen = rows[start:start + PART_ROWS]
            yield Part(split, number, dataset.image_ids[chosen], dataset.attributes.of_rows(chosen),
                       None if dataset.landmarks is None else dataset.landmarks[chosen])
