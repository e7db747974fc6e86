"""The paper's baseline VGG-FC: linear SVMs on VGG-19's last hidden layer (Hou et al. 2016, section 4.3.5).

Features are the 4096 activations, after the ReLU, of the second fully connected layer (`classifier.3` in torchvision's
layout) of VGG-19 trained on ImageNet, from the landmark crop scaled to the network's 224×224 pixels.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.config import LossNetworkPlan
from pipeline.errors import InputError
from pipeline.vocabulary import LAYERS

if TYPE_CHECKING:  # a plan with random weights needs no torch, which takes seconds to import
    import torch

    from pipeline.losses.loss_network import Weights

PIXELS = 224  # the size of image that the fully connected layers were trained for
CLASSIFIER = {"classifier.0.weight": (4096, 512 * 7 * 7), "classifier.0.bias": (4096,),
              "classifier.3.weight": (4096, 4096), "classifier.3.bias": (4096,)}


class NotMeasured(Exception):
    """The loss network has no fully connected layers trained on ImageNet; the text says why.

    The text is a result: the report shows it. So it is made before it is raised, since digests of code leave out what
    is written in a `raise`.
    """


def weights(plan: LossNetworkPlan) -> "Weights":
    """VGG-19's parameters up to `classifier.3`, float32, from where the loss network has its own.

    Raises NotMeasured where that source holds none, and InputError where it is missing or not VGG-19.
    """
    if plan.source == "random":
        why = "the loss network has random weights, so there is no VGG-19 trained on ImageNet"
        raise NotMeasured(why)
    from pipeline.losses import loss_network, network_layers

    convolutions = loss_network.weights(plan)  # checks the source
    held = network_layers.layers_held(convolutions)[-1]
    if plan.source == "imagenet":
        from torchvision.models import VGG19_Weights

        whole, source = VGG19_Weights.IMAGENET1K_V1.get_state_dict(progress=False), "torchvision's network"
    else:
        whole, source = loss_network.read_state_dict(Path(plan.file)), plan.file
    if held != LAYERS[-1]:
        why = f"{source} ends at {held}, before VGG-19's fully connected layers"
        raise NotMeasured(why)
    for name, shape in CLASSIFIER.items():
        if name not in whole:
            why = f"{source} has no {name}, so VGG-19's fully connected layers are not all there"
            raise NotMeasured(why)
        given = tuple(getattr(whole[name], "shape", ()))
        if given != shape:
            raise InputError(f"loss_network.file: {name} in {source} has shape {given}, but VGG-19's is {shape}; "
                             "give weights of VGG-19 in torchvision's layout.")
        if not whole[name].isfinite().all():
            raise InputError(f"loss_network.file: {name} in {source} has values that are not finite; "
                             "the file is damaged, so get it again.")
    return convolutions | {name: whole[name].float() for name in CLASSIFIER}


def activations(state: "Weights", batches: Iterable[np.ndarray], device: "str | torch.device" = "cpu") -> np.ndarray:
    """Batches uint8 N×3×S×S in 0 … 255 → float32 N×4096, all not negative; one batch is on the device at a time.

    Images are scaled to 224×224 bilinearly and normalised with ImageNet's mean and deviation; all in full float32.
    """
    import torch
    from torch.nn import functional

    from pipeline.data.pixels import to_network
    from pipeline.losses import loss_network
    from pipeline.models.float32 import full_float32

    features = loss_network.prefix(state, LAYERS[-1:]).to(device, memory_format=torch.channels_last)
    fully_connected = [(state[f"classifier.{i}.weight"].to(device), state[f"classifier.{i}.bias"].to(device))
                       for i in (0, 3)]
    found = [np.empty((0, len(fully_connected[-1][1])), np.float32)]
    with torch.inference_mode(), full_float32():
        for pixels in batches:
            images = to_network(torch.as_tensor(pixels).to(device))
            images = functional.interpolate(images, (PIXELS, PIXELS), mode="bilinear")
            x = functional.max_pool2d(features(images)[LAYERS[-1]], 2, 2).flatten(1)  # 512×7×7
            for weight, bias in fully_connected:
                x = functional.linear(x, weight, bias).relu()
            found.append(x.cpu().numpy())
    return np.concatenate(found)
