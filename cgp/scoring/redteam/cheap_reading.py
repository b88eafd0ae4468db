"""Attacks that look at the window without understanding it: its words, its lines, too many tags."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np

from cgp.conversation import Conversation
from cgp.scoring.redteam.honest import full, honest_draft
from cgp.scoring.redteam.not_reading import generic_profiles
from cgp.scoring.redteam.strategy import HONEST_TAGS, Draft, Play, Sight, Strategy, tags_of
from cgp.scoring.redteam.vocabulary import STOP_WORDS

BOUND = 0.25
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]+")
_QUALIFIERS = ("topic", "issue", "matter", "question of", "talk about", "more")


def window_words(window: Conversation) -> list[str]:
    """Return the words of the window, lower-case, in order."""
    return [word.lower() for turn in window.turns for word in _WORD.findall(turn.text)]


def content_words(window: Conversation) -> list[str]:
    """Return the words of the window that carry meaning, in order."""
    return [word for word in window_words(window) if word not in STOP_WORDS and len(word) > 2]


def phrases(
    window: Conversation, rng: np.random.Generator, count: int, longest: int = 3
) -> tuple[str, ...]:
    """Return ``count`` random runs of one to ``longest`` words of the window."""
    tokens = window_words(window)
    if not tokens:
        return ()
    starts = rng.integers(len(tokens), size=count)
    lengths = rng.integers(1, longest + 1, size=count)
    return tuple(" ".join(tokens[s : s + n]) for s, n in zip(starts, lengths, strict=True))


def random_phrases(sight: Sight) -> Draft:
    """Give random runs of words of the window."""
    return Draft(phrases(sight.window, sight.rng, HONEST_TAGS), generic_profiles(sight))


def random_content_words(sight: Sight) -> Draft:
    """Give random words of the window that are not function words."""
    vocabulary = sorted(set(content_words(sight.window)))
    order = sight.rng.permutation(len(vocabulary))[:HONEST_TAGS]
    return Draft(tuple(vocabulary[i] for i in order), generic_profiles(sight))


def frequent_words(sight: Sight) -> Draft:
    """Give the window's most frequent words, function words included."""
    counts = Counter(window_words(sight.window))
    return Draft(tuple(w for w, _ in counts.most_common(HONEST_TAGS)), generic_profiles(sight))


def frequent_content_words(sight: Sight) -> Draft:
    """Give the most frequent words that are not function words: the plainest of
    keyword extractors.
    """
    counts = Counter(content_words(sight.window))
    return Draft(tuple(w for w, _ in counts.most_common(HONEST_TAGS)), generic_profiles(sight))


def frequent_long_words(sight: Sight) -> Draft:
    """Give the words that are frequent and long."""
    counts = Counter(content_words(sight.window))
    order = sorted(counts, key=lambda word: (-counts[word] * len(word), word))
    return Draft(tuple(order[:HONEST_TAGS]), generic_profiles(sight))


def longest_words(sight: Sight) -> Draft:
    """Give the window's longest words."""
    vocabulary = sorted(set(content_words(sight.window)), key=lambda word: (-len(word), word))
    return Draft(tuple(vocabulary[:HONEST_TAGS]), generic_profiles(sight))


def names(sight: Sight) -> Draft:
    """Give the names of the participants."""
    window = sight.window
    speakers = [window.participants[speaker].name for speaker in window.speakers]
    everyone = [participant.name for participant in window.participants]
    return Draft(tuple(dict.fromkeys(speakers + everyone))[:HONEST_TAGS], generic_profiles(sight))


def first_words(sight: Sight) -> Draft:
    """Read the first turns only."""
    tokens = content_words(replace(sight.window, turns=sight.window.turns[:3]))
    return Draft(tuple(dict.fromkeys(tokens))[:HONEST_TAGS], generic_profiles(sight))


