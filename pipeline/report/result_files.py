"""The files behind the page: from which numbers, weights and latents each figure and each table comes.

They are outputs of stages before the report, which are there wherever the report was made.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from pipeline import paths
from pipeline.report.contents import VariantResults

# Files of a figure that a variant has, by the figure's name in figures/<variant>.
OF_A_VARIANT: Mapping[str, Callable[[str], Sequence[Path]]] = {
    "interpolation.png": lambda name: [paths.weights(name), paths.latents(name)],
    "attribute_arithmetic.png": lambda name: [paths.weights(name), paths.latents(name), paths.attribute_vectors(name)],
    "manipulation.png": lambda name: [paths.weights(name), paths.latents(name), paths.attribute_vectors(name)],
    "correlation.png": lambda name: [paths.attribute_correlation(name), paths.label_correlation(name)],
    "entanglement.png": lambda name: [paths.entanglement(name)],
    "posterior.png": lambda name: [paths.posterior_table(name)],
    "curves.png": lambda name: [paths.epochs(name), paths.steps(name)],
}


def of_sections(variants: Sequence[VariantResults], baselines: Sequence[str]) -> dict[str, list[Path]]:
    """Return the files behind the tables of each section, by the section's anchor.

    Args:
        variants: all of the report.
        baselines: the names of their tables, "pca".
    """
    names = [variant.name for variant in variants]
    encoders = [variant.name for variant in variants if variant.encodes]
    return {
        "summary": [paths.metrics(stage, name) for stage in ("evaluate", "samples", "train") for name in names],
        "run": [paths.PARAMS, *(paths.variant_plan(name) for name in names),
                *(paths.of_stage(paths.RECORDS, "train", name) for name in names)],
        "table1": [paths.REPORT / "table1.csv", paths.REPORT / "table1.md",
                   *(paths.svm_table(paths.EVALUATION / variant.name, views) for variant in variants
                     for views in variant.svm), *map(paths.baseline_table, baselines)],
        "views": [paths.GAINS_TABLE, paths.VIEW_GAINS_METRICS],
        "latents": [path(name) for path in (paths.preservation_table, paths.posterior_table) for name in encoders],
        "samples": [*(paths.metrics("samples", name) for name in names), *map(paths.protocol, names), paths.FLOOR],
        "training": [*map(paths.epochs, names), paths.CURVES],
        "flips": [*map(paths.flips, encoders), *map(paths.entanglement, encoders)],
        "vectors": [*map(paths.attribute_vectors, encoders)],
    }


def address(path: Path) -> str:
    """Return the relative address of a file of the project, as seen from report/index.html."""
    return quote(Path(os.path.relpath(path, paths.REPORT)).as_posix())
