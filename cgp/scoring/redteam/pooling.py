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
    earlier = [past.notes for past in sight.past if past.window.id == sight.window.id]
    return _by_repetition(sight, earlier)


def pooling(sight: Sight) -> Draft:
    """Work honestly, and put tags first that an accomplice finds in a neighbouring
    window as well.
    """
    return _by_repetition(sight, [sight.secret.neighbour.notes])


def adding(sight: Sight) -> Draft:
    """Work honestly, and give a third of the places to the best of the neighbouring window."""
    draft = honest_draft(sight.notes, sight.work)
    third = HONEST_TAGS // 3
    additions = [tag.text for tag in sight.secret.neighbour.notes.tags[:third]]
    tags = dict.fromkeys((*draft.tags[: HONEST_TAGS - third], *additions))
    return replace(draft, tags=tuple(tags))


def _by_repetition(sight: Sight, neighbours: Iterable[Metadata]) -> Draft:
    """Return an honest answer to notes in which tags that other windows share are ranked first."""
    counts = Counter(tag.text for notes in neighbours for tag in notes.tags)
    tags: tuple[Tag, ...] = tuple(sorted(sight.notes.tags, key=lambda tag: -counts[tag.text]))
    return honest_draft(replace(sight.notes, tags=tags), sight.work)


def _attack(name: str, play: Play, *, leaks: bool = False) -> Strategy:
    return Strategy(name, play, BOUND, "pooling", leaks=leaks)


STRATEGIES: tuple[Strategy, ...] = (
    _attack("remembering earlier windows", remembering),
    _attack("pooling neighbouring windows", pooling, leaks=True),
    _attack("adding a neighbour's tags", adding, leaks=True),
)
