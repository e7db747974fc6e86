"""MTCNN: three networks that find faces, each judging what the one before let through.

Source: K. Zhang, Z. Zhang, Z. Li, Y. Qiao, "Joint Face Detection and Alignment Using Multitask Cascaded Convolutional
Networks", IEEE Signal Processing Letters 23, 2016. Thresholds are those of facenet-pytorch. Boxes are the same as its
boxes where no window leaves the picture. Two things differ:

- Outside of the picture all is black, as in MTCNN's own code. facenet-pytorch cuts the window at the border and
  stretches what is left, but places landmarks in the whole window. On CelebA's photographs cut at the edge of the face,
  its landmarks are 6 px off, and 18 px where a fifth of the face is missing; these here 1.3 and 2.3 px.
- A landmark is placed in the window of whole pixels that the network saw, and counted from the middle of the first
  pixel. facenet-pytorch places it in the box before rounding, which adds 1 px to x and y at any size of the picture.
"""

import os
import socket
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image

from pipeline.data.detection import boxes as of
from pipeline.data.detection.networks import ONet, PNet, RNet, normalize
from pipeline.data.detection.weights import read_networks
from pipeline.data.detection.windows import cut, summed_area_table
from pipeline.hardware.float32 import full_float32
from pipeline.hardware.gpu import best_device

PROPOSED, REFINED, FOUND = 0.6, 0.7, 0.7  # least probability of a face, after each network
LONGEST_SIDE = 1024  # pixels; larger pictures are searched at this size
BATCH = 512  # windows judged at once


class Face(NamedTuple):
    """A face in a picture.

    Attributes:
        box: left, top, right, bottom in pixels of the picture; it may reach beyond the picture.
        probability: that this is a face, 0.7 … 1.
        landmarks: float32 5×2, (x, y) in pixels of the picture, in the order of `celeba_layout.POINTS`: left and right
            as the viewer sees them.
    """

    box: tuple[float, float, float, float]
    probability: float
    landmarks: np.ndarray


