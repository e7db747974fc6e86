"""Encode every image of every view by one trained variant: python -m stages.latents VARIANT"""

import shutil
import sys
from pathlib import Path

from tqdm import tqdm

from pipeline import latents
from pipeline.cluster import kept_connected
from pipeline.config import Variant, load_params, read_variant
from pipeline.errors import one_sentence
from pipeline.plan import code
from pipeline.records import write_record
from pipeline.vocabulary import SPLITS
from pipeline.workspace import digest, only, published


def main(name: str) -> None:
    variant = read_variant(f"plan/{name}.json")
    own_code, output = code.checked("latents", [variant]), Path("latents") / name
    if variant.encodes:
        encode(variant, output, own_code)
    else:  # what follows depends on this file, whether or not it has rows
        latents.write_table(output / "aligned.parquet", [latents.schema(variant.model.latent_dim).empty_table()])
        print(f"{output}: {variant.label} has no encoder, so no latents")
    write_record("latents", name)


def encode(variant: Variant, output: Path, own_code: str) -> None:
    from pipeline.data import shards
    from pipeline.encoding import write_latents
    from pipeline.models.trained import load_model

    weights = Path("models") / variant.name / "model.safetensors"
    model, cluster = load_model(weights, variant), load_params().cluster
    manifests = {view: shards.manifest("data/shards", view) for view in shards.views("data/shards")}
    identity = digest(weights, own_code, variant.planned(), *(m["files_sha256"] for m in manifests.values()))
    parts = only(Path(".checkpoints/latents") / variant.name / identity)
    total = sum(manifests["aligned"]["images"].values())
    with (kept_connected(cluster),
          tqdm(total=total * len(manifests), unit=" images", desc=f"{variant.label}, latents",
               mininterval=5) as bar):
        for view in manifests:
            batches = ((split, ids, pixels) for split in SPLITS
                       for ids, pixels in shards.batches("data/shards", view, split, shards.PART_ROWS))
            write_latents(output / f"{view}.parquet", model, batches, parts / view, cluster, bar.update)
    published(output, cluster.storage, f"latents-{variant.name}-{identity}", f"{list(manifests)[-1]}.parquet")
    shutil.rmtree(parts.parent)
    print(f"{output}: mu and logvar of {total} images, views {', '.join(manifests)}")


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
