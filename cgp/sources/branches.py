"""Chats with a model that branch where a message was edited or answered anew: the
current branch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cgp.conversation_json import ConversationError
from cgp.sources.messages import mapping


def parents_of(nodes: Mapping[str, Any], field: str) -> dict[str, str | None]:
    """Return the parent of each message, which stands under ``field``; None for one without.

    Raises:
        ConversationError: if a message is not a JSON object.
    """
    parents: dict[str, str | None] = {}
    for key, node in nodes.items():
        parent = mapping(node, "message").get(field)
        parents[key] = parent if isinstance(parent, str) else None
    return parents


def leaves(parents: Mapping[str, str | None]) -> list[str]:
    """Return the messages that no other one follows, in their order."""
    inner = frozenset(parents.values())
    return [key for key in parents if key not in inner]


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
    others = [key for key in leaves(parents) if key not in members]
    # The latest branch that ended before the gap, if it shares no message with the part after it.
    for key in sorted(others, key=time_of, reverse=True):
        before = branch(parents, key)
        is_rooted = parents[before[0]] is None
        if is_rooted and members.isdisjoint(before) and time_of(key) <= start:
            return before + way
    return way


def _roots(parents: Mapping[str, str | None]) -> list[str]:
    return [key for key, parent in parents.items() if parent is None]