class Detector:
    """Finds faces. It may be pickled, and then works elsewhere too.

    Unpickled in a process that the pickling one has started, as those of `parallel.in_processes`, it takes the device
    that it had there. So all processes of a run have one GPU, whose place their parent holds (`hardware.places`), and
    leave the others to other runs. In any other process it takes the best device.

    Args:
        weights: the wheel of facenet-pytorch, or a folder of its three files.
        device: where the networks run; None for a GPU if torch can use one, else the CPU.
        smallest_face: side in pixels of the smallest face that is looked for, in a picture of at most LONGEST_SIDE.

    Raises:
        InputError: the weights are missing, or the file holds something else.
    """

    def __init__(self, weights: Path, device: torch.device | None = None, smallest_face: float = 20):
        self._place(read_networks(weights), device, smallest_face)

    def _place(self, networks: tuple[PNet, RNet, ONet], device: torch.device | None, smallest_face: float) -> None:
        """Move the networks to their device."""
        self.device = device or best_device()
        self.smallest_face = smallest_face
        propose, refine, output = networks
        self.propose, self.refine = propose.to(self.device), refine.to(self.device)
        self.output = output.to(self.device)

    def __getstate__(self) -> tuple[Any, float, torch.device, tuple[str, int]]:
        networks = self.propose, self.refine, self.output
        return (tuple(deepcopy(network).cpu() for network in networks), self.smallest_face, self.device,
                (socket.gethostname(), os.getpid()))

    def __setstate__(self, state: tuple[Any, float, torch.device, tuple[str, int]]) -> None:
        networks, smallest_face, device, pickled_in = state
        of_parent = pickled_in == (socket.gethostname(), os.getppid())
        self._place(networks, device if of_parent else None, smallest_face)

    def detect(self, image: Image.Image) -> list[Face]:
        """Return the faces in a picture, the largest first.

        The same picture gives the same faces. Between machines they differ by float32's rounding.

        Args:
            image: RGB, any size.
        """
        shrunk = image
        if max(image.size) > LONGEST_SIDE:
            shrunk = image.copy()
            shrunk.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
        scale = np.divide(image.size, shrunk.size)  # x, y
        with torch.inference_mode(), full_float32():
            found = self._search(np.asarray(shrunk))
        boxes, probabilities, landmarks = (values.cpu().numpy() for values in found)
        # The middle of a pixel is a whole number, so that the picture begins at -0.5.
        boxes = (boxes + 0.5) * np.tile(scale, 2) - 0.5
        landmarks = ((landmarks + 0.5) * scale - 0.5).astype(np.float32)
        order = np.argsort(-np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), kind="stable")
        return [Face(tuple(boxes[row].tolist()), float(probabilities[row]), landmarks[row]) for row in order]

    def _search(self, pixels: np.ndarray) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return boxes N×4, probabilities N and landmarks N×5×2 of the faces in a picture, uint8 H×W×3."""
        table = summed_area_table(pixels).to(self.device)
        boxes = self._proposals(table)

        probabilities, corrections = self._judge(self.refine, table, of.windows_of(boxes), 24)
        kept = (probabilities > REFINED).nonzero()[:, 0]
        kept = kept[of.suppress_overlapping(boxes[kept], probabilities[kept], 0.7)]
        boxes = of.make_square(of.correct(boxes[kept], corrections[kept]))

        windows = of.windows_of(boxes)
        probabilities, corrections, landmarks = self._judge(self.output, table, windows, 48)
        kept = (probabilities > FOUND).nonzero()[:, 0]
        first, size = windows[kept, None, :2], windows[kept, None, 2:] - windows[kept, None, :2]
        landmarks = first + landmarks[kept] * size - 0.5  # the middle of the first pixel is 0
        boxes, probabilities = of.correct(boxes[kept], corrections[kept]), probabilities[kept]
        kept = of.suppress_contained(boxes, probabilities, 0.7)
        return boxes[kept], probabilities[kept], landmarks[kept]

    def _proposals(self, table: torch.Tensor) -> torch.Tensor:
        """Return square boxes N×4 in which the proposal network sees a face, at any scale."""
        height, width = table.shape[1] - 1, table.shape[2] - 1
        whole = torch.tensor([[0, 0, width, height]], device=self.device)
        found = [(torch.zeros(0, 4, device=self.device), torch.zeros(0, device=self.device),
                  torch.zeros(0, 4, device=self.device))]
        for scale in of.pyramid_scales(width, height, self.smallest_face):
            picture = cut(table, whole, int(height * scale + 1), int(width * scale + 1))
            (probabilities,), (corrections,) = self.propose(normalize(picture))
            rows, columns = (probabilities >= PROPOSED).nonzero(as_tuple=True)
            boxes = of.window_boxes(rows, columns, scale)
            kept = of.suppress_overlapping(boxes, probabilities[rows, columns], 0.5)
            rows, columns = rows[kept], columns[kept]
            found.append((boxes[kept], probabilities[rows, columns], corrections[:, rows, columns].T))
        boxes, probabilities, corrections = (torch.cat(values) for values in zip(*found, strict=True))
        kept = of.suppress_overlapping(boxes, probabilities, 0.7)
        return of.make_square(of.correct(boxes[kept], corrections[kept], last_pixel=0))

    def _judge(self, network: RNet | ONet, table: torch.Tensor, windows: torch.Tensor, side: int
               ) -> tuple[torch.Tensor, ...]:
        """Return what a network says of windows, int64 N×4, brought to `side` pixels."""
        batches = windows.split(BATCH)  # one, which is empty, if there is no window
        judged = [network(normalize(cut(table, batch, side, side))) for batch in batches]
        return tuple(torch.cat(values) for values in zip(*judged, strict=True))
