"""What an attribute may be called."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from pipeline.data.celeba_layout import LANDMARKS
from pipeline.errors import InputError
from pipeline.vocabulary import readable

LONGEST = 60  # characters
# The other columns of the shards, the folders view=… and split=… that are columns to their readers, and in small
# letters the columns of the report's tables.
RESERVED = frozenset({"image_id", "pixels", "view", "split", *LANDMARKS, "attribute", "measure", "source", "method",
                      "validation accuracy", "average"})
_ALLOWED = re.compile(r"\w([\w -]*\w)?")


def check_attribute_names(names: Sequence[str], where: str | Path) -> None:
    """Refuse names that cannot name columns, metrics and files.

    Args:
        names: of the attributes.
        where: their table, for messages.

    Raises:
        InputError: a name is longer than LONGEST, has other characters than letters, digits, "_", "-" and spaces
            between them, is that of another column of the shards, or differs from another
            only in case, in spaces, or in "_" for a space.
    """
    seen: dict[str, str] = {}
    for name in names:
        if not _ALLOWED.fullmatch(name) or len(name) > LONGEST:
            raise InputError(f"{where} has an attribute called {_excerpt(name)}: rename it to at most {LONGEST} "
                             "letters, digits, spaces, _ and -")
        if name.lower() in RESERVED:
            raise InputError(f"{where} has an attribute called {name}, which another column of the results is "
                             "called: rename it or leave it out")
        shown = " ".join(unicodedata.normalize("NFKC", readable(name)).casefold().split())
        if seen.setdefault(shown, name) != name:
            raise InputError(f"{where} has attributes called {seen[shown]} and {name}, which look the same in reports "
                             "and figures: rename one")


def _excerpt(name: str) -> str:
    return repr(name) if len(name) <= LONGEST else f"{name[:LONGEST]!r}…"
