"""Draw every picture, of all variants in one process, and put the curves of all trainings into one table."""

from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from pipeline import attribute_vectors, latents, sampling
from pipeline.config import AttributesPlan, MultiViewPlan, ReportPlan, Variant, read_section, read_variants
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.evaluation.results import svm_results
from pipeline.figures.attribute_arithmetic import MANIPULATION_ROWS, attribute_arithmetic
from pipeline.figures.correlation import correlation
from pipeline.figures.interpolation import interpolation
from pipeline.figures.latent_mosaic import latent_mosaic
from pipeline.figures.reconstructions import reconstructions
from pipeline.figures.samples import samples
from pipeline.figures.svm_bars import svm_bars
from pipeline.figures.training_curves import curves_of_all, training_curves
from pipeline.figures.view_gains import view_gains
from pipeline.json_file import write_json
from pipeline.models.trained import decoder_of, load_model, reconstructor_of
from pipeline.plan import code
from pipeline.records import write_record
from pipeline.removed_variants import delete_results_of_removed_variants
from pipeline.vocabulary import SPLITS

OUTPUT, CURVES, NOTES = Path("figures"), Path("curves.csv"), Path("figure_notes.json")
SHOWN = 40  # samples of each variant, the first of those that are scored


def main() -> None:
    variants, plan = read_variants(), read_section(ReportPlan, "plan/pipeline/report.json")
    code.checked("figures", variants)
    delete_results_of_removed_variants()
    models = {v.name: load_model(Path("models") / v.name / "model.safetensors", v) for v in variants}
    mixtures = {v.name: sampling.load(path) for v in variants
                if (path := Path("samples") / v.name / "mixture.npz").is_file()}
    faces = shards.load("data/shards", "aligned", "test")

    histories = {v.name: pd.read_csv(Path("training") / v.name / "epochs.csv") for v in variants}
    curves_of_all({plan.variants[name]: history for name, history in histories.items()}).to_csv(CURVES, index=False)
    notes = {v.name: draw_variant(v, plan.seed, models[v.name], histories[v.name], mixtures.get(v.name),
                                  faces.attributes) for v in variants}
    write_json(NOTES, notes)
    draw_beside_each_other(plan, variants, models, mixtures, faces.pixels)
    svm_bars(OUTPUT / "svm.png", svm_results(plan.variants))
    several = read_section(MultiViewPlan, "plan/pipeline/multi_view.json")
    gains = pd.read_csv("multi_view/gains.csv").fillna({"over": ""})
    view_gains(OUTPUT / "gains.png", gains, several.labels[several.variants[0]])
    write_record("figures")
    drawn = sum(path.suffix in (".png", ".jpg") for path in OUTPUT.rglob("*"))
    print(f"{OUTPUT}: {drawn} pictures of {len(variants)} variants; {CURVES}: their curves")


def draw_variant(variant: Variant, seed: int, model: nn.Module, history: pd.DataFrame,
                 mixture: sampling.Mixture | None, attributes: np.ndarray) -> list[str]:
    """Write all pictures of one variant; notes on rows that could not be drawn. attributes: of the test faces."""
    folder, decode, size = OUTPUT / variant.name, decoder_of(model), variant.model.latent_dim
    training_curves(folder / "curves.png", history, variant.label, latent_dim=size)
    samples(folder / "prior.png", {variant.label: decode}, sampling.prior(SHOWN, size, seed), columns=8)
    if mixture:
        samples(folder / "mixture.png", {variant.label: decode}, sampling.sample(mixture, SHOWN, seed), columns=8)
    if not variant.encodes:
        return []
    names = read_section(AttributesPlan, "plan/pipeline/attributes.json").correlation
    of_variant = Path("attributes") / variant.name
    vectors = attribute_vectors.read(of_variant / "vectors.parquet")
    mu = latents.read(Path("latents") / variant.name / "aligned.parquet", ["test"]).mu
    correlation(folder / "correlation.png", attribute_vectors.correlation(vectors, names), names)
    notes = interpolation(folder / "interpolation.png", mu, attributes, decode, seed)
    notes += attribute_arithmetic(folder / "attribute_arithmetic.png", mu, attributes, vectors, decode, seed)
    return notes + attribute_arithmetic(folder / "manipulation.png", mu, attributes, vectors, decode, seed,
                                        changes=MANIPULATION_ROWS)


def draw_beside_each_other(plan: ReportPlan, variants: list[Variant], models: dict[str, nn.Module],
                           mixtures: dict[str, sampling.Mixture], test: np.ndarray) -> None:
    """Write Figures 3, 4 and 8. test: the pixels of the test faces, uint8 N×3×S×S."""
    called = plan.variants
    decoders = {called[v.name]: decoder_of(models[v.name]) for v in variants}
    z = {called[v.name]: sampling.prior(plan.samples, v.model.latent_dim, plan.seed) for v in variants}
    for name, mixture in mixtures.items():
        label = f"{called[name]}, mixture"
        decoders[label] = decoders[called[name]]
        z[label] = sampling.sample(mixture, plan.samples, plan.seed)
    samples(OUTPUT / "samples.png", decoders, z, columns=whole_rows(plan.samples))
    reconstructions(OUTPUT / "reconstructions.png", test,
                    {called[v.name]: reconstructor_of(models[v.name]) for v in variants if v.encodes},
                    plan.reconstructions, plan.seed)
    splits = ["test"] if len(test) >= plan.mosaic_images else SPLITS  # "from CelebA", section 4.3.4: any will do
    faces = test if splits == ["test"] else np.concatenate(
        [shards.load("data/shards", "aligned", split).pixels for split in splits])
    encoded = latents.read(Path("latents") / plan.mosaic_variant / "aligned.parquet", splits)
    latent_mosaic(OUTPUT / "mosaic.jpg", encoded.mu, faces, plan.mosaic_images, plan.seed)


def whole_rows(count: int) -> int:
    """Columns in which `count` images fill their rows: at most ten where this can be, else one row."""
    columns = max(c for c in range(1, 11) if count % c == 0)
    return columns if columns >= 4 else count


if __name__ == "__main__":
    with one_sentence():
        main()
