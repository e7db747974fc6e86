"""From CelebA's images to shards: decode each image once, cut every view out of it, write Parquet."""

import hashlib
import inspect
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
from tqdm import tqdm

from pipeline.data import shards
from pipeline.data.celeba import SPLITS, CelebA, FolderImages, ZipImages, decode
from pipeline.data.crops import VIEWS, Crop
from pipeline.errors import InputError

# Rows per file, and the unit of work: a process holds so many images of every view (25 MB each at 64×64) and no more.
PART_ROWS = 2048


class Part(NamedTuple):
    """A run of rows that become one file in every view."""

    split: str
    number: int
    image_ids: np.ndarray  # str N
    attributes: np.ndarray  # bool N×40
    landmarks: np.ndarray  # int16 N×5×2
    images: ZipImages | FolderImages


def prepare(celeba: CelebA, root: str | Path, image_size: int = 64, views: Mapping[str, Crop] = VIEWS,
            processes: int = 0, progress: bool = True, source: str = "celeba") -> dict:
    """Write every view of every image under `root`, replacing what is there, and return the manifest.

    processes: 0 for as many as there are processor cores, 1 to work in this process. Inside a
        `joblib.parallel_config(backend=…)` the parts go to that backend, such as Ray's, whose workers must see the
        folders of the images and of `root`. The result is the same however many there are.
    source: where the images come from, in words, for the manifest and the files' metadata.

    The manifest: source, image_size, views, images (number by split), and sha256 over all ids, pixels, attributes
    and landmarks in order. `root` appears only when all is done. However many the images, each process holds the
    pixels of one part. Raises InputError, naming the image, if one is damaged.
    """
    root = Path(root)
    if image_size < 1:
        raise InputError(f"image_size is {image_size}: it should be at least 1 pixel")
    root.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{root.name}.partial-", dir=root.parent))
    try:
        partial.chmod(0o777 & ~_umask())  # mkdtemp's folders are for the owner alone
        digest = hashlib.sha256()
        parts = list(_parts(celeba))
        # A part's result is its digests alone: they may pile up. Ray's backend gives them only when all are done.
        backend, _ = joblib.parallel.get_active_backend()
        workers = joblib.Parallel(n_jobs=_processes(processes, len(parts)), max_nbytes=None,
                                  return_as="generator" if backend.supports_return_generator else "list")
        digests = workers(joblib.delayed(write)(part, partial, image_size, views, source) for part in parts)
        with tqdm(total=len(celeba), desc="prepare", unit=" images", disable=not progress) as bar:
            for part, of_views in zip(parts, digests, strict=True):
                digest.update(" ".join([part.split, *of_views]).encode())
                bar.update(len(part.image_ids))
        manifest = {
            "source": source,
            "image_size": image_size,
            "views": list(views),
            "images": {split: int((celeba.split == split).sum()) for split in SPLITS},
            "sha256": digest.hexdigest(),
        }
        (partial / "_manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
        _move(partial, root)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def write(part: Part, root: Path, image_size: int, views: Mapping[str, Crop], source: str) -> list[str]:
    """Write one part in every view, and return the sha256 of each view's content."""
    pixels = {view: np.empty((len(part.image_ids), 3, image_size, image_size), np.uint8) for view in views}
    for row, image_id in enumerate(part.image_ids.tolist()):
        image = decode(image_id, part.images.read(image_id), part.images.path)
        for view, crop in views.items():
            pixels[view][row] = crop(image, image_size, part.landmarks[row])
    return [
        shards.write_part(root, view, part.split, part.number, part.image_ids, pixels[view], part.attributes,
                          part.landmarks, {"crop": inspect.cleandoc(crop.__doc__ or ""), "source": source})
        for view, crop in views.items()
    ]


def _parts(celeba: CelebA) -> Iterator[Part]:
    """Split after split. A split without images has one empty part, so that its schema can be read."""
    for split in SPLITS:
        rows = np.flatnonzero(celeba.split == split)
        for number, start in enumerate(range(0, max(1, len(rows)), PART_ROWS)):
            chosen = rows[start:start + PART_ROWS]
            image_ids = celeba.image_ids[chosen]
            yield Part(split, number, image_ids, celeba.attributes[chosen], celeba.landmarks[chosen],
                       celeba.images.select(image_ids.tolist()))


def _processes(asked: int, parts: int) -> int:
    if asked < 0:
        raise InputError(f"processes is {asked}: it should be 0 (one per processor core) or a number of processes")
    return min(joblib.effective_n_jobs(asked or -1), parts)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _move(new: Path, root: Path) -> None:
    """Put the folder `new` in the place of `root`."""
    old = new.with_name(f"{new.name}-old")
    if root.exists():
        os.replace(root, old)
    os.replace(new, root)
    shutil.rmtree(old, ignore_errors=True)
