"""One table of how fast this project is: every row a ratio to a plain version, both timed by turns in this process.

All data is drawn here, and all weights are random. Nothing needs Ray, DVC or MLflow but the row on `dvc repro`.
Run as: python -m benchmarks [--device cpu|cuda] [--precision auto|fp32|bf16] [--quick] [--only GROUP …] [--json PATH]
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import stages  # noqa: F401  (how threads wait, which has to be set before torch is loaded)


class Sizes(NamedTuple):
    """How much is measured."""

    faces: int
    rounds: int
    batches: dict[str, tuple[int, ...]]  # of a training step, by the variant's name


VARIANTS = ("pvae", "dfc_345", "dcgan", "vae_wgan")
WHOLE = Sizes(320, 3, {"dfc": (64, 16), **dict.fromkeys(VARIANTS, (64,))})
GROUPS = ("steps", "data", "latents", "measuring", "repro")
QUICK = Sizes(24, 1, {"dfc": (2,), **dict.fromkeys(VARIANTS, (2,))})


def main(arguments: list[str] | None = None) -> None:
    """Measure everything, print it, and write it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="(default %(default)s)")
    parser.add_argument("--precision", choices=["auto", "fp32", "bf16"], default="auto",
                        help="of our training steps (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="little of everything: does it run?")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=GROUPS, help="these rows")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the numbers there, too")
    options = parser.parse_args(arguments)
    if options.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""  # some functions take a GPU where there is one
    import torch

    if options.device == "cuda" and not torch.cuda.is_available():
        parser.error("--device cuda: torch finds no GPU that it can use")

    from benchmarks.table import ABOUT, COLUMNS, heading, line, write
    from pipeline.hardware.allocator import keep_freed_memory
    from pipeline.training import precision

    keep_freed_memory()  # holds for the whole process, so also for the plain versions
    device = torch.device(options.device)
    chosen = precision.choose(options.precision, "", device, "")
    facts = machine(device, precision.DTYPES[chosen.name], 1 if options.quick else 5)
    facts["precision"] = f"{chosen.name} ({chosen.reason})"
    print(heading(facts), "", ABOUT, "", COLUMNS, sep="\n", flush=True)
    rows = []
    for row in measure(device, precision.DTYPES[chosen.name], QUICK if options.quick else WHOLE, options.only):
        print(line(row), flush=True)
        rows.append(row)
    if options.json:
        write(options.json, facts, rows)


def measure(device: Any, dtype: Any, sizes: Sizes, only: Sequence[str] = GROUPS) -> Iterator[Any]:
    """Yield the rows of some groups."""
    from benchmarks import faces
    from benchmarks.data import data_rows
    from benchmarks.measures import latents_row, measuring_rows
    from benchmarks.nothing_to_do import nothing_to_do_row
    from benchmarks.training import training_rows

    drawn = faces.draw(sizes.faces)
    with tempfile.TemporaryDirectory() as folder:
        network = Path(folder) / "loss_network.safetensors"
        weights = faces.write_random_network(network)
        if "steps" in only:
            yield from training_rows(drawn.pixels, network, weights, device, dtype, sizes.batches, sizes.rounds)
        if "data" in only:
            yield from data_rows(drawn, device, sizes.rounds)
        if "latents" in only:
            yield latents_row(drawn.pixels, device, sizes.rounds)
        if "measuring" in only:
            yield from measuring_rows(drawn, network, weights, device, sizes.rounds)
    if "repro" in only:
        yield nothing_to_do_row(sizes.rounds)


def machine(device: Any, dtype: Any, repeats: int) -> dict[str, str]:
    """Return what the numbers depend on, in words."""
    import numpy
    import torch

    from benchmarks.measuring import SIDE, convolution_rate, matrix_rate
    from pipeline.training.loop import device_name

    def rates(dtype: Any) -> str:
        """Return the rates of the product by torch's own library, and by that of its convolutions."""
        product, convolution = (rate(dtype, device, repeats) / 1e9 for rate in (matrix_rate, convolution_rate))
        return f"{str(dtype).removeprefix('torch.')} {product:,.0f}, as a 1×1 convolution {convolution:,.0f}"

    return {"device": device_name(device),
            "ONEDNN_MAX_CPU_ISA": os.environ.get("ONEDNN_MAX_CPU_ISA", "not set"),
            "versions": f"Python {platform.python_version()}, torch {torch.__version__}, numpy {numpy.__version__}",
            f"product of {SIDE[device.type]}², GFLOP/s": "; ".join(map(rates, dict.fromkeys((torch.float32, dtype))))}


if __name__ == "__main__":
    main()
