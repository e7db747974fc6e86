"""Which folders in cluster.storage this working tree needs, and why."""

import contextlib

from pipeline import paths
from pipeline.config.plans import read_variants
from pipeline.data import shards
from pipeline.errors import InputError
from pipeline.files.folder import Folder
from pipeline.files.hashes import sha256
from pipeline.files.json_file import read_json
from pipeline.leftovers.listing import copies_for_experiments, has_process
from pipeline.leftovers.names import PARTS, variant_of
from pipeline.models.start_weights import start_file
from pipeline.training import own_runs
from pipeline.training.inputs import VIEW, inputs_of
from pipeline.workspace.dvc_lock import dvc_lock_entry
from pipeline.workspace.project import in_project

GOES_ON = "this working tree goes on with it"


def needed_here(storage: Folder) -> dict[str, str]:
    """Return why this working tree needs folders, by their names in the storage."""
    needed: dict[str, str] = {}
    if storage == in_project(str(paths.UNFINISHED)):
        needed |= dict.fromkeys(PARTS, GOES_ON)
    return needed | trainings_of_experiments() | trainings_to_go_on_with(storage) | copies_of_own_data()


def trainings_of_experiments() -> dict[str, str]:
    """Return the trainings of DVC's experiments that run now on this machine, in copies of this project."""
    return {f"{configuration}/{run}": "an experiment trains it now"
            for copy in filter(has_process, copies_for_experiments())
            for configuration, run in own_runs.remembered(copy)}


def trainings_to_go_on_with(storage: Folder) -> dict[str, str]:
    """Return the trainings that this working tree began, still wants, and DVC has not recorded as complete."""
    planned, needed = planned_configurations(), {}
    for configuration, run in own_runs.remembered():
        name = variant_of(configuration)
        if planned is None or (name in planned and planned[name] in (None, configuration)):
            folder = storage / configuration / run
            if own_runs.is_own(folder) and not own_runs.is_recorded(folder, dvc_lock_entry(f"train@{name}")):
                needed[f"{configuration}/{run}"] = GOES_ON
    return needed


def planned_configurations() -> dict[str, str | None] | None:
    """Return the configuration of each planned variant, by name; None if there is no plan that can be read.

    A configuration is None where the variant's data is not here or the code is not that of the plan.
    """
    try:
        variants = read_variants()
    except (InputError, OSError):
        return None
    planned: dict[str, str | None] = {}
    for variant in variants:
        planned[variant.name] = None
        with contextlib.suppress(InputError, OSError):
            planned[variant.name] = inputs_of(variant).configuration()
    return planned


def copies_of_own_data() -> dict[str, str]:
    """Return the copies, for a cluster's nodes, of this working tree's shards, loss networks and first weights."""
    needed = {}
    manifest = paths.SHARDS / shards.manifest_name(VIEW)
    if manifest.is_file():
        needed[f"shards-{read_json(manifest)['sha256'][:16]}"] = "the shards of this working tree"
    for network in paths.LOSS_NETWORKS.glob(f"*/{paths.LOSS_NETWORK.name}"):
        needed[f"loss_network-{sha256(network)[:16]}"] = "a loss network of this working tree"
    with contextlib.suppress(InputError, OSError):  # there is no plan, or the file is gone
        for file in filter(None, map(start_file, read_variants())):
            needed[f"start_weights-{sha256(file)[:16]}"] = "the weights from which this working tree's training starts"
    return needed
