"""Posts that answer one another, put together to threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cgp.sources.messages import Message


@dataclass(frozen=True, slots=True)
class Post:
    """A message and the key of the one that it answers.

    ``ancestors`` are the keys of the thread up to that one, the first first, where a message names
    them all.
    """

    message: Message
    parent: str | None
    ancestors: tuple[str, ...] = ()


def threads(posts: Sequence[Post]) -> list[list[Message]]:
    """Return the threads, each in order of time, in the order of their first posts in the file.

    A post whose parent is not there begins a thread, but for posts that name an ancestor in common,
    which may be missing as well. Posts that answer one another in a circle,
    which no service writes, begin one each.
    """
    by_key = {key: post for post in posts if (key := post.message.key) is not None}
    first = roots(_parents(by_key))
    groups: dict[str, list[Message]] = {}
    for key, post in by_key.items():
        groups.setdefault(first[key], []).append(post.message)
    for messages in groups.values():
        messages.sort(key=lambda message: _order(message, by_key))
    return list(groups.values())


def _parents(by_key: Mapping[str, Post]) -> dict[str, str | None]:
    """Return the key that each post answers, and that of each missing one as far as answers tell
    it.
    """
    parents: dict[str, str | None] = {key: post.parent for key, post in by_key.items()}
    for post in by_key.values():
        for earlier, later in pairwise(post.ancestors):
            parents.setdefault(earlier, None)
            if parents.get(later) is None:
                parents[later] = earlier
    return parents


def roots(parents: Mapping[str, str | None]) -> dict[str, str]:
    """Return, for each post's key, the key of the first post of its thread.

    ``parents`` has the key that each post answers. A post is a first one if it answers none of
    ``parents``.
    """
    first: dict[str, str] = {}
    for key in parents:
        way: dict[str, None] = {}
        at = key
        while at not in first:
            way[at] = None
            parent = parents[at]
            # ``way`` too: posts that answer one another in a circle would be walked for ever.
            if parent is None or parent not in parents or parent in way:
                first[at] = at
            else:
                at = parent
        for step in way:
            first[step] = first[at]
    return first


def _order(message: Message, by_key: Mapping[str, Post]) -> tuple[float, int, int, str]:
    """Sort by time, and within a second by the key: services number posts in their order. A post
    without a time comes after the one that it answers.
    """
    key = message.key or ""
    at, steps, post = message.at, 0, by_key.get(key)
    # As many steps as there are posts at most: they may answer one another in a circle.
    while at is None and post is not None and steps < len(by_key):
        post, steps = by_key.get(post.parent or ""), steps + 1
        at = None if post is None else post.message.at
    return (at or 0.0, steps, len(key), key)
