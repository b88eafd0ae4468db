"""Attacks that do not read the window: silence, chance, fixed lists, yesterday's answers."""

from __future__ import annotations

from collections import Counter

import numpy as np

from cgp.metadata import Claim, ParticipantProfile
from cgp.no_answer_kind import NoAnswerKind
from cgp.scoring.redteam.honest import honest_draft, words
from cgp.scoring.redteam.strategy import (
    HONEST_TAGS,
    Draft,
    NotedWindow,
    Play,
    Reply,
    Sight,
    Strategy,
)
from cgp.scoring.redteam.vocabulary import (
    BLANKS,
    FUNCTION_WORDS,
    GENERIC_TAGS,
    GLYPHS,
    HYPERNYMS,
    INJECTIONS,
    TOPIC_TAGS,
)
from cgp.scoring.task import NoAnswer
from cgp.text import normal_form

BOUND = 0.03

GENERIC_CLAIMS = (
    Claim("role", "takes part in the conversation", (0,)),
    Claim("topic", "shares an opinion on the topic", (0,)),
    Claim("question", "asks a question about the matter", (0,)),
)


def generic_profiles(sight: Sight) -> tuple[ParticipantProfile, ...]:
    """Give every speaker claims that fit anybody, citing the first turn of each."""
    window = sight.window
    first = {speaker: next(i for i, _ in window.spoken_by(speaker)) for speaker in window.speakers}
    return tuple(
        ParticipantProfile(
            speaker, tuple(Claim(c.attribute, c.value, (turn,)) for c in GENERIC_CLAIMS)
        )
        for speaker, turn in first.items()
    )


def same_tags(tags: tuple[str, ...]) -> Play:
    """Return play that gives the same tags to every window, with generic profiles."""

    def play(sight: Sight) -> Draft:
        return Draft(tags, generic_profiles(sight))

    return play


def silence(sight: Sight) -> Reply:
    """Never answer."""
    return NoAnswer(NoAnswerKind.TIMEOUT, f"no answer to task {sight.number}")


def refusal(sight: Sight) -> Reply:
    """Refuse every task."""
    return NoAnswer(NoAnswerKind.REFUSED, f"task {sight.number} declined")


def nothing(sight: Sight) -> Draft:
    """Answer with no tags and no profiles."""
    del sight
    return Draft()


def random_words(sight: Sight) -> Draft:
    """Draw words from a list."""
    return Draft(tuple(words(sight.rng) for _ in range(HONEST_TAGS)), generic_profiles(sight))


def gibberish(sight: Sight) -> Draft:
    """Draw letters and glyphs."""
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz" + GLYPHS))
    tags = tuple("".join(sight.rng.choice(letters, 8)) for _ in range(HONEST_TAGS))
    return Draft(tags)


def corpus_frequent(sight: Sight) -> Draft:
    """Give the tags that most of the earlier windows had."""
    counts = Counter(tag.text for earlier in sight.past for tag in earlier.notes.tags[:HONEST_TAGS])
    common = tuple(text for text, _ in counts.most_common(HONEST_TAGS))
    return Draft(common or GENERIC_TAGS, generic_profiles(sight))


def corpus_words(sight: Sight) -> Draft:
    """Give the single words that earlier tags used most."""
    counts = Counter(
        word
        for earlier in sight.past
        for tag in earlier.notes.tags
        for word in set(normal_form(tag.text).split())
    )
    return Draft(tuple(word for word, _ in counts.most_common(HONEST_TAGS)) or GENERIC_TAGS)


def stale(sight: Sight) -> Reply:
    """Repeat a good answer to an earlier window of another conversation."""
    candidates = [earlier for earlier in sight.past if earlier.window.id != sight.window.id]
    if not candidates:
        return same_tags(TOPIC_TAGS)(sight)
    choice: NotedWindow = candidates[int(sight.rng.integers(len(candidates)))]
    return honest_draft(choice.notes, sight.rng)


def answer_before(sight: Sight) -> Reply:
    """Repeat the answer to the window before, if that was of another conversation."""
    candidates = [earlier for earlier in sight.past if earlier.window.id != sight.window.id]
    return (
        honest_draft(candidates[-1].notes, sight.rng)
        if candidates
        else same_tags(TOPIC_TAGS)(sight)
    )


def mixture(sight: Sight) -> Draft:
    """Mix one good tag from each of twelve earlier windows of other conversations."""
    candidates = [
        earlier
        for earlier in sight.past
        if earlier.window.id != sight.window.id and earlier.notes.tags
    ]
    if len(candidates) < HONEST_TAGS:
        return Draft(TOPIC_TAGS)
    choice = sight.rng.choice(len(candidates), HONEST_TAGS, replace=False)
    return Draft(tuple(candidates[i].notes.tags[0].text for i in choice), generic_profiles(sight))


def centre_of_space(sight: Sight) -> Draft:
    """Give the earlier tags closest to the mean of all the tags ever seen: the
    centre of the space.
    """
    texts = sorted(
        {tag.text for earlier in sight.past[-30:] for tag in earlier.notes.tags[:HONEST_TAGS]}
    )
    if len(texts) < HONEST_TAGS:
        return Draft(GENERIC_TAGS)
    vectors = sight.embedder.embed_tags(texts)
    closeness = vectors @ vectors.mean(axis=0)
    order = np.argsort(-closeness, kind="stable")[:HONEST_TAGS]
    return Draft(tuple(texts[i] for i in order), generic_profiles(sight))


def centre_as_text(sight: Sight) -> Draft:
    """Give long tags, each many past tags in one: texts that embed at the centre of the space."""
    texts = sorted(
        {tag.text for earlier in sight.past[-30:] for tag in earlier.notes.tags[:HONEST_TAGS]}
    )
    if len(texts) < 60:
        return Draft(GENERIC_TAGS)
    picks = [sight.rng.choice(len(texts), 7, replace=False) for _ in range(HONEST_TAGS)]
    return Draft(tuple(" ".join(texts[i].split()[0] for i in row) for row in picks))


def profiles_alone(sight: Sight) -> Draft:
    """Give no tags and generic profiles."""
    return Draft((), generic_profiles(sight))


def _attack(name: str, play: Play) -> Strategy:
    return Strategy(name, play, BOUND, "not reading")


STRATEGIES: tuple[Strategy, ...] = (
    _attack("silence", silence),
    _attack("refusal", refusal),
    _attack("empty answer", nothing),
    _attack("blank tags", same_tags(BLANKS)),
    _attack("random words", random_words),
    _attack("gibberish", gibberish),
    _attack("generic words", same_tags(GENERIC_TAGS)),
    _attack("likely topics", same_tags(TOPIC_TAGS)),
    _attack("hypernyms", same_tags(HYPERNYMS)),
    _attack("function words", same_tags(FUNCTION_WORDS)),
    _attack("corpus-frequent tags", corpus_frequent),
    _attack("corpus-frequent words", corpus_words),
    _attack("stale answer", stale),
    _attack("lagged answer", answer_before),
    _attack("mixture of stale answers", mixture),
    _attack("centre of the space", centre_of_space),
    _attack("centre of the space as text", centre_as_text),
    _attack("injection text", same_tags(INJECTIONS)),
    _attack("generic profiles alone", profiles_alone),
)
