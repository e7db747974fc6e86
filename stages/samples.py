"""Score samples of one variant, from N(0, I) and from a mixture fitted to latents: python -m stages.samples VARIANT"""

import sys
from pathlib import Path

from tqdm import tqdm

from pipeline import latents, messages, sampling
from pipeline.config import SamplingPlan, read_section, read_variant
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.evaluation.inception import inception_features
from pipeline.evaluation.sample_quality import blur, loss_network_features, moments_by, sample_quality
from pipeline.json_file import write_json
from pipeline.models.gpu import device
from pipeline.models.trained import decoder_of, load_model
from pipeline.plan import code
from pipeline.records import write_record


def main(name: str) -> None:
    variant = read_variant(f"plan/{name}.json")
    code.checked("samples", [variant])
    plan = read_section(SamplingPlan, "plan/pipeline/sampling.json")
    output = Path("samples") / name
    output.mkdir(parents=True, exist_ok=True)

    notes = []
    z = {"prior": lambda count: sampling.prior(count, variant.model.latent_dim, plan.seed)}
    if variant.encodes and plan.mixture_components:
        train = latents.read(Path("latents") / name / "aligned.parquet", ["train"])
        mixture = sampling.fit_mixture(train.mu, train.logvar, plan.mixture_components, plan.mixture_images, plan.seed)
        sampling.save(output / "mixture.npz", mixture)
        z["mixture"] = lambda count: sampling.sample(mixture, count, plan.seed)
        notes += [mixture.note] * bool(mixture.note)
    write_json(output / "notes.json", notes)

    decode = decoder_of(load_model(Path("models") / name / "model.safetensors", variant))
    networks = {"frechet_distance": loss_network_features(Path("models/loss_network.safetensors"), plan.frechet_layer,
                                                          device())}
    if plan.inception:
        networks["fid"] = inception_features(Path(plan.inception), device())
    test = shards.load("data/shards", "aligned", "test").pixels[:plan.images]
    with tqdm(total=len(test) + len(z) * plan.images, unit=" images", desc=f"{variant.label}, samples",
              mininterval=5) as bar:
        reference = moments_by(networks, test, bar.update)
        metrics = {source: sample_quality(decode, draw(plan.images), networks, reference, bar.update)
                   for source, draw in z.items()}
    metrics["test_images"] = {"blur": blur(test), "images": len(test)}
    write_json(Path("metrics/samples") / f"{name}.json", metrics)

    write_record("samples", name)
    for note in notes:
        print(f"note: {variant.label}: {note}")
    print(messages.sampled(variant.label, output, metrics, plan.frechet_layer, plan.images))


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
