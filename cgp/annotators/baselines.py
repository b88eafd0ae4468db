"""Baselines: annotators that count or draw words. An annotator worth having is
clearly above them.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from cgp.annotators.embedded.stop_words import StopWords, detect
from cgp.annotators.embedded.words import Run, join, pieces, runs, scrub
from cgp.conversation import Conversation
from cgp.metadata import Metadata, Tag

_LONGEST_PHRASE = 3
_DRAWS_PER_TAG = 20  # a window of few words has few distinct phrases

Pick = Callable[[Conversation, int], list[str]]


class Baseline:
    """An annotator that gives tags by a rule of one line, and no profiles; deterministic."""

    def __init__(self, name: str, pick: Pick) -> None:
        self._name = name
        self._pick = pick

    @property
    def name(self) -> str:
        """Description of the baseline."""
        return self._name

    async def annotate(
        self, conversation: Conversation, *, max_tags: int, purpose: str = "window"
    ) -> Metadata:
        """Return tags only; see ``Annotator.annotate``."""
        del purpose  # nothing here costs money
        return Metadata(tuple(Tag(text) for text in self._pick(conversation, max_tags)))

    async def close(self) -> None:
        """Do nothing: there is nothing to release."""


def frequent_words(conversation: Conversation, count: int) -> list[str]:
    """Return the most frequent words that are not stop words, the earliest first on a tie."""
    return [word for word, _ in Counter(_content_words(conversation)).most_common(count)]


def leading_words(conversation: Conversation, count: int) -> list[str]:
    """Return the first distinct words that are not stop words."""
    return list(dict.fromkeys(_content_words(conversation)))[:count]


def random_phrases(conversation: Conversation, count: int) -> list[str]:
    """Return distinct runs of one to three words, drawn by the content's hash."""
    text_runs, _ = _read(conversation)
    if not text_runs:
        return []
    chance = random.Random(conversation.content_hash)  # noqa: S311 - not a secret
    phrases: dict[str, None] = {}
    weights = [len(run) for run in text_runs]
    for run in chance.choices(text_runs, weights, k=count * _DRAWS_PER_TAG):
        start = chance.randrange(len(run))
        phrases[join(run[start : start + chance.randint(1, _LONGEST_PHRASE)])] = None
    return list(phrases)[:count]


def _content_words(conversation: Conversation) -> list[str]:
    text_runs, stops = _read(conversation)
    words = [word.casefold() for run in text_runs for word in run]
    return [word for word in words if word not in stops.edges and len(word) > 1]


def _read(conversation: Conversation) -> tuple[Sequence[Run], StopWords]:
    """Return the runs of words of a conversation, and the stop words of its language."""
    text_runs = [run for turn in conversation.turns for run in runs(scrub(turn.text))]
    words = (word.casefold() for run in text_runs for word in run)
    stops = detect(words, conversation.language)
    return [run for run in pieces(text_runs, stops.edges) if run], stops


BASELINES: Mapping[str, Pick] = MappingProxyType(
    {
        "frequent-words": frequent_words,
        "leading-words": leading_words,
        "random-phrases": random_phrases,
    }
)
"""The baselines by name."""


def baselines() -> tuple[Baseline, ...]:
    """Return all baselines."""
    return tuple(Baseline(name, pick) for name, pick in BASELINES.items())
