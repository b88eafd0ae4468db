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
    visits: set[str] = set()
    at: str | None = leaf
    while at is not None and at in parents:
        if at in visits:
            raise ConversationError(f"the messages' parents go in a circle at {at[:40]!r}")
        visits.add(at)
        way.append(at)
        at = parents[at]
    # Collected from the leaf to the root, and told from the root on.
    return way[::-1]


def branch_over_gap(
    parents: Mapping[str, str | None], leaf: str, time_of: Callable[[str], float]
) -> list[str]:
    """Return the branch of ``leaf``, with the messages before a missing one.

    Where the way ends at a parent that is not there, or at a message without a parent that is not
    the first such one, the part before it is the way from the root to the last message that was
    ``time_of`` before.

    Raises:
        ConversationError: if the way goes in a circle.
    """
    way = branch(parents, leaf)
    if not way or way[0] == min(_roots(parents), key=time_of, default=None):
        return way
    start, members = time_of(way[0]), set(way)
    inner = {parent for parent in parents.values() if parent is not None}
    for key in sorted((k for k in parents if k not in inner | members), key=time_of, reverse=True):
        before = branch(parents, key)
        is_rooted = parents[before[0]] is None
        if is_rooted and members.isdisjoint(before) and time_of(key) <= start:
            return before + way
    return way


def _roots(parents: Mapping[str, str | None]) -> list[str]:
    return [key for key, parent in parents.items() if parent is None]
