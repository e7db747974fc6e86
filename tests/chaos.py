"""Kill runs of the pipeline at random moments, run them again, and compare their outputs with an undisturbed run's.

    python -m tests.chaos [--local N] [--cluster N] [--seed S]       or `make chaos`

On this machine it kills the stage's process or DVC, by SIGKILL or SIGTERM, in every stage. On a cluster of two nodes it
kills a worker, a node or the driver while work is spread over both. It prints a table, and exits with status 1 if
anything was lost.
"""

import argparse
import glob
import hashlib
import io
import json
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import psutil

from tests.clone import DVC, clone, dvc, set_params
from tests.two_nodes import TwoNodes, kill, outside

BATCH = 16
TINY = {"data": {"synthetic_images": 360},
        "train": {"epochs": 3, "batch_size": BATCH, "precision": "fp32"},  # pinned: bits are compared
        "loss_network": {"calibration_images": 32}, "teaching": {"epochs": 2}, "attributes": {"per_class": 20},
        "sampling": {"images": 40}, "report": {"mosaic_images": 16},
        "view_gains": {"variants": ["dfc"]},
        "cluster": {"checkpoint_steps": 5, "checkpoint_seconds": 0, "gpus_per_worker": 0},
        "tracking": {"live_after": 0}}  # so that the process that talks to MLflow is there to be killed
MADE = ("data/dataset", "data/shards", "teaching", "models", "training", "pictures", "latents", "attributes",
        "samples", "evaluation", "features", "view_gains", "baselines", "figures", "curves.csv", "figure_notes.json",
        "metrics", "report", "plan", "code")  # all outputs but records, which say how long a run took
PATIENCE = 400.0  # seconds for a run: many times what it needs
HUNG = 124        # the status of a run that had to be killed after that, as timeout(1) has it
# Stages that spread work over a cluster, and what their workers do as Ray's titles of processes name it.
SPREAD = {"prepare": "crop_and_encode", "latents@dfc": "encode_batch", "evaluate@dfc": "fit_and_score",
          "train@dfc": "RayTrainWorker"}


@dataclass(frozen=True)
class Kill:
    """What to kill, and when."""

    stage: str     # of dvc.yaml
    moment: float  # 0 … 1 of the stage's usual time; on a cluster, seconds after the stage's first worker
    victim: str    # stage, dvc; on a cluster: worker, node, driver
    by: signal.Signals = signal.SIGKILL


@dataclass
class Outcome:
    """What a kill has hit, and what was lost."""

    kill: Kill
    hit: str = ""                # what was killed; "" if all had ended
    lost: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Run:
    """A `dvc` under way. It notes when each stage begins, as DVC prints it."""

    def __init__(self, folder: Path, *arguments: str, environment: dict[str, str] | None = None):
        # DVC uses /bin/sh under cron and in containers. Unlike bash, many of them do not exec their last command.
        environment = {**outside(), "SHELL": "/bin/sh", **(environment or {})}
        self.process = subprocess.Popen([DVC, *arguments], cwd=folder, env=environment, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.began: dict[str, float] = {}
        self.output = ""
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:  # a test has failed before its end; DVC's lock would fail the next
            kill(self.process)
            self.process.wait()

    def read(self) -> None:
        for line in self.process.stdout:
            self.output += line
            if match := re.search(r"Running stage '(.+?)'", line):
                self.began[match[1]] = time.monotonic()

    def wait_for(self, stage: str) -> None:
        """Wait until a stage begins or the run ends."""
        end = time.monotonic() + PATIENCE
        while stage not in self.began and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)

    def stage_process(self) -> psutil.Process | None:
        """Return the stage's own process."""
        try:
            for child in psutil.Process(self.process.pid).children(recursive=True):
                if any(word.startswith("stages.") for word in child.cmdline()):
                    return child
        except psutil.NoSuchProcess:
            pass
        return None

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait for the run, and return its exit status. Kill it after so many seconds, and return HUNG."""
        try:
            status = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            kill(self.process)
            self.process.wait()
            status = HUNG
        self.reader.join(timeout=5)
        return status


def snapshot(folder: Path) -> dict[str, str]:
    """Return the sha256 of each file that the pipeline makes."""
    tops = [folder / name for name in MADE]
    paths = (path for top in tops for path in (top, *sorted(top.rglob("*"))) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def differences(expected: dict[str, str], actual: dict[str, str]) -> list[str]:
    """Return the files in which two snapshots differ."""
    return sorted(name for name in expected.keys() | actual.keys() if expected.get(name) != actual.get(name))


def mlflow_losses(folder: Path) -> list[str]:
    """Return what the run of `dfc` in MLflow lacks, or has twice."""
    training = json.loads((folder / "records/train/dfc.json").read_text())["training"]
    steps = len(pd.read_csv(folder / "training/dfc/steps.csv"))
    with sqlite3.connect(folder / "mlflow.db") as database:
        run, = database.execute("select run_uuid from tags where key = 'training' and value = ?", [training]).fetchone()
        logged = Counter(step for step, in database.execute(
            "select step from metrics where run_uuid = ? and key = 'step/loss'", [run]))
        status, = database.execute("select status from runs where run_uuid = ?", [run]).fetchone()
    lost = [] if logged == Counter(range(1, steps + 1)) else [f"MLflow has {sum(logged.values())} of {steps} steps"]
    return lost if status == "FINISHED" else [*lost, f"MLflow run {status}"]


def left_running(folder: Path, within: float = 2.0) -> list[str]:
    """Return stages that go on although nobody waits for them. A killed process may take a moment to end."""
    end = time.monotonic() + within
    while (running := stages_running(folder)) and time.monotonic() < end:
        time.sleep(0.05)
    return running


def stages_running(folder: Path) -> list[str]:
    """Return the processes of stages in a folder, in words."""
    running = []
    for process in psutil.process_iter(["cmdline", "cwd", "status"]):
        if process.info["cwd"] == str(folder) and process.info["status"] != psutil.STATUS_ZOMBIE and any(
                word.startswith("stages.") for word in process.info["cmdline"] or ()):
            running.append(f"process {process.pid} goes on")
    return running


def left_working(cluster: TwoNodes, stage: str, within: float = 60.0) -> list[str]:
    """Return workers that go on although their driver is dead. Ray takes a while to see that; they write until then."""
    end = time.monotonic() + within
    while (working := cluster.workers(SPREAD[stage])) and time.monotonic() < end:
        time.sleep(0.1)
    return [f"worker {process.pid} goes on" for process in working]


def kept(folder: Path, pattern: str) -> list[Path]:
    """Return the files under .checkpoints that match a pattern.

    A run may delete folders meanwhile. Path.glob raises FileNotFoundError then, on Python 3.11 and 3.12.
    """
    return [folder / name for name in glob.glob(f".checkpoints/{pattern}", root_dir=folder)]


def newest_checkpoint(folder: Path) -> int:
    """Return the step of the newest checkpoint; 0 if there is none."""
    return max((int(path.stem[5:]) for path in kept(folder, "dfc-*/*/step-*.pt")), default=0)


def went_on_from(output: str) -> int:
    """Return the step at which a training's progress bar began."""
    match = re.search(r"VAE-123 in \w+: .*?\| (\d+)/\d+ \[", output)
    return int(match[1]) // BATCH if match else -1


