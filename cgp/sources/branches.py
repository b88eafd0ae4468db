"""Chats with a model that branch where a message was edited or answered anew: the current branch."""

from __future__ import annotations

from collections.abc import Mapping

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
