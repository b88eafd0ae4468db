"""Strategies: functions from a miner's sight to a draft of an answer.

A strategy is one pure function of its ``Sight``. It holds no state: memory, accomplices and leaks
are part of what it sees, and chance comes only from the generators that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np

from cgp.conversation import Conversation
from cgp.embedders import Vectors
from cgp.metadata import Metadata, ParticipantProfile
from cgp.scoring.redteam.chance import Chance
from cgp.scoring.redteam.remembering import RememberingEmbedder
from cgp.scoring.task import NoAnswer

HONEST_TAGS = 12
"""Most tags in an honest answer, as a task asks for them."""
SPARE = 0.5
"""Support of tags that an annotator finds and would not answer: the further tags of a miner's
notes.
"""


@dataclass(frozen=True, slots=True)
class NotedWindow:
    """A window that a miner was asked about, and its annotator's notes.

    ``notes.tags`` is a longer list than an answer holds, best first; its profiles are an
    answer's profiles.
    """

    window: Conversation
    notes: Metadata


@dataclass(frozen=True)
class Leak:
    """Secrets that a miner should not have, given only to strategies that say so.

    ``neighbour`` is another window of the same conversation, ``whole`` the ground truth made from
    all of it (cited turns counted from the window's first turn), ``peer`` an honest miner's answer
    to this window, ``reading`` a careful reader's tags of it, where it has a reader.
    """

    neighbour: NotedWindow
    whole: Metadata
    peer: Draft
    reading: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sight:
    """Everything that a miner has when it is asked about a window.

    ``number`` counts this miner's tasks from 0 and ``seat`` its place among its accomplices.
    ``embedder`` is the agreed one.
    """

    number: int
    seat: int
    window: Conversation
    notes: Metadata
    past: Sequence[NotedWindow]
    chance: Chance
    embedder: RememberingEmbedder
    leak: Leak | None = None

    @property
    def work(self) -> np.random.Generator:
        """The chance in this seat's honest work."""
        return self.chance.work

    @property
    def team(self) -> np.random.Generator:
        """The same chance for all accomplices: that of the first one's honest work."""
        return self.chance.team

    @property
    def rng(self) -> np.random.Generator:
        """All other chance of this seat."""
        return self.chance.rest

    @property
    def secret(self) -> Leak:
        """The leak, for a strategy that has one.

        Raises:
            ValueError: if this strategy was given none.
        """
        if self.leak is None:
            raise ValueError("this strategy has no leak: set leaks=True where it is listed")
        return self.leak


@dataclass(frozen=True)
class Draft:
    """An answer before its embeddings are made.

    ``forge`` turns the right vectors, shape ``(len(tags), dimension)``, into those that are sent
    (None: no vectors at all). Without it the right ones are sent.
    """

    tags: tuple[str, ...] = ()
    profiles: tuple[ParticipantProfile, ...] = ()
    forge: Callable[[Vectors], Vectors | None] | None = None


Reply: TypeAlias = Draft | NoAnswer
Play: TypeAlias = Callable[[Sight], Reply]


class Sense(StrEnum):
    """Way to compare a measurement with its bound."""

    AT_MOST = "<="
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Strategy:
    """One way to play, and its bound.

    ``bound`` limits the reward of all ``seats`` together, relative to one honest full miner, in the
    given ``sense``.
    ``lifetime`` is the number of answers after which the miner registers a new hotkey.
    ``known_limit`` says why scoring does not hold the bound, where that is known and not solved.
    """

    name: str
    play: Play
    bound: float
    group: str
    seats: int = 1
    leaks: bool = False
    lifetime: int | None = None
    kind: str = "attack"
    sense: Sense = Sense.AT_MOST
    known_limit: str = ""


def tags_of(notes: Metadata, count: int = HONEST_TAGS) -> tuple[str, ...]:
    """Return the texts of the first ``count`` tags."""
    return tuple(tag.text for tag in notes.tags[:count])


def own_tags(notes: Metadata) -> tuple[str, ...]:
    """Return the tags that the annotator itself would answer."""
    return tuple(tag.text for tag in notes.tags[:HONEST_TAGS] if tag.support > SPARE)