def utterances(sight: Sight) -> Draft:
    """Give whole lines as tags."""
    lines = sorted((turn.text for turn in sight.window.turns), key=len, reverse=True)
    return Draft(tuple(line[:250] for line in lines[:HONEST_TAGS]), generic_profiles(sight))


def runs(length: int) -> Play:
    """Return play that gives runs of words: short enough for a tag, too long to say anything."""

    def play(sight: Sight) -> Draft:
        tokens = window_words(sight.window)
        starts = sight.rng.integers(max(1, len(tokens) - length), size=HONEST_TAGS)
        tags = tuple(" ".join(tokens[s : s + length]) for s in starts)
        return Draft(tags, generic_profiles(sight))

    return play


def telegrams(sight: Sight) -> Draft:
    """Give the longest lines without their function words: no verbatim run, and no tag either."""
    lines = [
        [w for w in _WORD.findall(t.text) if w.lower() not in STOP_WORDS]
        for t in sight.window.turns
    ]
    lines.sort(key=len, reverse=True)
    tags = tuple(" ".join(line[:6]) for line in lines[:HONEST_TAGS] if line)
    return Draft(tags, generic_profiles(sight))


def spam(sight: Sight) -> Draft:
    """Give sixty random phrases of the window."""
    return Draft(phrases(sight.window, sight.rng, 60), sight.notes.profiles)


def spam_words(sight: Sight) -> Draft:
    """Give two hundred words of the window."""
    vocabulary = list(dict.fromkeys(content_words(sight.window)))
    return Draft(tuple(vocabulary[:200]), generic_profiles(sight))


def near_duplicates(sight: Sight) -> Draft:
    """Give three good tags, each in four wordings."""
    best = tags_of(sight.notes, 3)
    tags = tuple(
        wording
        for tag in best
        for wording in (tag, f"{tag}s", f"{tag} topic", " ".join(reversed(tag.split())) + " talk")
    )
    return Draft(tags, generic_profiles(sight))


def plurals(sight: Sight) -> Draft:
    """Give one good tag with endings and qualifiers."""
    best = tags_of(sight.notes, 1)
    tag = best[0] if best else "topic"
    endings = (tag, f"{tag}s", f"{tag}es", f"{tag}ing", f"{tag}'s", f"the {tag}")
    return Draft(
        endings + tuple(f"{qualifier} {tag}" for qualifier in _QUALIFIERS),
        generic_profiles(sight),
    )


def letter_cases(sight: Sight) -> Draft:
    """Give two good tags in different letter cases, spacings and Unicode forms."""
    tags: list[str] = []
    for tag in tags_of(sight.notes, 2):
        wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in tag)
        tags += [tag, tag.upper(), tag.title(), tag.replace(" ", "-"), f" {tag}.", wide]
    return Draft(tuple(tags), generic_profiles(sight))


def all_in_one_tag(sight: Sight) -> Draft:
    """Put everything into one tag."""
    return Draft((" ".join(tags_of(sight.notes))[:250],), sight.notes.profiles)


def comma_list(sight: Sight) -> Draft:
    """Put twelve tags into one, with commas."""
    return Draft((", ".join(tags_of(sight.notes))[:250],), sight.notes.profiles)


def composite(sight: Sight) -> Draft:
    """Give composites: each tag is a random six of the window's frequent content words."""
    common = [word for word, _ in Counter(content_words(sight.window)).most_common(18)]
    if not common:
        return Draft()
    size = min(6, len(common))
    picks = [sight.rng.choice(len(common), size, replace=False) for _ in range(HONEST_TAGS)]
    tags = tuple(" ".join(common[i] for i in sorted(row)) for row in picks)
    return Draft(tags, generic_profiles(sight))


def composite_tags(sight: Sight) -> Draft:
    """Give composites of good tags: every tag joins two of the annotator's, each pair only once."""
    good = tags_of(sight.notes, 2 * HONEST_TAGS)
    tags = tuple(f"{a} {b}" for a, b in zip(good[::2], good[1::2], strict=False))
    return Draft(tags, generic_profiles(sight))


