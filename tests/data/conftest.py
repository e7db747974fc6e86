"""A tiny CelebA in any of its distributed forms, drawn for the test."""

import io
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.data.celeba_layout import LANDMARKS, TEMPLATE
from pipeline.vocabulary import ATTRIBUTES


@cache
def jpeg(seed: int, width: int = 178, height: int = 218) -> bytes:
    """A smooth random picture."""
    coarse = np.random.default_rng(seed).integers(0, 256, (7, 6, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()


def attributes_of(row: int) -> np.ndarray:
    """-1 or 1 for each of the 40 attributes of image `row`, counted from 0."""
    return np.where(np.random.default_rng(row).random(len(ATTRIBUTES)) < 0.4, 1, -1)


def landmarks_of(row: int) -> np.ndarray:
    """Five points near the template's, int 5×2."""
    return TEMPLATE.astype(int) + np.random.default_rng(row).integers(-3, 4, (5, 2))


def image_ids(images: int) -> list[str]:
    return [f"{number:06}.jpg" for number in range(1, images + 1)]


def draw_celeba(root: Path, images: int = 10, tables: str = "txt", pictures: str = "zip") -> Path:
    """Images 000001.jpg …; the first half for training, then validation, and the last fifth for the test."""
    root.mkdir(parents=True, exist_ok=True)
    ids = image_ids(images)
    split = [0 if row < images // 2 else 1 if row < images - images // 5 else 2 for row in range(images)]
    if tables == "txt":
        padded = [" ".join(f"{value:2}" for value in attributes_of(row)) for row in range(images)]
        points = ["".join(f" {value:4}" for value in landmarks_of(row).ravel()) for row in range(images)]
        (root / "list_attr_celeba.txt").write_text(
            f"{images}\n{' '.join(ATTRIBUTES)} \n" + "".join(f"{a} {b}\n" for a, b in zip(ids, padded, strict=True)))
        (root / "list_landmarks_align_celeba.txt").write_text(
            f"{images}\n{' '.join(LANDMARKS)} \n" + "".join(f"{a}{b}\n" for a, b in zip(ids, points, strict=True)))
        (root / "list_eval_partition.txt").write_text("".join(f"{a} {b}\n" for a, b in zip(ids, split, strict=True)))
    else:
        for name, header, rows in (
            ("list_attr_celeba", ATTRIBUTES, map(attributes_of, range(images))),
            ("list_landmarks_align_celeba", LANDMARKS, (landmarks_of(row).ravel() for row in range(images))),
            ("list_eval_partition", ["partition"], ([number] for number in split)),
        ):
            lines = [",".join(map(str, ["image_id", *header]))]
            lines += [",".join(map(str, [image_id, *row])) for image_id, row in zip(ids, rows, strict=True)]
            (root / f"{name}.csv").write_text("\r\n".join(lines) + "\r\n")
    if pictures == "zip":
        with zipfile.ZipFile(root / "img_align_celeba.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("img_align_celeba/", "")
            for row, image_id in enumerate(ids):
                archive.writestr(f"img_align_celeba/{image_id}", jpeg(row),
                                 zipfile.ZIP_STORED if row % 2 else zipfile.ZIP_DEFLATED)
    else:
        folder = root / "img_align_celeba" / ("img_align_celeba" if pictures == "nested" else "")
        folder.mkdir(parents=True)
        for row, image_id in enumerate(ids):
            (folder / image_id).write_bytes(jpeg(row))
    return root


@pytest.fixture
def celeba_root(tmp_path) -> Callable[..., Path]:
    """`celeba_root(images=10, tables="txt" or "csv", pictures="zip", "folder" or "nested")` → its folder."""
    return lambda **form: draw_celeba(tmp_path / "celeba", **form)


@pytest.fixture
def drawn():
    """What `celeba_root` drew: functions of the row, counted from 0."""
    class Drawn:
        jpeg = staticmethod(jpeg)
        attributes = staticmethod(attributes_of)
        landmarks = staticmethod(landmarks_of)
        image_ids = staticmethod(image_ids)
    return Drawn


@pytest.fixture
def shared_celeba() -> Path:
    """Real photographs beside the checkout, where there are any."""
    root = Path(__file__).resolve().parents[2].parent / "shared" / "celeba"
    if not root.is_dir():
        pytest.skip("no CelebA in ../shared/celeba")
    return root
