"""The embedded annotator: candidates of a window, ranked by the tag model; profiles by rules."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from cgp.annotators.embedded.dictionaries import dictionary_names
from cgp.annotators.embedded.labels import LabelIndex, shipped_labels
from cgp.annotators.embedded.profiles import profile_speakers
from cgp.annotators.embedded.reading import part_of, read_window, reading_of
from cgp.conversation import Conversation
from cgp.embedders import Embedder, default_embedder
from cgp.encoders import Encoder, default_encoder
from cgp.metadata import LEAST_SUPPORT, Metadata, Tag
from cgp.tagmodel import (
    Candidate,
    ModelSource,
    TagModel,
    WindowReading,
    deserved_count,
    likely,
    select,
    shipped_model,
)
from cgp.text import normal_form

VERSION = 7
# The tag model learned from windows of about 1,800 characters; a longer text is read in parts.
_PART_CHARACTERS = 2400
_PART_TAGS = 8
_FURTHER = 0.33  # most support of what the annotator would not answer: below LEAST_SUPPORT
GROUND_TRUTH = "ground_truth"
"""The purpose for which a validator asks: tags to measure answers by, not tags to publish."""
# Tags of two parts with this static cosine say the same (*bus lane*, *bus lanes of the city*).
_ALIKE = 0.7


class EmbeddedAnnotator:
    """Annotates without key, network or language model; deterministic.

    ``embedder`` is the subnet's by default, ``model`` the tag model that comes with the package.
    ``source`` gives the model instead where it may change while the program runs.
    """

    def __init__(
        self,
        embedder: Embedder | None = None,
        model: TagModel | None = None,
        source: ModelSource | None = None,
    ) -> None:
        self._embedder = embedder
        self._model = model
        self._source = source

    @property
    def name(self) -> str:
        """``embedded/<version>``; the version changes whenever the same text gets other tags.

        A dictionary that is installed adds its language and version, and a term that is added to
        the model (experts) its own name.
        """
        model = self._current()
        addition = None if model is None else model.addition
        further = (*dictionary_names(), *(() if addition is None else (addition.id,)))
        return "+".join((f"embedded/{VERSION}", *further))

    def _current(self) -> TagModel | None:
        return self._model if self._source is None else self._source.current()

    async def annotate(
        self, conversation: Conversation, *, max_tags: int, purpose: str = "window"
    ) -> Metadata:
        """Return tags and profiles; see ``Annotator.annotate``. The work is done in a thread.

        For the purpose ``ground_truth``: see ``likely_metadata``.
        """
        work = likely_metadata if purpose == GROUND_TRUTH else annotate
        embedder = self._embedder or default_embedder()
        return await asyncio.to_thread(work, conversation, embedder, max_tags, self._current())

    async def close(self) -> None:
        """Do nothing: there is nothing to release."""


@dataclass(frozen=True, slots=True)
class RankedTag:
    """A tag with the probability that a reader wants it, of one part of a text at least."""

    candidate: Candidate
    probability: float


def annotate(
    conversation: Conversation, embedder: Embedder, max_tags: int, model: TagModel | None = None
) -> Metadata:
    """Return at most ``max_tags`` tags, best first, and a profile of each speaker.

    The same conversation, embedder, model and ``max_tags`` give the same result. A conversation
    without words (emoji, silence) gets no tags and empty profiles.

    Raises:
        ValueError: if ``max_tags`` is negative.
    """
    if max_tags < 0:
        raise ValueError(f"max_tags must not be negative, got {max_tags}")
    ranking = _ranking(embedder, model).tags(conversation, max_tags)
    tags = tuple(Tag(tag.candidate.text) for tag in ranking)
    return Metadata(tags, profile_speakers(conversation))


def likely_metadata(
    conversation: Conversation, embedder: Embedder, max_tags: int, model: TagModel | None = None
) -> Metadata:
    """Return the tags of ``annotate``, and others that a reader may want, each with its
    probability: a ground truth.

    A tag's support is its probability, relative to that of the likeliest: at least
    ``LEAST_SUPPORT`` for the tags of ``annotate``, less for the others. These are up to
    ``max_tags`` of a conversation of one part, and half as many of each part of a longer one, so
    there may be more than ``max_tags`` in all.

    Raises:
        ValueError: if ``max_tags`` is negative.
    """
    answer = annotate(conversation, embedder, max_tags, model)
    ranking = _ranking(embedder, model).likely(conversation, max_tags)
    best = max((tag.probability for tag in ranking), default=1.0)
    likely_tags = {tag.candidate.text: round(tag.probability / best, 4) for tag in ranking}
    support_by_text = {
        tag.text: max(LEAST_SUPPORT, likely_tags.get(tag.text, 0.0)) for tag in answer.tags
    }
    further = {
        text: min(support, _FURTHER)
        for text, support in likely_tags.items()
        if text not in support_by_text
    }
    tags = tuple(Tag(text, support) for text, support in (support_by_text | further).items())
    return Metadata(tags, answer.profiles)


def _ranking(embedder: Embedder, model: TagModel | None) -> Ranking:
    return Ranking(model or shipped_model(), embedder, shipped_labels(embedder), default_encoder)


@dataclass(frozen=True)
class Ranking:
    """Tools that rank a window's candidates: the tag model, embedder, labels and encoder.

    ``encoder`` gives the encoder when it is needed: other languages than English never load it.
    """

    model: TagModel
    embedder: Embedder
    labels: LabelIndex
    encoder: Callable[[], Encoder]

    def tags(self, conversation: Conversation, max_tags: int) -> list[RankedTag]:
        """Return at most ``max_tags`` tags of a conversation, best first.

        A long conversation is read part by part, and the tags of its parts are merged: a tag of
        several parts comes first.
        """
        bounds = _parts(conversation)
        if len(bounds) == 1:
            return self._window_tags(conversation, max_tags)
        tag_by_key: dict[frozenset[str], RankedTag] = {}
        for start, stop in bounds:
            part = part_of(conversation, start, stop)
            for tag in self._window_tags(part, _PART_TAGS):
                candidate = replace(
                    tag.candidate, turns=tuple(turn + start for turn in tag.candidate.turns)
                )
                earlier = tag_by_key.get(tag.candidate.key)
                tag_by_key[tag.candidate.key] = (
                    RankedTag(candidate, tag.probability)
                    if earlier is None
                    else _one_tag(earlier, RankedTag(candidate, tag.probability))
                )
        ranking = sorted(tag_by_key.values(), key=lambda tag: -tag.probability)
        tags = self._without_repeats(ranking, max_tags)
        if not tags:
            return []
        # A long text deserves no more poor tags than a short one.
        return tags[: deserved_count(np.array([tag.probability for tag in tags]))]

    def _without_repeats(self, ranking: list[RankedTag], max_tags: int) -> list[RankedTag]:
        """Return the best tags that neither share their words with a better tag nor mean the
        same.
        """
        texts = [normal_form(tag.candidate.text) for tag in ranking]
        vectors = self.embedder.embed(texts)
        rows: list[int] = []
        for row, tag in enumerate(ranking):
            if len(rows) == max_tags:
                break
            key = tag.candidate.key
            better_keys = [ranking[better].candidate.key for better in rows]
            apart = not any(key <= better or better <= key for better in better_keys)
            if apart and not any(
                vectors[row] @ vectors[better_row] >= _ALIKE for better_row in rows
            ):
                rows.append(row)
        return [ranking[row] for row in rows]

    def likely(self, conversation: Conversation, max_tags: int) -> list[RankedTag]:
        """Return the tags that a reader may want of each part of a conversation,
        likeliest first.
        """
        bounds = _parts(conversation)
        limit = max_tags if len(bounds) == 1 else max_tags // 2
        tag_by_key: dict[frozenset[str], RankedTag] = {}
        for start, stop in bounds:
            part = conversation if len(bounds) == 1 else part_of(conversation, start, stop)
            reading = self._reading(part)
            judgement = self.model.judge(reading, self.embedder)
            for row in likely(judgement, limit):
                tag = RankedTag(reading.candidates[row], float(judgement.probabilities[row]))
                earlier = tag_by_key.get(tag.candidate.key)
                if earlier is None or earlier.probability < tag.probability:
                    tag_by_key[tag.candidate.key] = tag
        return sorted(tag_by_key.values(), key=lambda tag: -tag.probability)

    def _window_tags(self, conversation: Conversation, max_tags: int) -> list[RankedTag]:
        reading = self._reading(conversation)
        judgement = self.model.judge(reading, self.embedder)
        return [
            RankedTag(reading.candidates[row], float(judgement.probabilities[row]))
            for row in select(reading, judgement, max_tags)
        ]

    def _reading(self, conversation: Conversation) -> WindowReading:
        window = read_window(conversation)
        return reading_of(window, conversation, self.labels, self.embedder, self.encoder)


def _one_tag(earlier: RankedTag, later: RankedTag) -> RankedTag:
    """Return one tag of two parts: the earlier wording, said in the turns of both."""
    turns = (*earlier.candidate.turns, *later.candidate.turns)
    return RankedTag(
        replace(
            earlier.candidate, turns=turns, count=earlier.candidate.count + later.candidate.count
        ),
        # Probability that one of the two at least is wanted, as if they were independent.
        1.0 - (1.0 - earlier.probability) * (1.0 - later.probability),
    )


def _parts(conversation: Conversation) -> list[tuple[int, int]]:
    """Return the bounds of parts of about equal size, whole turns each."""
    sizes = [len(turn.text) for turn in conversation.turns]
    total = sum(sizes)
    count = max(1, round(total / _PART_CHARACTERS))
    if count == 1 or len(sizes) < 2:
        return [(0, len(sizes))]
    bounds: list[tuple[int, int]] = []
    start = characters = 0
    for number, size in enumerate(sizes):
        characters += size
        # A part ends with the turn that reaches its equal share of the text.
        if characters * count >= total * (len(bounds) + 1) and number + 1 > start:
            bounds.append((start, number + 1))
            start = number + 1
    if start < len(sizes):
        bounds.append((start, len(sizes)))
    return bounds
