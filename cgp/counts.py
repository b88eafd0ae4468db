"""Counts in words: one conversation, two conversations."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 conversation``, ``2,000 files or records``.

    The noun is given for one thing, and takes a plain ``s`` for more. Of two nouns joined by "or"
    both do.
    """
    plural = " or ".join(f"{word}s" for word in noun.split(" or "))
    return f"{count:,} {noun if count == 1 else plural}"
