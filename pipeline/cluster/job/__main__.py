"""Entry point: python -m pipeline.cluster.job."""

import sys

import pipeline.cluster.job
from pipeline.cluster.job.environment import runtime_environment
from pipeline.cluster.job.results import fetch_results
from pipeline.cluster.job.run import run
from pipeline.errors import exit_on_input_error


def main(arguments: list[str]) -> int:
    """Run a command, and return its exit status."""
    if arguments[:1] == ["results"] and len(arguments) == 2:
        return fetch_results(arguments[1])
    if arguments == ["environment"]:
        print(runtime_environment())
        return 0
    if arguments[:1] == ["repro"] or arguments[:2] == ["exp", "run"]:
        return run(arguments)
    print(pipeline.cluster.job.__doc__)
    return 2


if __name__ == "__main__":
    with exit_on_input_error():
        sys.exit(main(sys.argv[1:]))
