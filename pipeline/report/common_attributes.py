"""Means over the attributes that all models have a number for, so that models are compared on the same attributes.

A model whose SVM has one answer to all faces has no number for that attribute. Left out of its own mean alone, an
attribute that it fails at would improve it.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.report.contents import VariantResults

MEANS = ("median_alpha", "flipped", "decoded", "unmoved", "kept")  # columns of `evaluation.flips.measure_flips`


def common_to_all(tables: Sequence[pd.DataFrame], column: str) -> list[str]:
    """Return the attributes for which each table, indexed by attribute, has a number in a column."""
    known = [set(table.index[table[column].notna()]) for table in tables]
    return [name for name in tables[0].index if all(name in of_table for of_table in known)] if known else []


def with_common_flips(variants: Sequence[VariantResults]) -> list[VariantResults]:
    """Return the variants with `flips` averaged over the attributes that all of them could measure.

    Variants without `flips_by_attribute` stay as they are. `others` is the mean of the entanglement over these
    attributes, as rows and as columns, without the diagonal.
    """
    tables = [variant.flips_by_attribute for variant in variants if variant.flips_by_attribute is not None]
    common = common_to_all(tables, "median_alpha")
    moved = common_to_all(tables, "flipped")
    averaged = []
    for variant in variants:
        table, entanglement = variant.flips_by_attribute, variant.entanglement
        if table is None or entanglement is None:
            averaged.append(variant)
            continue
        means = {name: mean(table.loc[moved if name == "flipped" else common, name]) for name in MEANS}
        square = entanglement.loc[common, common].to_numpy(dtype=float, copy=True)
        np.fill_diagonal(square, np.nan)
        means["others"] = mean(pd.Series(square.ravel()))
        averaged.append(replace(variant, flips={**means, "attributes": len(common)}))
    return averaged


def with_common_kappa(variants: Sequence[VariantResults]) -> list[VariantResults]:
    """Return the variants with κ in `preservation` averaged over the attributes for which all of them have one.

    Variants without `preservation_by_attribute` stay as they are.
    """
    tables = [variant.preservation_by_attribute for variant in variants
              if variant.preservation_by_attribute is not None]
    common = common_to_all(tables, "kappa")
    return [variant if variant.preservation_by_attribute is None else replace(variant, preservation={
        **variant.preservation, "kappa": mean(variant.preservation_by_attribute.loc[common, "kappa"]),
        "attributes": len(common)}) for variant in variants]


def mean(numbers: pd.Series) -> float | None:
    """Return the mean of those that are numbers; None without any."""
    return float(numbers.mean()) if numbers.notna().any() else None
