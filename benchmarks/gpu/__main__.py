"""One table of training on a GPU: what each choice brings, and whether it computes what the plain step computes.

Images and weights are random. Nothing needs Ray, DVC, MLflow or a file of data. Rows are printed as they come.
Run as: python -m benchmarks.gpu [--minutes 4] [--json PATH] [--images 162770] [--only GROUP …]
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks.faces import write_random_network
from benchmarks.gpu import rows
from benchmarks.gpu.table import COLUMNS, Table
from benchmarks.gpu.trial import SIZE, Setting
from pipeline.hardware.allocator import keep_freed_memory

GROUPS = {"training": rows.whole_training, "steps": rows.steps_of_choices, "checks": rows.choices_compute_the_same,
          "forms": rows.forms_of_operations, "variants": rows.all_variants, "kernels": rows.kernels}


def main(arguments: list[str] | None = None) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda", help="cpu: does it run?")
    parser.add_argument("--minutes", type=float, default=4, help="after which no row begins (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.8, help="of each speed (default %(default)s)")
    parser.add_argument("--images", type=int, default=162_770, help="of the training split (default %(default)s)")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the numbers there, too")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=list(GROUPS), help="groups of rows, in this order")
    options = parser.parse_args(arguments)
    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("torch finds no GPU that it can use")
    keep_freed_memory()
    table, device = Table(options.json, 60 * options.minutes), torch.device(options.device)
    began = time.monotonic()
    pixels = np.random.default_rng(0).integers(0, 256, (options.images, 3, SIZE, SIZE), np.uint8)
    name = torch.cuda.get_device_name() if device.type == "cuda" else "CPU"
    print(f"{name}, torch {torch.__version__}, Python {sys.version.split()[0]}; {options.images:,} random images of "
          f"{SIZE}×{SIZE}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        network = Path(folder) / "loss_network.safetensors"
        write_random_network(network)
        bench = rows.Bench(Setting(device, pixels, network), table, options.seconds)
        print(f"matrix products, TFLOP/s: {bench.measure_rates()}; set up in {time.monotonic() - began:.0f} s", "",
              COLUMNS, sep="\n", flush=True)
        for group in options.only:
            GROUPS[group](bench)
    print(f"{time.monotonic() - table.began:.0f} s" + (f"; {table.left_out} rows left out for lack of time"
                                                       if table.left_out else ""), flush=True)


if __name__ == "__main__":
    main()
