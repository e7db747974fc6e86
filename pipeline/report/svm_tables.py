"""All SVMs' scores as the stages have written them, for Table 1 and its picture."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from pipeline import paths
from pipeline.config.plans import BaselinesPlan, EvaluatePlan, ViewGainsPlan, read_plan
from pipeline.evaluation import svm_notes
from pipeline.evaluation.set_names import ALL_VIEWS
from pipeline.files.json_file import read_json

# A method's label ("VAE-123", "VAE-123 + VAE-345", "PCA of the pixels") → set of views ("aligned") → the rows of
# `evaluation.svm.evaluate`.
SvmTables = Mapping[str, Mapping[str, pd.DataFrame]]


def read_attribute_table(path: Path, index: bool = False) -> pd.DataFrame:
    """Read a table with a row per attribute. Names such as "1" and "NA" stay as they are.

    Args:
        path: of the CSV file, which has a column attribute.
        index: whether this column becomes the index of the rows.
    """
    numbers = [name for name in pd.read_csv(path, nrows=0).columns if name != "attribute"]
    table = pd.read_csv(path, dtype={"attribute": str}, keep_default_na=False, na_values=dict.fromkeys(numbers, ""))
    return table.set_index("attribute") if index else table


def read_scores(path: Path) -> pd.DataFrame | None:
    """Return the rows of `evaluation.svm.evaluate` from a file; None where there is no file, or no attribute."""
    table = read_attribute_table(path) if path.is_file() else pd.DataFrame()
    return table if len(table) else None


def read_svm_tables(labels: Mapping[str, str]) -> SvmTables:
    """Read the scores of all variants that encode, and of several variants together; none without attributes.

    Args:
        labels: name of a variant → its label, in the order in which they are to come.
    """
    view_sets = read_plan(EvaluatePlan).view_sets
    tables = {label: {view_set: rows for view_set in view_sets
                      if (rows := read_scores(paths.svm_table(paths.EVALUATION / name, view_set))) is not None}
              for name, label in labels.items()}
    tables = {label: sets for label, sets in tables.items() if sets}  # a variant without an encoder has none
    plan = read_plan(ViewGainsPlan)
    if combined := read_combined_tables(paths.VIEW_GAINS):
        tables[combined_label(plan)] = combined
    return tables


def combined_label(plan: ViewGainsPlan) -> str:
    """Return the label of the variants of view_gains together, "VAE-123 + VAE-345"."""
    return " + ".join(plan.labels[name] for name in plan.variants)


def read_combined_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Read the scores of sets that combine variants, from the files svm_<set>.csv of a folder; all views come last."""
    files = sorted(folder.glob(paths.svm_table(folder, "*").name), key=lambda file: file.stem == f"svm_{ALL_VIEWS}")
    return {file.stem.removeprefix("svm_"): rows for file in files if (rows := read_scores(file)) is not None}


def average_accuracies(tables: SvmTables, view_set: str) -> dict[str, float]:
    """Return label → average accuracy on a set of views, 0 … 1, of the methods that have this set."""
    return {label: float(sets[view_set]["accuracy"].mean()) for label, sets in tables.items() if view_set in sets}


def svm_warnings(tables: SvmTables, gains: pd.DataFrame) -> list[str]:
    """Return a sentence for each set of features on which SVMs have not converged.

    Args:
        tables: all SVMs' scores.
        gains: the table of `evaluation.view_gains.score_view_gains`, as read from its file.
    """
    found = [(f"{label}, {view_set}", svm_notes.convergence(rows))
             for label, sets in tables.items() for view_set, rows in sets.items()]
    found += [(f"What each view adds, {step}", note)
              for step, note in zip(gains["step"], gains["note"].fillna(""), strict=True)]
    return [f"{where}: {note}" for where, note in found if note]


def c_notes(tables: SvmTables, gains: pd.DataFrame) -> list[str]:
    """Return one sentence for each list of candidates at whose edge validation chose the SVMs' C.

    Args:
        tables: all SVMs' scores. Those that combine variants stand in `gains` too, and are told of there.
        gains: the table of `evaluation.view_gains.score_view_gains`, as read from its file.
    """
    plan = read_plan(ViewGainsPlan)
    of_sets = {f"{label}, {view_set}": float(rows["C"].iloc[0]) for label, sets in tables.items()
               for view_set, rows in sets.items() if label != combined_label(plan)}
    of_steps = dict(zip(gains["step"], gains["C"], strict=True))
    notes = (svm_notes.at_the_edge(of_sets, read_plan(EvaluatePlan).svm_c, "evaluate.svm_c"),
             svm_notes.at_the_edge(of_steps, plan.svm_c, "view_gains.svm_c"))
    return [f"SVMs: {note}." for note in notes if note]


def read_baseline_tables() -> SvmTables:
    """Read the scores of the baselines that were measured, each on the one view of `baselines.view`."""
    view = read_plan(BaselinesPlan).view
    return {entry["label"]: {view: rows} for entry in read_json(paths.BASELINE_NOTES)
            if (rows := read_scores(paths.baseline_table(entry["name"]))) is not None}


def read_baseline_notes() -> list[str]:
    """Return sentences on the baselines: what they see, and what each is, or why it was not measured."""
    entries = read_json(paths.BASELINE_NOTES)
    seen = (f"The baselines see the faces of view {read_plan(BaselinesPlan).view} alone. Their SVMs are fitted and "
            "scored as ours, on the same images.")
    measured = any(paths.baseline_table(entry["name"]).is_file() for entry in entries)
    return [seen] * measured + [entry["note"] for entry in entries]
