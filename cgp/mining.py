"""Metadata of each window of a tree: its leaves' metadata, merged upwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cgp.conversation import Conversation
from cgp.metadata import Metadata, merge
from cgp.profiles import with_talk_shares
from cgp.windows import Window


@dataclass(frozen=True, slots=True)
class MinedWindow:
    """Turns ``start`` (included) to ``stop`` (excluded), and their metadata.

    Windows are numbered in pre-order: 0 is the whole conversation, at ``level`` 0; ``parent`` is
    the number of the window that this one is a part of (None for the whole). Claims of
    ``metadata`` cite turns of the conversation.
    """

    number: int
    parent: int | None
    level: int
    start: int
    stop: int
    metadata: Metadata

    def to_json(self) -> dict[str, Any]:
        """Return the window as JSON-compatible data; its fields are columns of the store too."""
        return {
            "number": self.number,
            "parent": self.parent,
            "level": self.level,
            "start": self.start,
            "stop": self.stop,
            "metadata": self.metadata.to_json(),
        }


def merge_up(
    whole: Window,
    leaves: Sequence[Metadata],
    key: Callable[[str], str],
    conversation: Conversation | None = None,
) -> list[MinedWindow]:
    """Return the windows of a tree in pre-order, each with its leaves' metadata merged.

    ``leaves`` has the metadata of ``whole.leaves()`` in their order, its claims citing turns of
    the conversation. Tags with an equal ``key`` are one (see ``cgp.meanings.same_meaning``).
    Shares of the talk are computed anew from ``conversation`` for each window with profiles,
    because a part's share is not the whole's; without a ``conversation`` there are none.

    Raises:
        ValueError: if there is not one metadata for each leaf.
    """
    waiting = iter(leaves)
    windows = _merge_tree(whole, waiting, key, 0)
    if len(leaves) != sum(1 for _ in whole.leaves()):
        raise ValueError(f"{len(leaves)} metadata for {sum(1 for _ in whole.leaves())} leaves")
    if conversation is None:
        return windows
    return [
        replace(node, metadata=with_talk_of_window(node.metadata, conversation, node))
        for node in windows
    ]


def with_talk_of_window(
    metadata: Metadata, conversation: Conversation, window: MinedWindow
) -> Metadata:
    """Return a window's metadata with each speaker's one share of the window's talk.

    Metadata without profiles stays without: no miner read that window.
    """
    if not metadata.profiles:
        return metadata
    part = conversation.excerpt(window.start, window.stop)
    return replace(metadata, profiles=with_talk_shares(metadata.profiles, part, window.start))


def _merge_tree(
    window: Window, leaves: Iterable[Metadata], key: Callable[[str], str], level: int
) -> list[MinedWindow]:
    """Return a window and all windows below it; its own number is 0."""
    if not window.children:
        metadata = merge([next(iter(leaves), Metadata())], key=key)
        return [MinedWindow(0, None, level, window.start, window.stop, metadata)]
    below: list[MinedWindow] = []
    parts: list[Metadata] = []
    for child in window.children:
        branch = _merge_tree(child, leaves, key, level + 1)
        offset = len(below) + 1
        parts.append(branch[0].metadata)
        below += [
            replace(
                node,
                number=node.number + offset,
                parent=0 if node.parent is None else node.parent + offset,
            )
            for node in branch
        ]
    whole = MinedWindow(0, None, level, window.start, window.stop, merge(parts, key=key))
    return [whole, *below]
