"""List what has gathered in cluster.storage and in DVC's folder for experiments, and delete it when asked to.

    python -m pipeline.leftovers                          list it, with size and age; `make leftovers`
    python -m pipeline.leftovers delete NAME …            delete folders by their names in the list
    python -m pipeline.leftovers delete --older-than 30   delete all folders to which nothing was written for so many
                                                          days, except those that this working tree needs

The list has checkpoints of runs that were killed or whose configuration nobody wants any more; copies of shards, loss
networks and latents for the nodes of a cluster; and copies of this project in which DVC runs experiments, and which a
killed experiment leaves. Other clones and jobs may share the storage. Nothing here can tell whether a run on another
machine is alive: its age says when it last wrote a file. The age of a copy says when it was made, and others may still
read it.
"""

import argparse
import sys
from collections.abc import Sequence

from pipeline.config.loading import load_params
from pipeline.errors import exit_on_input_error
from pipeline.files.folder import Folder
from pipeline.leftovers.deletion import choose_by_age, choose_by_name, delete_leftovers
from pipeline.leftovers.listing import Leftover, list_leftovers
from pipeline.leftovers.needs import needed_here
from pipeline.leftovers.words import age_in_words
from pipeline.vocabulary import size_in_words
from pipeline.workspace.project import in_project


def main(arguments: Sequence[str]) -> None:
    """List leftovers, or delete some, as the command line says."""
    given = parse(arguments)
    params = load_params()
    storage = in_project(params.cluster.storage)
    storage.check_reachable()
    leftovers = list_leftovers(storage, needed_here(storage))
    if given.command != "delete":
        print_list(storage, leftovers)
        return
    if given.older_than is not None:
        chosen = choose_by_age(leftovers, given.older_than)
    else:
        chosen = choose_by_name(leftovers, given.names)
    freed = delete_leftovers(storage, chosen, params.tracking)
    print(f"{storage}: {size_in_words(freed)} freed")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return `command`, and for delete `names` and `older_than`."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.leftovers", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command")
    delete = commands.add_parser("delete", help="delete folders of the list, for good")
    which = delete.add_mutually_exclusive_group(required=True)
    which.add_argument("names", nargs="*", default=[], metavar="NAME", help="as the list names it")
    which.add_argument("--older-than", type=float, metavar="DAYS",
                       help="all folders not written to for so many days, except those that this working tree needs")
    return parser.parse_args(arguments)


def print_list(storage: Folder, leftovers: Sequence[Leftover]) -> None:
    """Print the folders, and their size in all."""
    for leftover in leftovers:
        needed = f"; needed: {leftover.needed}" if leftover.needed else ""
        print(f"{size_in_words(leftover.size):>8}  {age_in_words(leftover.written):>14}  {leftover.name}\n"
              f"{'':>26}{leftover.what}{needed}")
    free = [leftover for leftover in leftovers if not leftover.needed]
    print(f"{storage}: {size_in_words(sum(leftover.size for leftover in leftovers))} in {len(leftovers)} folders; this "
          f"working tree does not need {len(free)} of them, {size_in_words(sum(leftover.size for leftover in free))}")
    print("to delete some: python -m pipeline.leftovers delete NAME …, or delete --older-than DAYS")


if __name__ == "__main__":
    with exit_on_input_error():
        main(sys.argv[1:])
