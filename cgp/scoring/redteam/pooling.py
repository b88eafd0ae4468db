"""Attacks that know more of a conversation than the window that was asked about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from cgp.metadata import Metadata, Tag
from cgp.scoring.redteam.honest import honest_draft
from cgp.scoring.redteam.strategy import HONEST_TAGS, Draft, Play, Sight, Strategy

BOUND = 1.1


def remembering(sight: Sight) -> Draft:
    """Work honestly, and put tags first that earlier windows of this conversation have as well."""
    earlier = [seen.notes for seen in sight.past if seen.window.id == sight.window.id]
    return _pooled(sight, earlier)


def pooling(sight: Sight) -> Draft:
    """Work honestly, and put tags first that an accomplice finds in a neighbouring
    window as well.
    """
    return _pooled(sight, [sight.leaked.neighbour.notes])


def adding(sight: Sight) -> Draft:
    """Work honestly, and give a third of the places to the best of the neighbouring window."""
    own = honest_draft(sight.notes, sight.work)
    third = HONEST_TAGS // 3
    others = [tag.text for tag in sight.leaked.neighbour.notes.tags[:third]]
    tags = dict.fromkeys((*own.tags[: HONEST_TAGS - third], *others))
    return replace(own, tags=tuple(tags))


def _pooled(sight: Sight, others: Iterable[Metadata]) -> Draft:
    """Return an honest answer to notes in which tags that other windows share are ranked first."""
    shared = Counter(tag.text for notes in others for tag in notes.tags)
    tags: tuple[Tag, ...] = tuple(sorted(sight.notes.tags, key=lambda tag: -shared[tag.text]))
    return honest_draft(replace(sight.notes, tags=tags), sight.work)


def _attack(name: str, play: Play, *, leaks: bool = False) -> Strategy:
    return Strategy(name, play, BOUND, "pooling", leaks=leaks)


STRATEGIES: tuple[Strategy, ...] = (
    _attack("remembering earlier windows", remembering),
    _attack("pooling neighbouring windows", pooling, leaks=True),
    replace(
        _attack("adding a neighbour's tags", adding, leaks=True),
        known_limit="the ground truth is of the whole conversation, and neighbours overlap",
    ),
)