def go_on(folder: Path, stage: str, environment: dict[str, str] | None = None) -> list[str]:
    """Run a killed stage again, and return what went wrong.

    With --force: otherwise DVC would take the outputs of the undisturbed run from its cache.
    """
    step, complete = newest_checkpoint(folder), kept(folder, "dfc-*/*/finished")
    again = Run(folder, "repro", "--force", "--single-item", "--no-run-cache", stage, environment=environment)
    if status := again.wait():
        return [f"the second run {'hung' if status == HUNG else 'failed'}: " + again.output[-300:]]
    if stage == "train@dfc" and not complete and (first := went_on_from(again.output)) != step:
        return [f"it went on from step {first} instead of {step}"]
    return []


def strike(folder: Path, planned: Kill, usual: dict[str, float], expected: dict[str, str]) -> Outcome:
    """Run one stage, kill it at the planned moment, run it again, and compare the outputs."""
    outcome, started = Outcome(planned), time.monotonic()
    run = Run(folder, "repro", "--force", "--single-item", "--no-run-cache", planned.stage)
    run.wait_for(planned.stage)
    time.sleep(planned.moment * usual[planned.stage])
    stage = run.stage_process() if planned.victim == "stage" else None
    outcome.hit = "stage" if stage else "dvc"
    if run.process.poll() is not None or not kill(stage or run.process, planned.by):
        outcome.hit = ""
    if run.wait() == HUNG:
        outcome.lost.append("it hung: " + run.output[-300:])
    outcome.lost += left_running(folder)
    outcome.lost += go_on(folder, planned.stage) + differences(expected, snapshot(folder)) + mlflow_losses(folder)
    outcome.seconds = time.monotonic() - started
    return outcome


def strike_cluster(folder: Path, cluster: TwoNodes, planned: Kill, expected: dict[str, str],
                   draw: random.Random) -> Outcome:
    """Do the same on a cluster. After a lost worker or node the run has to end well by itself."""
    outcome, started = Outcome(planned), time.monotonic()
    run = Run(folder, "repro", "--force", "--single-item", "--no-run-cache", planned.stage,
              environment=cluster.environment)
    run.wait_for(planned.stage)
    end = time.monotonic() + PATIENCE
    while (not (workers := cluster.workers(SPREAD[planned.stage])) and run.process.poll() is None
           and time.monotonic() < end):
        time.sleep(0.05)
    time.sleep(planned.moment)
    workers = cluster.workers(SPREAD[planned.stage]) or workers
    driver = run.stage_process()
    outcome.hit = planned.victim if run.process.poll() is None else ""
    if planned.victim == "node":
        cluster.replace("second")
    else:
        victim = driver if planned.victim == "driver" else draw.choice(workers) if workers else None
        if not (victim and kill(victim, planned.by)):
            outcome.hit = ""
    status = run.wait()
    if status == HUNG:
        outcome.lost.append("it hung: " + run.output[-300:])
    elif planned.victim != "driver" and status:
        outcome.lost.append("it did not go on by itself: " + run.output[-300:])
    if planned.victim == "driver":
        outcome.lost += left_working(cluster, planned.stage) + go_on(folder, planned.stage, cluster.environment)
    outcome.lost += left_running(folder) + differences(expected, snapshot(folder)) + mlflow_losses(folder)
    outcome.seconds = time.monotonic() - started
    return outcome


