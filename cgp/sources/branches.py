"""Chats with a model that branch where a message was edited or answered anew: the
current branch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cgp.conversation_json import ConversationError


def branch(parents: Mapping[str, str | None], leaf: str) -> list[str]:
    """Return the messages from the root to ``leaf``, side branches left out.

    ``parents`` gives the parent of each message; one that is not among the messages ends the way.

    Raises:
        ConversationError: if the way goes in a circle.
    """
    way: list[str] = []
    seen: set[str] = set()
    at: str | None = leaf
    while at is not None and at in parents:
        if at in seen:
            raise ConversationError(f"the messages' parents go in a circle at {at[:40]!r}")
        seen.add(at)
        way.append(at)
        at = parents[at]
    return way[::-1]


def branch_over_gap(
    parents: Mapping[str, str | None], leaf: str, written: Callable[[str], float]
) -> list[str]:
    """Return the branch of ``leaf``, with the messages before a missing one.

    Where the way ends at a parent that is not there, or at a message without a parent that is not
    the first such one, the part before it is the way from the root to the last message that was
    ``written`` before.

    Raises:
        ConversationError: if the way goes in a circle.
    """
    way = branch(parents, leaf)
    if not way or way[0] == min(_roots(parents), key=written, default=None):
        return way
    start, taken = written(way[0]), set(way)
    inner = {parent for parent in parents.values() if parent is not None}
    for other in sorted((k for k in parents if k not in inner | taken), key=written, reverse=True):
        before = branch(parents, other)
        rooted = parents[before[0]] is None
        if rooted and taken.isdisjoint(before) and written(other) <= start:
            return before + way
    return way


def _roots(parents: Mapping[str, str | None]) -> list[str]:
    return [key for key, parent in parents.items() if parent is None]
