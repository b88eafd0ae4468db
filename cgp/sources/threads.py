"""Posts that answer one another, put together to threads."""

from __future__ import annotations

from collections.abc import Sequence
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
    by_key = {post.message.key: post for post in posts if post.message.key is not None}
    roots: dict[str | None, str | None] = {}
    grouped: dict[str | None, list[Message]] = {}
    for post in by_key.values():
        root = _root(post, by_key, roots)
        grouped.setdefault(root, []).append(post.message)
    for messages in grouped.values():
        messages.sort(key=_order)
    return list(grouped.values())


def _root(post: Post, by_key: dict[str, Post], roots: dict[str | None, str | None]) -> str | None:
    """Return the key of the first post of the thread, remembered for all on the way to it."""
    way: dict[str | None, None] = {}
    at = post
    while at.message.key not in roots:
        way[at.message.key] = None
        parent = by_key.get(at.parent) if at.parent is not None else None
        if parent is None or parent.message.key in way:
            roots[at.message.key] = at.message.key
            break
        at = parent
    root = roots[at.message.key]
    for key in way:
        roots[key] = root
    return root


def _order(message: Message) -> tuple[float, int, str]:
    """Sort by time, and within a second by the key: services number posts in their order."""
    key = message.key or ""
    return (message.at or 0.0, len(key), key)
