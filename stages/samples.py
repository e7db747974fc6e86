"""Score samples of one variant, from N(0, I) and from a mixture fitted to latents: python -m stages.samples VARIANT."""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from tqdm import tqdm

from pipeline import messages, paths
from pipeline.config.plans import SamplingPlan, read_plan, read_variant
from pipeline.config.variant import Variant
from pipeline.evaluation.feature_scores import too_few
from pipeline.evaluation.networks import describe_networks, scoring_networks
from pipeline.evaluation.photographs import read_features
from pipeline.evaluation.sample_quality import score_sources
from pipeline.evaluation.score_names import IMAGES_OF
from pipeline.files.json_file import read_json, write_json
from pipeline.hardware.gpu import best_device
from pipeline.latent_space.latents import read_latents
from pipeline.latent_space.sampling import Mixture, fit_mixture, samplers, write_mixture
from pipeline.models.numpy_functions import decode_function
from pipeline.models.weights_file import load_model
from pipeline.plan import code
from pipeline.process import whole_process
from pipeline.workspace.records import write_record


def main(name: str) -> None:
    """Run the stage for a variant."""
    variant, plan, output = read_variant(name), read_plan(SamplingPlan), paths.SAMPLES / name
    code.refuse_unplanned_code("samples", [variant])
    output.mkdir(parents=True, exist_ok=True)
    reference, of_photographs = read_features(paths.PHOTOGRAPH_FEATURES), read_json(paths.FLOOR)

    mixture = fit(variant, plan) if variant.encodes and plan.mixture_components else None
    notes = [mixture.note] if mixture and mixture.note else []
    notes += notes_on_few_images(plan, reference)
    write_json(paths.variant_notes(paths.SAMPLES, name), notes)
    write_json(paths.protocol(name), protocol_of(variant, plan, of_photographs))

    decode = decode_function(load_model(paths.weights(name), variant))
    networks = scoring_networks(paths.LOSS_NETWORK, plan.frechet_layer, plan.inception, best_device())
    sources = samplers(variant.model.latent_dim, mixture, plan.seed)
    with tqdm(total=len(sources) * plan.images, unit=" images", desc=f"{variant.label}, samples", mininterval=5) as bar:
        scores = score_sources(decode, sources, plan.images, networks, reference, plan.bootstrap, plan.seed, bar.update)
    write_json(paths.metrics("samples", name), {**scores, **of_photographs})

    write_record("samples", name)
    for note in notes:
        print(f"note: {variant.label}: {note}")
    print(messages.sampled(variant.label, output, scores, of_photographs, plan.frechet_layer,
                           IMAGES_OF[plan.reference]))


def fit(variant: Variant, plan: SamplingPlan) -> Mixture:
    """Fit a mixture to the latents of the training images, and write it."""
    train = read_latents(paths.latents(variant.name), ["train"])
    mixture = fit_mixture(train.mu, train.logvar, plan.mixture_components, plan.mixture_images, plan.seed)
    write_mixture(paths.mixture(variant.name), mixture)
    return mixture


def notes_on_few_images(plan: SamplingPlan, reference: Mapping[str, np.ndarray]) -> list[str]:
    """Return sentences on scores that few images make poor; reference: network → features of M photographs, M×C."""
    photographs = IMAGES_OF[plan.reference]
    return [note for network, features in reference.items()
            for note in too_few(network, plan.images, "samples", len(features), photographs, features.shape[1])]


def protocol_of(variant: Variant, plan: SamplingPlan, of_photographs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what must be equal for two distances to be compared, and on which layers the variant was trained."""
    return {"images": "view aligned", "image_size": variant.image_size, "samples": plan.images,
            "reference": plan.reference, "photographs": of_photographs["photographs"]["images"],
            "training_photographs": of_photographs["floor"]["images"], "bootstrap": plan.bootstrap,
            "networks": describe_networks(paths.LOSS_NETWORK, plan.frechet_layer, plan.inception),
            "trained_on": getattr(variant.loss, "layers", [])}


if __name__ == "__main__":
    with whole_process():
        main(sys.argv[1])
