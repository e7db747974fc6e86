"""Copy the latents of one variant for the stage view_gains: python -m stages.features VARIANT.

So the stage view_gains depends on the latents of its own variants only.
"""

import shutil
import sys

from pipeline import paths
from pipeline.files.atomic import replacing
from pipeline.plan import code
from pipeline.process import whole_process
from pipeline.workspace.records import write_record


def main(name: str) -> None:
    """Run the stage for a variant."""
    code.refuse_unplanned_code("features")
    latents, output = sorted((paths.LATENTS / name).glob("*.parquet")), paths.FEATURES / name
    for path in latents:
        with replacing(output / path.name) as temporary:
            shutil.copyfile(path, temporary)
    write_record("features", name)
    print(f"{output}: latents of {len(latents)} views")


if __name__ == "__main__":
    with whole_process():
        main(sys.argv[1])
