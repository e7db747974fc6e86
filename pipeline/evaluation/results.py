"""All SVMs' scores as the stages have left them, for Table 1 and its picture."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from pipeline.config import EvaluatePlan, MultiViewPlan, read_section

ALL_VIEWS = "all_views"  # the file of the set that has all views of several variants
VGG_FC, VGG_FC_VIEW = "VGG-FC", "landmark"  # the paper's baseline, and the view that it sees

# A method's label ("VAE-123", "VAE-123 + VAE-345", "VGG-FC") → set of views ("aligned") → the rows of `svm.evaluate`.
Results = Mapping[str, Mapping[str, pd.DataFrame]]


def svm_results(variants: Mapping[str, str]) -> Results:
    """Label → set of views → rows of `svm.evaluate`: the variants that encode, several together, and VGG-FC.

    variants: name → label, in the order in which they are to come.
    """
    view_sets = read_section(EvaluatePlan, "plan/pipeline/evaluate.json").view_sets
    results = {label: {view_set: pd.read_csv(path) for view_set in view_sets
                       if (path := Path("evaluation") / name / f"svm_{view_set}.csv").is_file()}
               for name, label in variants.items()}
    results = {label: sets for label, sets in results.items() if sets}  # a variant without encoder has none
    several = read_section(MultiViewPlan, "plan/pipeline/multi_view.json")
    if combined := read_combined("multi_view"):
        results[" + ".join(several.labels[name] for name in several.variants)] = combined
    baseline = Path("baselines/vgg_fc.csv")
    if baseline.is_file():
        results[VGG_FC] = {VGG_FC_VIEW: pd.read_csv(baseline)}
    return results


def read_combined(folder: str | Path) -> dict[str, pd.DataFrame]:
    """What `gains` returned as its second part, from the files svm_<name>.csv of a folder, the first view first."""
    paths = sorted(Path(folder).glob("svm_*.csv"), key=lambda path: path.stem == f"svm_{ALL_VIEWS}")
    return {path.stem.removeprefix("svm_"): pd.read_csv(path) for path in paths}
