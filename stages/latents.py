"""Encode every image of every view by one trained variant: python -m stages.latents VARIANT"""

import sys
from pathlib import Path

from tqdm import tqdm

from pipeline.config import Variant, read_variant
from pipeline.errors import one_sentence
from pipeline.json_file import write_json


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
    from pipeline.models.trained import device, load_model

    model = load_model(Path("models") / variant.name / "model.safetensors", variant, device())
    manifest = shards.manifest("data/shards")
    total = sum(manifest["images"].values())
    for view in manifest["views"]:
        with tqdm(total=total, unit=" images", desc=f"{variant.label}, {view} view", mininterval=5) as bar:
            batches = ((split, ids, pixels) for split in shards.SPLITS
                       for ids, pixels in shards.batches("data/shards", view, split, 512))
            latents.write(output / f"{view}.parquet", model, counted(batches, bar))
    print(f"{output}: mu and logvar of {total} images, views {', '.join(manifest['views'])}")


def counted(batches, bar: tqdm):
    for split, ids, pixels in batches:
        yield split, ids, pixels
        bar.update(len(ids))


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
