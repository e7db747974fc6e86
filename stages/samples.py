"""Score samples of one variant, from N(0, I) and from a mixture fitted to latents: python -m stages.samples VARIANT."""

import sys
from pathlib import Path

from tqdm import tqdm

from pipeline import messages, paths
from pipeline.config.plans import SamplingPlan, read_plan, read_variant
from pipeline.config.variant import Variant
from pipeline.data import shards
from pipeline.errors import exit_on_input_error
from pipeline.evaluation.inception import inception_features
from pipeline.evaluation.loss_network_features import loss_network_features
from pipeline.evaluation.sample_quality import score_sources
from pipeline.files.json_file import write_json
from pipeline.hardware.gpu import best_device
from pipeline.latent_space.latents import read_latents
from pipeline.latent_space.sampling import Mixture, fit_mixture, samplers, write_mixture
from pipeline.models.numpy_functions import decode_function
from pipeline.models.weights_file import load_model
from pipeline.plan import code
from pipeline.workspace.records import write_record


def main(name: str) -> None:
    """Run the stage for a variant."""
    variant, plan, output = read_variant(name), read_plan(SamplingPlan), paths.SAMPLES / name
    code.refuse_unplanned_code("samples", [variant])
    output.mkdir(parents=True, exist_ok=True)

    mixture = fit(variant, plan) if variant.encodes and plan.mixture_components else None
    notes = [mixture.note] if mixture and mixture.note else []
    write_json(paths.variant_notes(paths.SAMPLES, name), notes)

    decode = decode_function(load_model(paths.weights(name), variant))
    networks = {"frechet_distance": loss_network_features(paths.LOSS_NETWORK, plan.frechet_layer, best_device())}
    if plan.inception:
        networks["fid"] = inception_features(Path(plan.inception), best_device())
    sources = samplers(variant.model.latent_dim, mixture, plan.seed)
    test = shards.load(paths.SHARDS, "aligned", "test").pixels[:plan.images]
    with tqdm(total=len(test) + len(sources) * plan.images, unit=" images", desc=f"{variant.label}, samples",
              mininterval=5) as bar:
        metrics = score_sources(decode, sources, plan.images, networks, test, bar.update)
    write_json(paths.metrics("samples", name), metrics)

    write_record("samples", name)
    for note in notes:
        print(f"note: {variant.label}: {note}")
    print(messages.sampled(variant.label, output, metrics, plan.frechet_layer, plan.images))


def fit(variant: Variant, plan: SamplingPlan) -> Mixture:
    """Fit a mixture to the latents of the training images, and write it."""
    train = read_latents(paths.latents(variant.name), ["train"])
    mixture = fit_mixture(train.mu, train.logvar, plan.mixture_components, plan.mixture_images, plan.seed)
    write_mixture(paths.mixture(variant.name), mixture)
    return mixture


if __name__ == "__main__":
    with exit_on_input_error():
        main(sys.argv[1])
