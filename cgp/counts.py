"""Counts in words: one conversation, two conversations; turns as people count them."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 conversation``, ``2,000 files or records``.

    The noun is given for one thing, and takes a plain ``s`` for more. Of two nouns joined by "or"
    both do.
    """
    plural = " or ".join(f"{word}s" for word in noun.split(" or "))
    return f"{count:,} {noun if count == 1 else plural}"


def turn_range(start: int, stop: int) -> str:
    """Return turns ``start`` (included) to ``stop`` (excluded) as people count them, from 1.

    ``turns 1-16``, ``turn 3``. Documents for programs count from 0.
    """
    return f"turn {stop}" if stop - start == 1 else f"turns {start + 1}-{stop}"
