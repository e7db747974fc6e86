"""Write what came after training to MLflow: a record of each variant's results, and one of the report.

Also completes runs of trainings during which the server was away. This is one stage, since MLflow takes seconds to load
and a server that is away shall cost no other stage.
"""

from typing import TYPE_CHECKING

from pipeline import paths
from pipeline.config.loading import load_params
from pipeline.config.plans import read_variants
from pipeline.config.variant import Variant
from pipeline.errors import InputError
from pipeline.messages import without_password
from pipeline.plan import code
from pipeline.plan.removed_variants import delete_results_of_removed_variants
from pipeline.process import whole_process
from pipeline.tracking.contents import report_contents, results_contents
from pipeline.tracking.experiments import experiment_name
from pipeline.tracking.keys import report_key, results_keys
from pipeline.tracking.models import svms_of_one_view
from pipeline.tracking.results import write_or_join_report, write_or_join_results
from pipeline.tracking.store import store_uri
from pipeline.tracking.training_completion import find_and_complete_training
from pipeline.training.own_runs import delete_complete_runs
from pipeline.vocabulary import counted
from pipeline.workspace.dvc_lock import dvc_lock_entry
from pipeline.workspace.project import in_project

if TYPE_CHECKING:
    from pipeline.models.served_graph import ServedGraph


def main() -> None:
    """Run the stage."""
    params, variants = load_params(), read_variants()
    config = params.tracking
    code.refuse_unplanned_code("track", variants)
    delete_results_of_removed_variants()
    try:
        keys = results_keys(variants)
        key_of_report = report_key(keys)
    except FileNotFoundError as error:
        raise InputError(f"{error}; run `dvc pull` if results came from elsewhere, or `dvc repro`") from error
    for variant in variants:
        run_id, model = find_and_complete_training(params, variant, load_graph)
        write_or_join_results(config, variant, keys[variant.name], run_id, results_contents(variant, params), model)
        delete_complete_runs(in_project(params.cluster.storage), variant.name, dvc_lock_entry(f"train@{variant.name}"))
    write_or_join_report(config, key_of_report, report_contents(params))
    print(f"MLflow: {experiment_name()} has a training and results of {counted(len(variants), 'variant')}, "
          f"and a report, in {without_password(store_uri(config))}")


def load_graph(variant: Variant) -> "ServedGraph":
    """Load a trained model as a graph with its SVMs; torch takes seconds to load and is seldom needed here."""
    from pipeline.evaluation.svm_file import read_svms
    from pipeline.models.served_graph import served_graph
    from pipeline.models.weights_file import load_model

    model = load_model(paths.weights(variant.name), variant)
    svms = svms_of_one_view(variant)
    if svms is None:
        return served_graph(model, variant.encodes)
    names, fitted = read_svms(svms)
    return served_graph(model, variant.encodes, names, fitted.weights)


if __name__ == "__main__":
    with whole_process():
        main()
