"""The latents of one variant as features for the stage multi_view, which depends on those of its own variants alone:
python -m stages.features VARIANT
"""

import shutil
import sys
from pathlib import Path

from pipeline.errors import one_sentence
from pipeline.plan import code
from pipeline.records import write_record


def main(name: str) -> None:
    code.checked("features")
    latents, output = sorted((Path("latents") / name).glob("*.parquet")), Path("features") / name
    output.mkdir(parents=True, exist_ok=True)
    for path in latents:
        shutil.copyfile(path, output / path.name)
    write_record("features", name)
    print(f"{output}: latents of {len(latents)} views")


if __name__ == "__main__":
    with one_sentence():
        main(sys.argv[1])
