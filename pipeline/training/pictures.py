"""Pictures of a model while it learns: the same test faces' reconstructions, and the same z's samples.

They take nothing from training's random streams and change nothing of the model: weights are the same with and without.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from PIL import Image

from pipeline.data.pixels import to_network, to_uint8
from pipeline.files.atomic import replacing
from pipeline.hardware.cuda import kernels_by_rule
from pipeline.hardware.float32 import full_float32
from pipeline.losses.objective import Objective
from pipeline.training.randomness import PICTURES, noise

if TYPE_CHECKING:
    from pipeline.training.history import History

RECONSTRUCTIONS, SAMPLES = "reconstructions", "samples"  # the kinds of pictures
FACES, Z, COLUMNS = 8, 16, 4  # with 64×64 pixels a picture is 262 pixels wide: MLflow's grid shows 256 of them
GAP = 2  # white pixels between images
SEED = 0  # of z; not train.seed, so that experiments with other seeds show the same z
PARTS_OF_FIRST_EPOCH = (8, 4, 2)  # pictures after 1/8, 1/4 and 1/2 of it, at the start, and after every epoch


class Picture(NamedTuple):
    """What a model made at one step."""

    kind: str  # RECONSTRUCTIONS or SAMPLES
    step: int  # the number of steps done
    png: bytes


@dataclass
class Album:
    """Takes the pictures of one training.

    Attributes:
        faces: uint8 F×3×S×S, to be reconstructed; none for a model without an encoder.
        on_pictures: called with the pictures of a step, at most one of each kind.
    """

    faces: np.ndarray
    on_pictures: Callable[[list[Picture]], None] = lambda pictures: None

    @staticmethod
    def due(step: int, steps_per_epoch: int) -> bool:
        """Tell whether there are pictures of the model after so many steps."""
        return step % steps_per_epoch == 0 or step in [steps_per_epoch // part for part in PARTS_OF_FIRST_EPOCH]

    def take(self, objective: Objective, step: int, history: "History") -> None:
        """Take pictures in float32, with batch norm's running statistics, and add them to the history.

        Args:
            objective: in training mode, in which it is left.
            step: the number of steps done.
            history: of the training.
        """
        objective.eval()
        taken = [Picture(SAMPLES, step, png_of_grid(sample_rows(objective)))]
        if len(self.faces):
            taken.insert(0, Picture(RECONSTRUCTIONS, step, png_of_grid(reconstruction_rows(objective, self.faces))))
        objective.train()
        history.pictures += taken
        self.on_pictures(taken)


@torch.no_grad()
def sample_rows(objective: Objective) -> list[np.ndarray]:
    """Return images decoded from the fixed z, as rows of a grid."""
    model, device = objective.model, next(objective.parameters()).device
    z = noise(SEED, 0, Z, model.latent_dim, PICTURES).to(device)
    with full_float32(), kernels_by_rule():
        images = to_uint8(model.decode(z)).cpu().numpy()
    return [images[start:start + COLUMNS] for start in range(0, Z, COLUMNS)]


@torch.no_grad()
def reconstruction_rows(objective: Objective, faces: np.ndarray) -> list[np.ndarray]:
    """Return rows of a grid: faces, and their reconstructions from the posterior means below each row of them."""
    model, device = objective.model, next(objective.parameters()).device
    with full_float32(), kernels_by_rule():
        x = to_network(torch.from_numpy(faces).to(device))
        images = to_uint8(model.decode(model.encode(x)[0])).cpu().numpy()
    return [row for start in range(0, len(faces), COLUMNS)
            for row in (faces[start:start + COLUMNS], images[start:start + COLUMNS])]


def png_of_grid(rows: Sequence[np.ndarray]) -> bytes:
    """Return rows of images, each uint8 n×3×S×S with n up to COLUMNS, as one PNG; a short row ends in white."""
    side = rows[0].shape[-1]
    sheet = np.full((len(rows) * (side + GAP) - GAP, COLUMNS * (side + GAP) - GAP, 3), 255, np.uint8)
    for i, row in enumerate(rows):
        for j, image in enumerate(row):
            top, left = i * (side + GAP), j * (side + GAP)
            sheet[top:top + side, left:left + side] = image.transpose(1, 2, 0)
    file = io.BytesIO()
    Image.fromarray(sheet).save(file, "png", compress_level=1)  # the default takes three times as long for 9/10 of it
    return file.getvalue()


def write_pictures(folder: Path, pictures: Sequence[Picture]) -> None:
    """Write each picture as <kind>/<step>.png in a folder, and delete others there, of an earlier training."""
    files = {folder / picture.kind / f"{picture.step}.png": picture.png for picture in pictures}
    for path, png in files.items():
        with replacing(path) as temporary:
            temporary.write_bytes(png)
    for path in set(folder.glob("*/*.png")) - files.keys():
        path.unlink()
