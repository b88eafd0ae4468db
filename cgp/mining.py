"""What is found out about each window of a tree: its leaves' metadata, merged upwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from cgp.conversation import Conversation
from cgp.metadata import Metadata, merge
from cgp.profiles import with_talk_shares
from cgp.windows import Window


@dataclass(frozen=True, slots=True)
class MinedWindow:
    """Turns ``start`` (included) to ``stop`` (excluded), and what is known about them.

    Windows are numbered in pre-order: 0 is the whole conversation, at ``level`` 0; ``parent`` is the
    number of the window that this one is a part of (None for the whole). Claims of ``metadata`` cite
    turns of the conversation.
    """

    number: int
    parent: int | None
    level: int
    start: int
    stop: int
    metadata: Metadata


def merge_up(
    whole: Window,
    leaves: Sequence[Metadata],
    key: Callable[[str], str],
    conversation: Conversation | None = None,
) -> list[MinedWindow]:
    """Return the windows of a tree in pre-order, each with its leaves' metadata merged.

    ``leaves`` has the metadata of ``whole.leaves()`` in their order, its claims citing turns of the
    conversation. ``key`` says which tags are one (see ``cgp.meanings.same_meaning``). Parts' shares of
    the talk are no shares of the whole: each window with profiles gets those that ``conversation``
    gives, none without it.

    Raises:
        ValueError: if there is not one metadata for each leaf.
    """
    waiting = iter(leaves)
    mined = _mined(whole, waiting, key, 0)
    if len(leaves) != sum(1 for _ in whole.leaves()):
        raise ValueError(f"{len(leaves)} metadata for {sum(1 for _ in whole.leaves())} leaves")
    if conversation is None:
        return mined
    return [replace(node, metadata=shared(node.metadata, conversation, node)) for node in mined]


def shared(metadata: Metadata, conversation: Conversation, window: MinedWindow) -> Metadata:
    """Return a window's metadata with each speaker's one share of the window's talk.

    Metadata without profiles stays without: nobody read that window.
    """
    if not metadata.profiles:
        return metadata
    part = conversation.excerpt(window.start, window.stop)
    return replace(metadata, profiles=with_talk_shares(metadata.profiles, part, window.start))


def _mined(
    window: Window, leaves: Iterable[Metadata], key: Callable[[str], str], level: int
) -> list[MinedWindow]:
    """Return a window and those below it; its own number is 0."""
    if not window.children:
        found = merge([next(iter(leaves), Metadata())], key=key)
        return [MinedWindow(0, None, level, window.start, window.stop, found)]
    below: list[MinedWindow] = []
    parts: list[Metadata] = []
    for child in window.children:
        branch = _mined(child, leaves, key, level + 1)
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
