"""Encode every image of every view by one trained variant: python -m stages.latents VARIANT"""

import shutil
import sys
from pathlib import Path

from tqdm import tqdm

from pipeline.cluster import kept_connected
from pipeline.config import Variant, load_params, read_variant
from pipeline.errors import one_sentence
from pipeline.json_file import write_json
from pipeline.workspace import digest, only, published


def main(name: str) -> None:
    variant = read_variant(f"plan/{name}.json")
    output = Path("latents") / name
    if variant.encodes:
        encode(variant, output)
    else:
        note = f"{variant.label} has no encoder"
        write_json(output / "none.json", {"note": note})
        print(f"{output}: {note}, so no latents")


def encode(variant: Variant, output: Path) -> None:
    from pipeline import latents
    from pipeline.data import shards
    from pipeline.models.trained import load_model

    weights = Path("models") / variant.name / "model.safetensors"
    model, cluster = load_model(weights, variant), load_params().cluster
    manifest = shards.manifest("data/shards")
    identity = digest(weights, Path(latents.__file__), variant.model_dump_json(), manifest["sha256"])
    parts = only(Path(".checkpoints/latents") / variant.name / identity)
    total = sum(manifest["images"].values())
    with (kept_connected(cluster),
          tqdm(total=total * len(manifest["views"]), unit=" images", desc=f"{variant.label}, latents",
               mininterval=5) as bar):
        for view in manifest["views"]:
            batches = ((split, ids, pixels) for split in shards.SPLITS
                       for ids, pixels in shards.batches("data/shards", view, split, shards.PART_ROWS))
            latents.write(output / f"{view}.parquet", model, batches, parts / view, cluster, bar.update)
    published(output, cluster.storage, f"latents-{variant.name}-{identity}", f"{manifest['views'][-1]}.parquet")
    shutil.rmtree(parts.parent)
    print(f"{output}: mu and logvar of {total} images, views {', '.join(manifest['views'])}")


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
