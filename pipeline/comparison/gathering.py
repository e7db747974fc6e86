"""Everything that the page shows, read from Git and from DVC's cache."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.comparison.cache import Cache
from pipeline.comparison.comparable import Comparable
from pipeline.comparison.curves import Curves, variant_curves
from pipeline.comparison.experiment import Experiment
from pipeline.comparison.faces import VariantFaces, shown_faces, variant_faces
from pipeline.comparison.metrics import MetricTable, metric_tables
from pipeline.comparison.parameters import Differences, compare_parameters
from pipeline.comparison.reading import read_experiments
from pipeline.errors import InputError, did_you_mean
from pipeline.workspace.project import project_root


@dataclass
class Comparison:
    """What the page shows.

    Attributes:
        experiments: The first is the one with which the others are compared.
        labels: Variant → its label in each experiment, such as "VAE-123"; "" where an experiment lacks it.
        parameters: Which differ.
        metrics: A table for each stage of each variant.
        faces: Of each variant, those with different weights first.
        curves: Of each variant.
        face_groups: Places of the experiments that have the same test faces.
        same_data: Whether all experiments have the same images, in all views.
    """

    experiments: Sequence[Experiment]
    labels: dict[str, list[str]]
    parameters: Differences
    metrics: list[MetricTable]
    faces: list[VariantFaces]
    curves: list[Curves]
    face_groups: list[list[int]]
    same_data: bool


def gather(names: Sequence[str], variants: Sequence[str] = ()) -> Comparison:
    """Read and draw everything about these experiments.

    Args:
        names: Of at least two experiments; the others are compared with the first.
        variants: Those that are compared; empty for all.

    Raises:
        InputError: An experiment cannot be compared, a variant does not exist, or weights cannot be loaded.
    """
    experiments = read_experiments(names)
    chosen = chosen_variants(experiments, variants)
    params = [experiment.params for experiment in experiments]
    comparable = Comparable(experiments, Cache(project_root()))
    seed = params[0].seed
    shown = shown_faces(comparable, seed)
    faces = [variant_faces(variant, comparable, shown, seed) for variant in chosen]
    return Comparison(
        experiments=experiments,
        labels={name: [one.variant(name).label if name in one.variants else "" for one in params] for name in chosen},
        parameters=compare_parameters(experiments, chosen),
        metrics=metric_tables(experiments, chosen, comparable),
        faces=sorted(faces, key=lambda one: one.is_same),
        curves=[variant_curves(one.variant, experiments, comparable.cache) for one in faces if not one.is_same],
        face_groups=list(comparable.face_groups().values()),
        same_data=comparable.same_data())


def chosen_variants(experiments: Sequence[Experiment], variants: Sequence[str]) -> list[str]:
    """Return the variants that are compared, in the order of the first experiment; raises InputError for another."""
    trained = list(dict.fromkeys(name for experiment in experiments for name in experiment.variants()))
    for name in variants:
        if name not in trained:
            raise InputError(f"none of these experiments has trained the variant {name}{did_you_mean(name, trained)}; "
                             f"they have {', '.join(trained)}")
    return [name for name in trained if not variants or name in variants]
