"""The cores of this machine, shared out among the workers of DVC's queue."""

from collections.abc import MutableMapping, Sequence

from pipeline.hardware.cores import usable_cores
from pipeline.workspace.dvc_arguments import command_of

# Of OpenMP, with which torch computes on a CPU, and of joblib, which starts a process for each core.
VARIABLES = ("OMP_NUM_THREADS", "LOKY_MAX_CPU_COUNT")


def share_cores(arguments: Sequence[str], environment: MutableMapping[str, str]) -> None:
    """Give each worker of `dvc queue start -j N` an Nth of the cores, at least one, by the environment that it gets.

    Stages of experiments that run at once would else have as many threads each as there are cores, and wait for each
    other. The number of threads decides how sums are rounded. It depends on the command alone, and not on which other
    experiments are at work, so that a queue that is run again gives the same bits. What the user has set stays.

    Args:
        arguments: Of `dvc`, without its own name.
        environment: That its workers inherit.
    """
    jobs = jobs_of(arguments)
    if jobs > 1:
        for variable in VARIABLES:
            environment.setdefault(variable, str(max(1, usable_cores() // jobs)))


def jobs_of(arguments: Sequence[str]) -> int:
    """Return how many experiments a command of DVC runs at once; 1 for one that runs none, and for what is no number.

    These are `dvc queue start -j N` and `dvc exp run --run-all -j N`, also with `--jobs`, `--jobs=N` or `-jN`.
    """
    if command_of(arguments)[:2] != ["queue", "start"] and not ("--run-all" in arguments and "run" in arguments):
        return 1
    jobs = ""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if argument in ("-j", "--jobs"):
            jobs = following
        elif argument.startswith("--jobs="):
            jobs = argument.removeprefix("--jobs=")
        elif argument.startswith("-j"):
            jobs = argument.removeprefix("-j")
    return int(jobs) if jobs.isdigit() else 1
