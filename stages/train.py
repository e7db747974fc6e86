"""Train one variant: python -m stages.train VARIANT."""

import sys

from pipeline import messages, paths
from pipeline.cluster.connection import cluster_address
from pipeline.config.loading import load_params
from pipeline.config.plans import read_variant
from pipeline.models.weights_file import load_model
from pipeline.process import whole_process
from pipeline.tracking import training_run
from pipeline.tracking.reporter import reporter_of_training
from pipeline.training import ray_train, runs
from pipeline.training.inputs import inputs_of, upload_inputs_for_all_nodes, upload_start_weights
from pipeline.training.own_runs import delete_complete_runs
from pipeline.training.results import write_results
from pipeline.workspace.dvc_lock import dvc_lock_entry
from pipeline.workspace.project import in_project


def main(name: str) -> None:
    """Run the stage for a variant."""
    variant, params = read_variant(name), load_params()
    inputs, cluster, tracking = inputs_of(variant), params.cluster, params.tracking
    if cluster_address(cluster) and not cluster.workers:
        print("cluster.workers is 0: training runs in this process, and not on the cluster at "
              f"{cluster_address(cluster)}", file=sys.stderr)
    shards, loss_network = upload_inputs_for_all_nodes(inputs, cluster.storage)
    start = upload_start_weights(inputs, cluster.storage)

    storage, lock_entry = in_project(cluster.storage), dvc_lock_entry(f"train@{name}")
    delete_complete_runs(storage, name, lock_entry, wanted=inputs.configuration())
    run = runs.begin_or_resume_run(storage, inputs.configuration(), lock_entry)
    tags = inputs.tags() | ({"continued_from": run.continued_from} if run.continued_from else {})
    reporter = reporter_of_training(tracking, variant, run.name, training_run.parameters(variant, params), tags)
    rows = reporter.for_worker(tracking, reporter.run_id()) if cluster.workers else reporter
    job = ray_train.Job(variant, shards, loss_network, run.folder, cluster.checkpoint_steps,
                        rows.on_steps, rows.on_epoch, rows.close, rows.on_start, start, cluster.checkpoint_seconds,
                        cluster.cuda_graph, rows.on_pictures)
    with reporter.marking_failure():
        weights, history = ray_train.fit(job, cluster)
        results = write_results(variant, weights, history, run.name, inputs.trained_on(), tags)
        load_model(paths.weights(name), variant)  # fails now if the weights cannot be read back
    run_id = reporter.finish()
    runs.end_and_delete_earlier_checkpoints(run, lock_entry)
    for warning in results.warnings:
        print(f"warning: {variant.label}: {warning}")
    print(messages.trained(variant.label, paths.weights(name), results.metrics, variant.model.latent_dim,
                           results.speed["images_per_second"], str(history.trained["precision"]), run_id or ""))


if __name__ == "__main__":
    with whole_process():
        main(sys.argv[1])
