"""What each stage costs before its work begins: CPU seconds for starting Python, for imports and for checking its code.

A stage is run in a process of its own, in the current folder, which has to be a reproduced project. It writes its
outputs there, so take a copy. Seconds are user and system time of the process; those of its child processes stand in a
column of their own. Every import counts, whether it comes at the beginning or in the middle of the work. What a heavy
package imports counts as its own.

Run as: python -m benchmarks.fixed_costs [--rounds 1] [--stop 0] [--json FILE] [STAGE …], with a stage as DVC names it:
report, train@dfc. Without stages it runs all but train, with the first variant. --stop ends a stage after so many CPU
seconds of its process: its work is then not whole, but what comes before is.
"""

import argparse
import builtins
import contextlib
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HEAVY = ("torch", "torchvision", "matplotlib", "sklearn", "ray", "mlflow")
OTHERS = ("pandas", "pyarrow", "scipy", "skimage", "joblib", "grimp", "dvc")  # named where they are loaded
PROJECT = Path(__file__).resolve().parents[1]
OF_EACH_VARIANT = ("latents", "attributes", "samples", "evaluate", "features")
ONCE = ("plan", "dataset", "prepare", "teach", "loss_network", "loss_networks", "photographs", "view_gains",
        "baselines", "figures", "report", "track")


class Meter:
    """Adds up the CPU seconds of imports, by heavy package, and of the check of the stage's code."""

    def __init__(self) -> None:
        self.seconds = {"": time.process_time()} | dict.fromkeys(HEAVY, 0.0)  # "" is all that no heavy package costs
        self.since, self.owners = 0.0, [""]
        self.depth = 0

    @contextlib.contextmanager
    def counting(self, name: str) -> Iterator[None]:
        """Count the block's CPU seconds; those of a heavy package that it imports count as the package's."""
        now = time.process_time()
        if self.depth:
            self.seconds[self.owners[-1]] += now - self.since
        root = name.partition(".")[0]
        # What a heavy package imports is its own.
        self.owners.append(root if root in HEAVY and not self.owners[-1] else self.owners[-1])
        self.depth, self.since = self.depth + 1, now
        try:
            yield
        finally:
            now = time.process_time()
            self.seconds[self.owners.pop()] += now - self.since
            self.depth, self.since = self.depth - 1, now

    def wrapped(self, import_: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that imports a module, and is counted unless the module is there already."""
        def counted(name: str, *arguments: Any, **options: Any) -> Any:
            if name in sys.modules and not (len(arguments) > 2 and arguments[2]):
                return import_(name, *arguments, **options)
            with self.counting(name):
                return import_(name, *arguments, **options)
        return counted


class Stopped(BaseException):
    """The stage has had its CPU seconds."""


def stop(signal_number: int, frame: Any) -> None:
    raise Stopped


def run_counted(stage: str, variant: str, result: str, seconds: float) -> None:
    """Run a stage in this process, and write what it cost to a file. seconds: of CPU, after which it ends; or 0."""
    meter, stopped = Meter(), False
    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    sys.argv = [f"stages/{stage}.py", *filter(None, [variant])]
    builtins.__import__ = meter.wrapped(builtins.__import__)
    importlib.import_module = meter.wrapped(importlib.import_module)
    from pipeline.plan import code

    check = code.refuse_unplanned_code

    def refuse_unplanned_code(*arguments: Any) -> Any:
        with meter.counting("pipeline"):
            return check(*arguments)

    setattr(code, check.__name__, refuse_unplanned_code)
    try:
        with meter.counting("stages"):
            module = importlib.import_module(f"stages.{stage}")
        with sys.modules["pipeline.errors"].exit_on_input_error():
            module.main(*filter(None, [variant]))
    except Stopped:
        stopped = True
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        loaded = [name for name in (*HEAVY, *OTHERS) if name in sys.modules]
        Path(result).write_text(json.dumps({"seconds": meter.seconds, "whole": time.process_time(), "loaded": loaded,
                                            "stopped": stopped}))


def measure(stage: str, seconds: float) -> dict[str, Any]:
    """Run a stage in a process of its own, and return its CPU seconds and the packages that it loads."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/result.json"
        before = cpu_of_children()
        began = time.perf_counter()
        command = [sys.executable, "-m", "benchmarks.fixed_costs", "--inside", file, "--stop", str(seconds), stage]
        subprocess.run(command, check=True, stdout=sys.stderr, env={**os.environ, "PYTHONPATH": str(PROJECT)})
        wall, all_of_it = time.perf_counter() - began, cpu_of_children() - before
        found = json.loads(Path(file).read_text())
    heavy = {name: seconds for name, seconds in found["seconds"].items() if name and seconds > 0.005}
    fixed = sum(found["seconds"].values())
    return {"stage": stage, "before_work": fixed, "heavy": heavy, "besides": found["seconds"][""],
            "work": found["whole"] - fixed, "children": max(0.0, all_of_it - found["whole"]), "wall": wall,
            "loaded": found["loaded"], "stopped": found["stopped"]}


def cpu_of_children() -> float:
    """Return user and system seconds of all child processes that have ended, with their own children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def table(rows: list[dict[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| stage | before work | of it heavy packages | besides | of work | of child processes | also loaded |",
             "|---|---|---|---|---|---|---|"]
    for row in rows:
        heavy = ", ".join(f"{name} {seconds:.1f}" for name, seconds in row["heavy"].items()) or "none"
        others = ", ".join(name for name in row["loaded"] if name in OTHERS)
        lines.append(f"| {row['stage']} | {row['before_work']:.1f} | {heavy} | {row['besides']:.1f} | "
                     f"{'more than ' * row['stopped']}{row['work']:.1f} | {row['children']:.1f} | {others} |")
    return "\n".join(lines)


def default_stages() -> list[str]:
    """Return all stages but the long one, train, each with the first variant that has latents."""
    plan = json.loads(Path("plan/pipeline/view_gains.json").read_text())
    return [*ONCE, *(f"{stage}@{plan['variants'][0]}" for stage in OF_EACH_VARIANT)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", metavar="STAGE")
    parser.add_argument("--rounds", type=int, default=1, help="each stage runs so often; the cheapest run counts")
    parser.add_argument("--stop", type=float, default=0.0, metavar="SECONDS", help="of CPU for each stage; 0 for all")
    parser.add_argument("--json", metavar="FILE", help="also write the numbers here")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        stage, _, variant = given.stages[0].partition("@")
        return run_counted(stage, variant, given.inside, given.stop)
    rows = [min((measure(stage, given.stop) for _ in range(given.rounds)), key=lambda row: row["before_work"])
            for stage in given.stages or default_stages()]
    if given.json:
        Path(given.json).write_text(json.dumps(rows, indent=1) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main()
