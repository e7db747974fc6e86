"""The command: python -m pipeline edit face.jpg --variant dfc --Smiling 2 -o out.png; `--help` lists what there is."""

import sys

from pipeline.export.command import COMMAND as EXPORT
from pipeline.inference.commands import arguments
from pipeline.inference.commands.command import run
from pipeline.process import whole_process

COMMANDS = (*arguments.COMMANDS, EXPORT)

if __name__ == "__main__":
    with whole_process():
        run(COMMANDS, sys.argv[1:])