def minimal(count: int) -> Play:
    """Return play that gives the safest ``count`` tags and stops."""

    def play(sight: Sight) -> Draft:
        return Draft(tags_of(sight.notes, count), generic_profiles(sight))

    return play


def neighbour(sight: Sight) -> Draft:
    """Answer for another window of the same conversation (leaked: it was asked
    about that before).
    """
    return honest_draft(sight.secret.neighbour.notes, sight.rng)


def centroid_hugging(repeats_from: float = math.inf) -> Play:
    """Return play that gives the phrases of the window closest to the window's mean vector.

    A phrase with a cosine of ``repeats_from`` or more to one that is given is left out.
    """

    def play(sight: Sight) -> Draft:
        tokens = content_words(sight.window)
        pairs = [f"{a} {b}" for a, b in pairwise(tokens)]
        texts = list(dict.fromkeys(tokens + pairs))[:400]
        if not texts:
            return Draft()
        vectors = sight.embedder.embed_tags(texts)
        picks: list[int] = []
        for i in np.argsort(-(vectors @ vectors.mean(axis=0)), kind="stable").tolist():
            if len(picks) < HONEST_TAGS and all(vectors[i] @ vectors[picks].T < repeats_from):
                picks.append(i)
        return Draft(tuple(texts[i] for i in picks), generic_profiles(sight))

    return play


def retrieval(sight: Sight) -> Draft:
    """Give the earlier tags of other conversations whose vectors are closest to the window's."""
    texts = sorted(
        {
            tag.text
            for earlier in sight.past
            if earlier.window.id != sight.window.id
            for tag in earlier.notes.tags[:HONEST_TAGS]
        }
    )
    lines = [turn.text for turn in sight.window.turns]
    if len(texts) < HONEST_TAGS:
        return Draft()
    window = sight.embedder.embed_tags([" ".join(lines)])[0]
    order = np.argsort(-(sight.embedder.embed_tags(texts) @ window), kind="stable")
    return Draft(tuple(texts[i] for i in order[:HONEST_TAGS]), generic_profiles(sight))


def good_and_spam(sight: Sight) -> Draft:
    """Give an honest answer and hide it under sixty phrases that come first."""
    honest = full(sight)
    return replace(honest, tags=phrases(sight.window, sight.rng, 60) + honest.tags)


def _attack(name: str, play: Play, *, bound: float = BOUND, leaks: bool = False) -> Strategy:
    return Strategy(name, play, bound, "cheap reading", leaks=leaks)


STRATEGIES: tuple[Strategy, ...] = (
    _attack("random phrases of the window", random_phrases),
    _attack("random content words", random_content_words),
    _attack("most frequent words", frequent_words),
    _attack("frequent content words", frequent_content_words),
    _attack("frequent long words", frequent_long_words),
    _attack("longest words", longest_words),
    _attack("participant names", names),
    _attack("first turns only", first_words),
    _attack("utterances", utterances),
    _attack("runs of four words", runs(4)),
    _attack("runs of six words", runs(6)),
    _attack("lines as telegrams", telegrams),
    _attack("spam, 60 phrases", spam),
    _attack("spam, 200 words", spam_words),
    _attack("good tags under spam", good_and_spam),
    _attack("near-duplicates 3x4", near_duplicates),
    _attack("endings of one tag", plurals),
    _attack("letter cases of two tags", letter_cases),
    _attack("one stuffed tag", all_in_one_tag),
    _attack("one tag with commas", comma_list),
    _attack("composites of words", composite),
    _attack("composites of tags", composite_tags),
    _attack("minimal, 1 tag", minimal(1)),
    _attack("minimal, 3 tags", minimal(3)),
    _attack("neighbour window", neighbour, leaks=True),
    _attack("retrieved stale tags", retrieval),
    _attack("centroid hugging", centroid_hugging()),
    _attack("centroid hugging, no repeats", centroid_hugging(0.65)),
)
