"""Encode every image of every view by one trained variant: python -m stages.latents VARIANT"""

import sys
from pathlib import Path

from tqdm import tqdm

from pipeline import latents
from pipeline.config import read_variant
from pipeline.data import shards
from pipeline.errors import one_sentence
from pipeline.models.trained import device, load_vae


def main(name: str) -> None:
    variant = read_variant(f"plan/{name}.json")
    vae = load_vae(Path("models") / name / "vae.safetensors", variant, device())
    manifest = shards.manifest("data/shards")
    total = sum(manifest["images"].values())
    output = Path("latents") / name
    for view in manifest["views"]:
        with tqdm(total=total, unit=" images", desc=f"{variant.label}, {view} view", mininterval=5) as bar:
            batches = ((split, ids, pixels) for split in shards.SPLITS
                       for ids, pixels in shards.batches("data/shards", view, split, 512))
            latents.write(output / f"{view}.parquet", vae, counted(batches, bar))
    print(f"{output}: mu and logvar of {total} images, views {', '.join(manifest['views'])}")


def counted(batches, bar: tqdm):
    for split, ids, pixels in batches:
        yield split, ids, pixels
        bar.update(len(ids))


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
