"""Curves, the head's pose, and the map from a point of the face to a pixel of the aligned picture.

Face coordinates (u, v, w) are in pixels of the aligned picture. The origin lies between the eyes; u points to the
picture's right, v down, w to the viewer.
"""

from functools import cache
from math import cos, sin
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from pipeline.data.celeba_layout import TEMPLATE

# The five points of TEMPLATE on the mean face, (u, v, w).
MEAN_FACE = np.array([[-19.5, 0, 20], [19.5, 0, 20], [0, 25.5, 42], [-16.5, 41, 24], [16.5, 41, 24]])
OUTLINE_DEPTH = -6.0  # w of the head's silhouette


class Pose(NamedTuple):
    """(u, v, w) → (x, y) as `matrix @ (u, v, w) + offset`; angles in radians, yaw > 0 to the picture's right."""

    matrix: np.ndarray  # 2×3
    offset: np.ndarray  # 2
    yaw: float
    pitch: float
    roll: float  # of the head against the body

    def __call__(self, points: ArrayLike, depth: float | np.ndarray | None = None) -> np.ndarray:
        """Return the pixels, N×2, of face points N×2 (u, v) at depth w; without a depth, on the face's surface."""
        points = np.asarray(points, float)
        w = surface(points) if depth is None else depth
        w = w[:, None] if isinstance(w, np.ndarray) else w
        return points @ self.matrix[:, :2].T + (w * self.matrix[:, 2] + self.offset)

    @property
    def scale(self) -> float:
        """Pixels per face unit."""
        return float(np.hypot(self.matrix[0, 0], self.matrix[1, 0]) / np.cos(self.yaw))


def surface(points: np.ndarray) -> np.ndarray:
    """Return the depth w (N) of the face's surface without the nose at (u, v) (N×2): half an ellipsoid."""
    u, v = points[:, 0] / 50, (points[:, 1] - 4) / 82
    return 36 * np.sqrt(np.maximum(1 - u * u - v * v, 0)) - 8


def pose(rng: np.random.Generator) -> Pose:
    """Return a random pose, aligned as CelebA's faces are.

    A similarity fits the turned mean face to the template by least squares.
    """
    turn, nod, tilt, twist, grow, dx, dy = np.clip(rng.standard_normal(7), -2.3, 2.3)
    yaw, pitch, roll = np.radians([14.0 * turn, 5.0 * nod, 6.0 * tilt])
    rotation = np.array([
        [np.cos(yaw), 0, np.sin(yaw)],
        [-np.sin(pitch) * np.sin(yaw), np.cos(pitch), np.sin(pitch) * np.cos(yaw)],
    ])
    source, target = (points @ np.array([1, 1j]) for points in (MEAN_FACE @ rotation.T, TEMPLATE))
    centred = source - source.mean()
    similarity = np.vdot(centred, target - target.mean()) / np.vdot(centred, centred)
    # Annotators' points are not exact: they leave a little scatter in angle, size and place.
    similarity = abs(similarity) * (1 + 0.035 * grow) * np.exp(1j * np.radians(1.6 * twist))
    matrix = np.array([[similarity.real, -similarity.imag], [similarity.imag, similarity.real]]) @ rotation
    offset = TEMPLATE.mean(0) + (1.6 * dx, 1.6 * dy) - matrix @ MEAN_FACE.mean(0)
    return Pose(matrix, offset, float(yaw), float(pitch), float(roll))


@cache
def _catmull_rom(samples: int) -> np.ndarray:
    """Return samples×4: the weights of the four control points around a segment of a Catmull-Rom spline."""
    t = np.arange(samples)[:, None] / samples
    basis = np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]) / 2
    return t ** np.arange(4) @ basis


@cache
def _neighbours(points: int, closed: bool) -> np.ndarray:
    """Return segments×4: the indices of the control points around each segment."""
    if closed:
        return (np.arange(points)[:, None] + np.arange(-1, 3)) % points
    return (np.arange(points - 1)[:, None] + np.arange(-1, 3)).clip(0, points - 1)


def curve(points: ArrayLike, closed: bool = False, samples: int = 6) -> np.ndarray:
    """Return a Catmull-Rom spline, M×2, through the points N×2.

    Args:
        points: in the unit of the result.
        closed: whether the last point is joined to the first.
        samples: points of the spline for each segment.
    """
    points = np.asarray(points, float)
    smooth = np.matmul(_catmull_rom(samples), points[_neighbours(len(points), closed)]).reshape(-1, 2)
    return smooth if closed else np.concatenate([smooth, points[-1:]])


def mirrored(half: ArrayLike) -> np.ndarray:
    """Return a symmetric closed outline (2N×2) from its right half (N×2), top to bottom."""
    half = np.asarray(half, float)
    return np.concatenate([half, half[::-1] * (-1, 1)])


@cache
def _circle(points: int) -> tuple[np.ndarray, np.ndarray]:
    t = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.cos(t), np.sin(t)


def ellipse(x: float, y: float, a: float, b: float, angle: float = 0.0, points: int = 24) -> np.ndarray:
    """Return points (N×2) of an ellipse around (x, y) with half axes a, b, turned by `angle` radians."""
    cosine, sine = _circle(points)
    along, across, c, s = a * cosine, b * sine, cos(angle), sin(angle)
    outline = np.empty((points, 2))
    outline[:, 0], outline[:, 1] = x + c * along - s * across, y + s * along + c * across
    return outline


@cache
def _taper(points: int) -> np.ndarray:
    return np.sin(np.linspace(0.15, np.pi - 0.15, points))[:, None] ** 0.6


def ribbon(points: ArrayLike, width: ArrayLike, taper: bool = True) -> np.ndarray:
    """Return the outline (2N×2) of a brush stroke along N×2 points.

    Args:
        points: the middle of the stroke.
        width: in the unit of the points, one for all or one for each.
        taper: whether the stroke gets thinner towards its ends.
    """
    points = np.asarray(points, float)
    way = np.empty_like(points)
    way[1:-1] = points[2:] - points[:-2]
    way[0], way[-1] = points[1] - points[0], points[-1] - points[-2]
    normal = way[:, ::-1] * (-0.5, 0.5)
    normal *= np.reshape(width, (-1, 1)) / np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-6)[:, None]
    if taper:
        normal *= _taper(len(points))
    return np.concatenate([points + normal, (points - normal)[::-1]])
