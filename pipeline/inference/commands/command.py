"""A subcommand of `python -m pipeline`, and how the command line is read."""

import argparse
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pipeline.errors import InputError, did_you_mean
from pipeline.inference.commands.strengths import split_strengths


class Command(NamedTuple):
    """One subcommand.

    Attributes:
        name: the word after `python -m pipeline`.
        about: what it does, for the list of commands.
        add_arguments: adds its arguments to its parser.
        run: does it, with the arguments; those of `edit` have `strengths`, attribute → numbers.
        names_attributes: whether options such as --Smiling 2 name attributes.
    """

    name: str
    about: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]
    names_attributes: bool = False


def run(commands: Sequence[Command], arguments: Sequence[str]) -> None:
    """Run the subcommand that a command line names; without any, print the list of them.

    Args:
        commands: those there are.
        arguments: of the command line, behind `python -m pipeline`.

    Raises:
        InputError: what the user gave is wrong.
        SystemExit: the command line is wrong, or asks for help.
    """
    parser = argparse.ArgumentParser(prog="python -m pipeline", description="Use trained variants, and take them away.")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    parsers = {}
    for command in commands:
        parsers[command.name] = subparsers.add_parser(
            command.name, help=command.about, description=command.about, allow_abbrev=False)
        command.add_arguments(parsers[command.name])
    named = next((command for command in commands if command.name == next(iter(arguments), None)), None)
    if named is None:
        if arguments and not arguments[0].startswith("-"):
            raise InputError(f"there is no command {arguments[0]}{did_you_mean(arguments[0], parsers)}; there are "
                             f"{', '.join(parsers)}")
        parser.parse_args(arguments)
        parser.print_help()
        return
    strengths: dict[str, list[float]] = {}
    if named.names_attributes:
        options = {option for action in parsers[named.name]._actions for option in action.option_strings}
        arguments, strengths = split_strengths(arguments, options)
    given = parser.parse_args(arguments)
    given.strengths = strengths
    named.run(given)
