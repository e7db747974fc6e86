"""Faces moved, coloured and made noisy at random: what the loss network sees while it is taught."""

from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

from pipeline.losses.teaching import recipe

TRAINING, VALIDATION, ORDER = range(3)  # purposes, whose random streams are independent


class Examples(NamedTuple):
    """N faces of S×S pixels as the network sees them, and what it should tell."""

    noisy: torch.Tensor      # float32 N×3×S×S, about -1 … 1: the picture and the noise
    picture: torch.Tensor    # float32 N×3×S×S, -1 … 1
    noise: torch.Tensor      # float32 N×C×S×S, as `draw_noise` returns it
    landmarks: torch.Tensor  # float32 N×5×2, x and y, -1 … 1 in the picture, or beyond it


def generator(seed: int, purpose: int, number: int) -> np.random.Generator:
    """Return the random stream of one step or epoch: a function of its number, so that a resumed run sees the same."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, purpose, number))))


def examples(images: torch.Tensor, landmarks: torch.Tensor, random: np.random.Generator) -> Examples:
    """Turn, scale, shift and colour each face at random, and add noise.

    Args:
        images: float32 N×3×S×S, -1 … 1.
        landmarks: float32 N×5×2, x and y, -1 … 1 from edge to edge of the images.
        random: Where all randomness comes from.
    """
    move = draw_moves(len(images), random).to(images.device)
    grid = functional.affine_grid(move, list(images.shape), align_corners=False)
    moved = functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)
    points = torch.linalg.solve(move[:, None, :, :2], (landmarks - move[:, None, :, 2])[..., None]).squeeze(-1)
    picture = coloured(moved, random)
    noise = draw_noise(len(picture), picture.shape[-1], random).to(picture.device)
    return Examples(picture + noise, picture, noise, points)


def draw_moves(images: int, random: np.random.Generator) -> torch.Tensor:
    """Return for each image a similarity from what is seen to the image, float32 N×2×3: x ↦ A·x + t."""
    angle = np.deg2rad(random.uniform(-recipe.TURN, recipe.TURN, images))
    scale = np.exp(random.uniform(-recipe.SCALE, recipe.SCALE, images))
    shift = random.uniform(-recipe.SHIFT, recipe.SHIFT, (2, images))
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    rows = [[cosine, -sine, shift[0]], [sine, cosine, shift[1]]]
    return torch.from_numpy(np.array(rows, np.float32).transpose(2, 0, 1).copy())


def coloured(images: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
    """Change each colour of each image by a factor and an offset, and clip to -1 … 1."""
    shape = (len(images), 3, 1, 1)
    factor = np.exp(random.uniform(-recipe.COLOUR, recipe.COLOUR, shape))
    offset = random.uniform(-recipe.BRIGHTNESS, recipe.BRIGHTNESS, shape)
    factors, offsets = (torch.from_numpy(part.astype(np.float32)).to(images.device) for part in (factor, offset))
    return torch.addcmul(offsets, images, factors).clamp_(-1, 1)


def draw_noise(images: int, size: int, random: np.random.Generator) -> torch.Tensor:
    """Return noise, float32 N×C×S×S with C = NOISE_CHANNELS.

    By turns an image has noise in each pixel, noise that is the same along each row, along each column, and none.
    """
    noise = np.zeros((images, recipe.NOISE_CHANNELS, size, size), np.float32)
    for kind, shape in enumerate(((size, size), (size, 1), (1, size))):
        of_kind = noise[kind::4]
        of_kind[:] = random.standard_normal((*of_kind.shape[:2], *shape), dtype=np.float32)
    noise *= random.uniform(0, recipe.LARGEST_NOISE, (images, 1, 1, 1)).astype(np.float32)
    return torch.from_numpy(noise)
