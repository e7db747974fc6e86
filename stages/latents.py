"""Encode every image of every view by one trained variant: python -m stages.latents VARIANT."""

import shutil
import sys
from pathlib import Path

from tqdm import tqdm

from pipeline import paths
from pipeline.cluster.tasks import parallel_map
from pipeline.config.loading import load_params
from pipeline.config.plans import read_variant
from pipeline.config.variant import Variant
from pipeline.files.hashes import digest
from pipeline.files.work_folder import delete_siblings_and_partial_files
from pipeline.latent_space.latents import write_empty_latents
from pipeline.plan import code
from pipeline.process import whole_process
from pipeline.vocabulary import SPLITS
from pipeline.workspace.records import write_record


def main(name: str) -> None:
    """Run the stage for a variant."""
    variant = read_variant(name)
    own_code, output = code.refuse_unplanned_code("latents", [variant]), paths.LATENTS / name
    if variant.encodes:
        encode_all_views(variant, output, own_code)
    else:  # later stages depend on this file, whether or not it has rows
        write_empty_latents(paths.latents(name), variant.model.latent_dim)
        print(f"{output}: {variant.label} has no encoder, so no latents")
    write_record("latents", name)


def encode_all_views(variant: Variant, output: Path, own_code: str) -> None:
    """Write one file of latents per view. own_code: the text of the code's digest."""
    from pipeline.data import shards
    from pipeline.latent_space.encoding import encode_to_file
    from pipeline.models.weights_file import load_model

    weights = paths.weights(variant.name)
    model, cluster = load_model(weights, variant), load_params().cluster
    manifests = {view: shards.manifest(paths.SHARDS, view) for view in shards.views(paths.SHARDS)}
    identity = digest(weights, own_code, variant.planned(), *(m["files_sha256"] for m in manifests.values()))
    parts = delete_siblings_and_partial_files(paths.UNFINISHED / "latents" / variant.name / identity)
    total = sum(manifests["aligned"]["images"].values())
    with (parallel_map(cluster, gpu=True) as spread,
          tqdm(total=total * len(manifests), unit=" images", desc=f"{variant.label}, latents",
               mininterval=5) as bar):
        for view in manifests:
            batches = ((split, ids, pixels) for split in SPLITS
                       for ids, pixels in shards.batches(paths.SHARDS, view, split, shards.PART_ROWS))
            encode_to_file(paths.latents(variant.name, view), model, batches, parts / view, spread, bar.update)
    shutil.rmtree(parts.parent)
    print(f"{output}: mu and logvar of {total:,} images, views {', '.join(manifests)}")


if __name__ == "__main__":
    with whole_process():
        main(sys.argv[1])
