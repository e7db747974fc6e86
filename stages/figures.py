"""Draw every picture, in cluster.processes processes, and put the curves of all trainings into one table."""

import functools
from collections.abc import Callable

import numpy as np
import pandas as pd

from pipeline import paths
from pipeline.config.loading import load_params
from pipeline.config.plans import ReportPlan, ViewGainsPlan, read_plan, read_variants
from pipeline.config.variant import Variant
from pipeline.data import by_id, shards
from pipeline.figures.comparison import compare_reconstructions, compare_samples
from pipeline.figures.drawn_model import DrawnModel
from pipeline.figures.latent_mosaic import latent_mosaic, mosaic_splits
from pipeline.figures.of_variant import (
    NO_ATTRIBUTES,
    draw_attribute_matrices,
    draw_latent_space,
    draw_training_and_samples,
)
from pipeline.figures.posterior import posterior
from pipeline.figures.svm_bars import svm_bars
from pipeline.figures.training_curves import curves_of_all
from pipeline.figures.view_gains import view_gains
from pipeline.files.atomic import write_text
from pipeline.files.json_file import write_json
from pipeline.latent_space.attribute_vectors import read_attribute_vectors
from pipeline.latent_space.latents import read_latents
from pipeline.latent_space.sampling import read_mixture
from pipeline.models.numpy_functions import decode_function, reconstruct_function
from pipeline.models.weights_file import load_model
from pipeline.parallel import in_copies_of_this_process
from pipeline.plan import code
from pipeline.plan.removed_variants import delete_results_of_removed_variants
from pipeline.process import whole_process
from pipeline.report.svm_tables import read_attribute_table, read_baseline_tables, read_svm_tables
from pipeline.vocabulary import counted
from pipeline.workspace.records import write_record

Drawing = Callable[[list[Variant], ReportPlan], None]


def main() -> None:
    """Run the stage."""
    variants, plan = read_variants(), read_plan(ReportPlan)
    code.refuse_unplanned_code("figures", variants)
    delete_results_of_removed_variants()
    # What takes longest comes first, so that no process is left alone with it at the end.
    parts: list[Variant | Drawing] = [draw_all_models, *variants, draw_scores]
    spread = in_copies_of_this_process(load_params().cluster.processes)
    _, *notes, _ = spread(draw_part, (variants, plan), parts)
    write_json(paths.FIGURE_NOTES, {variant.name: of_one for variant, of_one in zip(variants, notes, strict=True)})
    curves = curves_of_all({variant.label: pd.read_csv(paths.epochs(variant.name)) for variant in variants})
    write_text(paths.CURVES, curves.to_csv(index=False))
    write_record("figures")
    drawn = sum(path.suffix in (".png", ".jpg") for path in paths.FIGURES.rglob("*"))
    print(f"{paths.FIGURES}: {drawn} pictures of {counted(len(variants), 'variant')}; {paths.CURVES}: their curves")


def draw_part(shared: tuple[list[Variant], ReportPlan], part: Variant | Drawing) -> list[str]:
    """Draw the pictures of a variant, or those of all; return notes on rows that could not be drawn.

    Args:
        shared: all variants, and what is drawn of them.
        part: the variant, or a function that draws what all have together.
    """
    variants, plan = shared
    if isinstance(part, Variant):
        return draw_variant(part.name, read_model(part), pd.read_csv(paths.epochs(part.name)), plan.seed)
    part(variants, plan)
    return []


def read_model(variant: Variant) -> DrawnModel:
    """Read a trained variant, and the mixture that was fitted to its latent vectors, if there is one."""
    model, mixture = load_model(paths.weights(variant.name), variant), paths.mixture(variant.name)
    return DrawnModel(variant.label, variant.model.latent_dim, decode_function(model),
                      reconstruct_function(model) if variant.encodes else None,
                      read_mixture(mixture) if mixture.is_file() else None)


def draw_variant(name: str, model: DrawnModel, history: pd.DataFrame, seed: int) -> list[str]:
    """Write all pictures of one variant; return notes on rows that could not be drawn.

    Args:
        name: of the variant.
        model: the variant.
        history: its metrics by epoch.
        seed: of z and of the choice of faces.
    """
    folder = paths.FIGURES / name
    draw_training_and_samples(folder, model, history, seed)
    if not model.reconstruct:
        return []
    posterior(folder / "posterior.png", pd.read_csv(paths.posterior_table(name)))
    latents = read_latents(paths.latents(name), ["test"])
    attributes = by_id.attributes_of(paths.SHARDS, latents.image_ids, ["test"])
    vectors = read_attribute_vectors(paths.attribute_vectors(name))
    notes = draw_latent_space(folder, model.decode, latents.mu, attributes, vectors, seed)
    if not attributes.names:
        return [*notes, NO_ATTRIBUTES]
    of_vectors, of_labels, entangled = (read_attribute_table(path, index=True) for path in (
        paths.attribute_correlation(name), paths.label_correlation(name), paths.entanglement(name)))
    return notes + draw_attribute_matrices(folder, of_vectors, of_labels, entangled,
                                           attributes.most_frequent(len(attributes.names)))


def draw_scores(variants: list[Variant], plan: ReportPlan) -> None:
    """Write Table 1 and the gains of views as pictures; nothing where there are no attributes."""
    if tables := read_svm_tables(plan.variants):
        svm_bars(paths.FIGURES / "svm.png", tables, plan.view_set, read_baseline_tables())
    compared = read_plan(ViewGainsPlan)
    gains = pd.read_csv(paths.GAINS_TABLE).fillna({"over": ""})
    if len(gains):
        view_gains(paths.FIGURES / "gains.png", gains, compared.labels[compared.variants[0]])


def draw_all_models(variants: list[Variant], plan: ReportPlan) -> None:
    """Write Figures 3, 4 and 8."""
    shown = [read_model(variant) for variant in variants]
    test: int = shards.manifest(paths.SHARDS, "aligned")["images"]["test"]
    of_test = functools.partial(shards.pixels_at, paths.SHARDS, "aligned", "test")
    compare_samples(paths.FIGURES / "samples.png", shown, plan.samples, plan.seed)
    compare_reconstructions(paths.FIGURES / "reconstructions.png", shown, test, of_test, plan.reconstructions,
                            plan.seed)
    splits = mosaic_splits(test, plan.mosaic_images)
    latents = read_latents(paths.latents(plan.mosaic_variant), splits)

    def faces(rows: np.ndarray) -> np.ndarray:
        """Return the pixels of some images of these latents: there may be many more than are drawn."""
        return by_id.pixels_of(paths.SHARDS, latents.image_ids[rows], splits)

    latent_mosaic(paths.FIGURES / "mosaic.jpg", latents.mu, faces, plan.mosaic_images, plan.seed)


if __name__ == "__main__":
    with whole_process():
        main()
