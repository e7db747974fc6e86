"""Run the pipeline on drawn data sets of up to CelebA's size, stage by stage, and say what each stage takes.

Everything but long training is run, for the variant `dfc` alone: `project.py` has the parameters. Smaller sizes come
first. An interrupted call goes on where it was: begin it again. CelebA's size takes about two hours on two cores, and
24 GB of disk.

Run as: python -m benchmarks.full_size [--sizes 2000 20000 202599] [--folder .full-size] [--plot PATH]
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.full_size.celeba import make_celeba
from benchmarks.full_size.growth import draw_plot, table
from benchmarks.full_size.measured import Used, bytes_on_disk, measure
from benchmarks.full_size.project import DVC, make_project, stages_of
from benchmarks.full_size.svms import FEATURES, svm_table
from pipeline.files.json_file import read_json, write_json
from pipeline.hardware.cores import usable_cores
from pipeline.hardware.processor import processor_name

SIZES = (2_000, 20_000, 202_599)
BYTES_PER_IMAGE = 115_000  # of disk: five views, latents of them, the image itself, checkpoints' copy of a view


def main(arguments: list[str] | None = None) -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.full_size", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, metavar="N", help="images (default %(default)s)")
    parser.add_argument("--folder", type=Path, default=Path(".full-size"), help="of everything (default %(default)s)")
    parser.add_argument("--svms", nargs="*", type=int, default=FEATURES, metavar="D",
                        help="features of the SVMs that are measured alone (default %(default)s)")
    parser.add_argument("--plot", type=Path, metavar="PATH", help="draw the growth there, too")
    options = parser.parse_args(arguments)
    if min(options.sizes) < 200:
        parser.error(f"--sizes: {min(options.sizes)} images are too few for 40 SVMs; give 200 or more")
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    results = Results(folder / "results.json")
    for images in sorted(set(options.sizes)):
        if images not in results.whole:
            refuse_full_disk(folder, images)
            run_size(folder, images, results)
    for features in options.svms:
        run_svms(folder, features, results)
    sizes = {images: results.sizes[images] for images in options.sizes}  # others may be unfinished
    print(f"\n{results.facts}\n", table(sizes), "", svm_table(results.svms), sep="\n")
    if options.plot:
        draw_plot(sizes, options.plot, results.facts)
    print(f"\n{results.path}: what each stage took" + (f"; {options.plot}: its growth" if options.plot else ""))


class Results:
    """What was measured, in a file, which is written anew whenever something is added."""

    def __init__(self, path: Path) -> None:
        self.path = path
        held: dict[str, Any] = read_json(path) if path.is_file() else {}
        self.facts: str = held.get("facts") or f"{processor_name()}, {usable_cores()} cores"
        self.sizes: dict[int, dict[str, Used]] = {
            int(images): {stage: Used(**used) for stage, used in stages.items()}
            for images, stages in held.get("sizes", {}).items()}
        self.whole: set[int] = set(held.get("whole", ()))  # sizes whose stages have all been measured
        self.svms: dict[int, Used] = {int(features): Used(**used) for features, used in held.get("svms", {}).items()}

    def write(self) -> None:
        """Write the file."""
        write_json(self.path, {"facts": self.facts, "whole": sorted(self.whole),
                               "sizes": {images: {stage: asdict(used) for stage, used in stages.items()}
                                         for images, stages in self.sizes.items()},
                               "svms": {features: asdict(used) for features, used in self.svms.items()}})


def refuse_full_disk(folder: Path, images: int) -> None:
    """End the program where the disk is too small for what is not there yet of a size."""
    there = sum(bytes_on_disk(folder / f"{name}-{images}") for name in ("celeba", "project"))
    needed, free = images * BYTES_PER_IMAGE - there, shutil.disk_usage(folder).free
    if needed > free:
        sys.exit(f"{images:,} images need about {needed / 1e9:.0f} GB more on the disk of {folder}, which has "
                 f"{free / 1e9:.0f} GB free; free some, or give another --folder or smaller --sizes")


def run_size(folder: Path, images: int, results: Results) -> None:
    """Run what has not been run of a size."""
    stages = results.sizes.setdefault(images, {})
    celeba, project = folder / f"celeba-{images}", folder / f"project-{images}"
    if not stages.get("(drawing)", Used()).done:
        code = f"from benchmarks.full_size.celeba import *; make_celeba(Path({str(folder)!r}), {images})"
        run(results, stages, "(drawing)", [sys.executable, "-c", code], Path.cwd(), adds_to=folder)
    make_celeba(folder, images)
    make_project(project, celeba)
    for stage in stages_of(project):
        if not stages.get(stage, Used()).done:
            run(results, stages, stage, [DVC, "repro", "-s", stage], project)
            used = stages[stage]
            print(f"{images:,} images, {stage}: {used.seconds:.1f} s, {used.cpu_seconds:.1f} CPU seconds, "
                  f"{used.memory / 1e9:.2f} GB of memory, {used.disk / 1e9:.2f} GB of disk", flush=True)
    results.whole.add(images)
    results.write()


def run_svms(folder: Path, features: int, results: Results) -> None:
    """Measure the SVMs alone, where it has not been done."""
    if not results.svms.get(features, Used()).done:
        command = [sys.executable, "-m", "benchmarks.full_size.svms", str(features)]
        run(results, results.svms, features, command, Path.cwd())


def run(results: Results, rows: dict[Any, Used], name: str | int, command: Sequence[str | Path],
        folder: Path, adds_to: Path | None = None) -> None:
    """Run a command in a folder, and add what it takes to its row. adds_to: where its files lie, if elsewhere."""
    before = rows.get(name, Used())

    def so_far(used: Used) -> None:
        rows[name] = before.plus(used)
        results.write()

    try:
        so_far(measure(command, folder, so_far, adds_to or folder))
    except subprocess.CalledProcessError as error:
        sys.exit(f"{name} has ended with {error.returncode} in {folder}; mend it, and begin again: "
                 "what is done is kept")
    except KeyboardInterrupt:
        sys.exit(f"\ninterrupted at {name}; begin again, and it goes on from there")


if __name__ == "__main__":
    main()
