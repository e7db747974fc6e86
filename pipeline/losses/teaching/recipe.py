"""The recipe by which the loss network is taught: all its numbers in one place, without torch.

`params.yaml` has the few that a user may want to change. The rest is fixed here. Lengths are in units of half the
picture, as its coordinates run from -1 to 1, and so do its colours.
"""

from dataclasses import dataclass

LAST = "relu5_1"  # the deepest layer that a target reaches: the network ends there
LAYERS_READ = ("relu1_1", "relu2_1", "relu3_1", LAST)  # by the heads
LEARNED_FROM = "landmarks, thumbnails and noise"

# How each face is moved, coloured and made noisy anew at every step; each number is drawn evenly from its range.
TURN = 20.0            # degrees, either way
SCALE = 0.2            # either way: logarithm of the size of the part of the picture that is seen
SHIFT = 0.2            # along x and along y, either way
COLOUR = 0.3           # either way: logarithm of a factor on each colour
BRIGHTNESS = 0.3       # either way, of each colour
LARGEST_NOISE = 0.3    # deviation of the noise; it is drawn from 0 to this
NOISE_CHANNELS = 3     # 3 for noise of each colour, 1 for grey noise, which lets coloured hatching pass

# Targets are divided by these, and their mean square errors are summed by these weights.
UNITS = {"landmarks": 1.0, "thumbnail_8": 1.0, "thumbnail_16": 1.0, "noise_1": 0.15, "noise_2": 0.15}
WEIGHTS = {"landmarks": 10.0, "thumbnail_8": 3.0, "thumbnail_16": 3.0, "noise_1": 0.3, "noise_2": 0.3}
THUMBNAIL = 8          # pixels of the thumbnail that is read from LAST

WARM_UP = 0.25         # of all steps, over which the learning rate rises
FIRST_RATE = 0.04      # learning rate of the first step, as a share of the highest
WEIGHT_DECAY = 0.01
VALIDATION_FACES = 1024  # at most


@dataclass(frozen=True)
class Recipe:
    """What decides the taught weights, beside the faces.

    Attributes:
        width: A factor on VGG-19's channels.
        epochs: Passes over the training faces.
        batch_size: Faces in a step; all of them where there are fewer.
        learning_rate: The highest of the one-cycle schedule.
        seed: Of initial weights, order, moves, colours and noise.
    """

    width: float
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int


def learned_from(faces: int) -> str:
    """Return what a network has learned from, in words. faces: their number."""
    return f"{LEARNED_FROM} of {faces:,} faces"
