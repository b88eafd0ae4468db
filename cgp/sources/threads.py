"""Posts that answer one another, put together to threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cgp.sources.messages import Message


@dataclass(frozen=True, slots=True)
class Post:
    """A message and the key of the one that it answers."""

    message: Message
    parent: str | None


def threads(posts: Sequence[Post]) -> list[list[Message]]:
    """Return the threads, each in order of time, in the order of their first posts in the file.

    A post whose parent is not there begins a thread. Posts that answer one another in a circle,
    which no service writes, begin one each.
    """
    by_key = {key: post for post in posts if (key := post.message.key) is not None}
    first = roots({key: post.parent for key, post in by_key.items()})
    groups: dict[str, list[Message]] = {}
    for key, post in by_key.items():
        groups.setdefault(first[key], []).append(post.message)
    for messages in groups.values():
        messages.sort(key=_order)
    return list(groups.values())


def roots(parents: Mapping[str, str | None]) -> dict[str, str]:
    """Return for each key that of the first post of its thread.

    ``parents`` gives what each post answers; one that answers nothing that is there is a first.
    """
    first: dict[str, str] = {}
    for key in parents:
        way: dict[str, None] = {}
        at = key
        while at not in first:
            way[at] = None
            parent = parents[at]
            if parent is None or parent not in parents or parent in way:
                first[at] = at
            else:
                at = parent
        for step in way:
            first[step] = first[at]
    return first


def _order(message: Message) -> tuple[float, int, str]:
    """Sort by time, and within a second by the key: services number posts in their order."""
    key = message.key or ""
    return (message.at or 0.0, len(key), key)
