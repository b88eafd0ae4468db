"""Lists of words that reading claims needs; the lists are data (``lexicon.txt``)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


def word_list(name: str) -> frozenset[str]:
    """Return the words of the list ``name``.

    Raises:
        KeyError: if there is no such list.
    """
    return _lists()[name]


@cache
def _lists() -> dict[str, frozenset[str]]:
    text = files(__package__).joinpath("lexicon.txt").read_text(encoding="utf-8")
    lists: dict[str, frozenset[str]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            lists[name] = lists.get(name, frozenset()) | frozenset(rest.split())
    return lists
