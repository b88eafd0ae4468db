"""The embedded annotator: tags and profiles from a conversation's own words, no model to call."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest

from cgp.annotators.embedded import ranking
from cgp.annotators.embedded.candidates import Candidate, Vocabulary, extract
from cgp.annotators.embedded.inflections import stem
from cgp.annotators.embedded.profiles import profile_speakers
from cgp.annotators.embedded.stop_words import detect
from cgp.annotators.embedded.subjects import SubjectIndex, subject_index
from cgp.annotators.embedded.words import Run, is_unspaced, pieces, quick_normal_form, runs, scrub
from cgp.conversation import Conversation
from cgp.embedders.embedder import Embedder, default_embedder
from cgp.metadata import Metadata, Tag

VERSION = 1
_SHORT_TURN = 16


class EmbeddedAnnotator:
    """Annotates without key, network or language model; deterministic.

    ``embedder`` is the subnet's by default.
    """

    def __init__(self, embedder: Embedder | None = None) -> None:
        self._embedder = embedder

    @property
    def name(self) -> str:
        """``embedded/<version>``; the version changes whenever the same text gets other tags."""
        return f"embedded/{VERSION}"

    async def annotate(
        self, conversation: Conversation, *, max_tags: int, purpose: str = "window"
    ) -> Metadata:
        """Return tags and profiles; see ``Annotator.annotate``. The work is done in a thread."""
        del purpose  # nothing here costs money
        return await asyncio.to_thread(self._annotate, conversation, max_tags)

    def _annotate(self, conversation: Conversation, max_tags: int) -> Metadata:
        return annotate(conversation, self._embedder or default_embedder(), max_tags)

    async def close(self) -> None:
        """Do nothing: there is nothing to release."""


def annotate(conversation: Conversation, embedder: Embedder, max_tags: int) -> Metadata:
    """Return at most ``max_tags`` tags, best first, and a profile of each speaker.

    The same conversation, embedder and ``max_tags`` give the same result. A conversation without
    words (emoji, silence) gets no tags and empty profiles.

    Raises:
        ValueError: if ``max_tags`` is negative.
    """
    if max_tags < 0:
        raise ValueError(f"max_tags must not be negative, got {max_tags}")
    scrubbed = [scrub(turn.text) for turn in conversation.turns]
    turns = [
        (turn.speaker, _said_once(runs(text)))
        for turn, text in zip(conversation.turns, scrubbed, strict=True)
    ]
    stops = detect(
        (word.casefold() for _, turn in turns for run in turn for word in run),
        conversation.language,
    )
    if any(is_unspaced(turn.text) for turn in conversation.turns):
        rest = iter(pieces([run for _, turn in turns for run in turn], stops.edges))
        turns = [(speaker, [next(rest) for _ in turn]) for speaker, turn in turns]
    vocabulary = Vocabulary(stops, _names(conversation))
    candidates = extract(turns, vocabulary)
    tags: tuple[Tag, ...] = ()
    if candidates:
        matter = _matter(turns, candidates, vocabulary, embedder)
        index = subject_index(embedder) if vocabulary.english else None
        selection = ranking.select(matter, index, max_tags)
        tags = _tags(matter, index, selection, max_tags)
    return Metadata(tags, profile_speakers(conversation))


def _said_once(turn: list[Run]) -> list[Run]:
    """Return a turn's runs without repetitions: the same thing said 2,000 times in one breath is one.

    Short turns are left alone: they cannot drown a conversation.
    """
    if len(turn) < _SHORT_TURN:
        return turn
    return list({tuple(run): run for run in turn}.values())


def _matter(
    turns: Sequence[tuple[int, Sequence[Run]]],
    candidates: Sequence[Candidate],
    vocabulary: Vocabulary,
    embedder: Embedder,
) -> ranking.Matter:
    """Embed the phrases worth ranking, and all that is said without its function words."""
    function, english = vocabulary.stop_words.function, vocabulary.english
    said = [
        folded
        for _, turn in turns
        for run in turn
        for word in run
        if (folded := word.casefold()) not in function
    ]
    stems: Counter[str] = Counter()
    for word, count in Counter(said).items():
        stems[stem(word.removesuffix("'s"), english=english)] += count
    short = ranking.shortlist(candidates, stems)
    vectors = embedder.embed([*(quick_normal_form(c.text) for c in short), " ".join(said)])
    return ranking.Matter(short, vectors[:-1], vectors[-1], stems)


def _tags(
    matter: ranking.Matter,
    index: SubjectIndex | None,
    selection: ranking.Selection,
    max_tags: int,
) -> tuple[Tag, ...]:
    """Return subjects and phrases in turn, a subject first."""
    labels = [index.subjects[number].label for number in selection.subjects] if index else []
    texts = [matter.candidates[number].text for number in selection.phrases]
    pairs = zip_longest(labels, texts)
    unique = {quick_normal_form(text): text for pair in pairs for text in pair if text is not None}
    return tuple(Tag(text) for text in unique.values())[:max_tags]


def _names(conversation: Conversation) -> frozenset[str]:
    """Return the words of the participants' names, which are no topics of what they say."""
    return frozenset(
        word.casefold()
        for participant in conversation.participants
        for run in runs(participant.name)
        for word in run
    )