def table(outcomes: list[Outcome]) -> str:
    """Return a Markdown table with one row per stage and victim.

    A kill that came too late to hit anything is not counted. It has a row only if something was lost all the same.
    """
    text, hits = io.StringIO(), [outcome for outcome in outcomes if outcome.hit]
    print("| stage | killed | by | times | same to the bit | lost |\n|---|---|---|---|---|---|", file=text)
    groups: dict[tuple, list[Outcome]] = {}
    for outcome in outcomes:
        if outcome.hit or outcome.lost:
            key = outcome.kill.stage, outcome.hit or "nothing", outcome.kill.by.name
            groups.setdefault(key, []).append(outcome)
    for key, group in groups.items():
        lost = sorted({loss for outcome in group for loss in outcome.lost})
        print(f"| {' | '.join(key)} | {len(group)} | {sum(not outcome.lost for outcome in group)} | "
              f"{'; '.join(lost)[:300].replace('|', '/') or 'nothing'} |", file=text)
    survived = sum(not outcome.lost for outcome in hits)
    print(f"\n{len(hits)} kills, {survived} survived with everything the same to the bit; {len(outcomes) - len(hits)} "
          "more came too late, when all had ended", file=text)
    return text.getvalue()


def local(folder: Path, kills: int, draw: random.Random) -> list[Outcome]:
    """Kill runs on this machine."""
    run = Run(folder, "repro")
    assert run.wait() == 0, run.output[-3000:]
    stages, ends = list(run.began), [*list(run.began.values())[1:], time.monotonic()]
    usual = {stage: end - run.began[stage] for stage, end in zip(stages, ends, strict=True)}
    print(f"undisturbed: {', '.join(f'{stage} {seconds:.0f} s' for stage, seconds in usual.items())}", flush=True)
    expected, outcomes = snapshot(folder), []
    plan = [stages[number % len(stages)] for number in range(kills)]
    for number, stage in enumerate(plan):
        planned = Kill(stage, draw.uniform(0.05, 1), draw.choice(["stage", "dvc"]),
                       draw.choice([signal.SIGKILL, signal.SIGTERM]))
        outcomes.append(strike(folder, planned, usual, expected))
        print_outcome(number, kills, outcomes[-1])
    again = dvc(folder, "repro", "--no-run-cache")
    # All is equal, so nothing behind it runs; but a training that ran again has another record, which MLflow gets.
    assert set(re.findall(r"Running stage '(.+)'", again)) <= {"track"}, again
    return outcomes


def on_cluster(folder: Path, kills: int, draw: random.Random) -> list[Outcome]:
    """Kill runs on a cluster of two nodes."""
    outcomes = []
    with TwoNodes() as cluster:
        set_params(folder, "cluster", address=cluster.address, workers=2, retries=10)
        dvc(folder, "repro", "--no-run-cache", "--force", environment=cluster.environment)
        expected = snapshot(folder)
        every = [(stage, victim) for stage in SPREAD for victim in ("worker", "node", "driver")]
        for number in range(kills):
            stage, victim = every[number % len(every)]
            planned = Kill(stage, draw.uniform(0, 30 if stage.startswith("train") else 1.5), victim)
            outcomes.append(strike_cluster(folder, cluster, planned, expected, draw))
            print_outcome(number, kills, outcomes[-1])
    return outcomes


def print_outcome(number: int, kills: int, outcome: Outcome) -> None:
    """Print a line about one kill."""
    print(f"{number + 1}/{kills}: {outcome.kill.stage}, {outcome.kill.by.name} to {outcome.hit or 'nothing'} at "
          f"{outcome.kill.moment:.2f}: {'; '.join(outcome.lost) or 'nothing lost'} ({outcome.seconds:.0f} s)",
          flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--local", type=int, default=26, help="kills on this machine")
    parser.add_argument("--cluster", type=int, default=12, help="kills on a cluster of two nodes")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    draw = random.Random(options.seed)
    root = Path(tempfile.mkdtemp(prefix="chaos"))
    folder = clone(root / "project", {"dfc"}, **TINY)
    outcomes = local(folder, options.local, draw) if options.local else []
    if options.cluster:
        outcomes += on_cluster(folder, options.cluster, draw)
    print(table(outcomes))
    lost = any(outcome.lost for outcome in outcomes)
    if lost:
        print(f"left for a look: {folder}")
    else:
        shutil.rmtree(root)
    return int(lost)


if __name__ == "__main__":
    sys.exit(main())
