"""The protocol of sample scores in words: what must be equal for two numbers to be compared, and whom they favour."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.evaluation.score_names import IMAGES_OF, INCEPTION, LOSS_NETWORK, NEIGHBOURS
from pipeline.report.contents import VariantResults
from pipeline.report.numbers import number

OF_NETWORK = {LOSS_NETWORK: "Fréchet distance, KID, precision and recall over the loss network",
              INCEPTION: "FID, KID, precision and recall over Inception"}


def protocol_in_words(variants: Sequence[VariantResults]) -> dict[str, Any]:
    """Return what the page says of the protocol, which all variants share; empty if nobody has one.

    Returns:
        facts: name → sentence; trained_on: a sentence on the variants that were trained on layers of the loss network;
        reference: the photographs that samples are compared with, in words; intervals: whether distances have them;
        neutral: whether there are features of a network that trained no variant.
    """
    protocol = next((variant.protocol for variant in variants if variant.protocol), None)
    if protocol is None:
        return {}
    reference, size = IMAGES_OF[protocol["reference"]], protocol["image_size"]
    facts = {OF_NETWORK[name]: in_words(network) for name, network in protocol["networks"].items()}
    facts["images"] = (f"{protocol['images']} of the faces, {size}×{size} pixels, 8 bits per colour, as in the shards; "
                       "samples in the same size")
    samples, photographs, training = (protocol[key] for key in ("samples", "photographs", "training_photographs"))
    facts["numbers"] = (f"{number(samples)} samples from each source against {number(photographs)} {reference}, "
                        f"{'all' if photographs < samples else 'the first'} of their split; the floor: "
                        f"{number(training)} training images, "
                        f"{'all of their split' if training < samples else 'drawn at random'}")
    facts["KID"] = "kernel (a·b / C + 1)³ of C features; unbiased, from all images at once"
    facts["precision, recall"] = f"of the balls that reach to the {NEIGHBOURS}rd nearest neighbour"
    if protocol["bootstrap"]:
        facts["intervals"] = (f"95 % by name, and 90 to 97 % in simulations; from {number(protocol['bootstrap'])} "
                              "resamples of both sides")
    return {"facts": facts, "trained_on": trained_on(variants), "reference": reference,
            "intervals": bool(protocol["bootstrap"]), "neutral": INCEPTION in protocol["networks"]}


def in_words(network: Mapping[str, Any]) -> str:
    """Return the description of a network's features, `evaluation.networks.describe_networks`, as one text."""
    return f"{network['features']}; {network['input']}; weights: {network['weights']}, sha256 {network['sha256']}…"


def trained_on(variants: Sequence[VariantResults]) -> str:
    """Return on which layers of the loss network variants were trained: "VAE-123 (relu1_1, relu2_1)"; "" for none."""
    return ", ".join(f"{variant.label} ({', '.join(variant.protocol['trained_on'])})" for variant in variants
                     if variant.protocol.get("trained_on"))
