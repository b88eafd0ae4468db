"""Engagement: participants share the floor, alternate and answer."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from cgp.quality.transcript import Transcript

_QUESTION_MARKS = ("?", "\uff1f", "\u061f", "\u037e", "\u2e2e", "\u1367")
# Questions that every conversation is taken to have had, half of them answered.
_PRIOR_QUESTIONS = 2.0


def engagement(transcript: Transcript) -> float:
    """Return the geometric mean of balance, exchange and response, 0 to 1.

    0 for a monologue: no second person is engaged.
    """
    counts = Counter[int]()
    for speaker, words in zip(transcript.speakers, transcript.words, strict=True):
        counts[speaker] += len(words)
    # A geometric mean: a person who never answers is not engaged, however even the floor.
    product = (
        balance(list(counts.values()))
        * exchange(transcript.speakers)
        * response(transcript.speakers, transcript.texts)
    )
    return math.pow(product, 1 / 3)


def balance(words_spoken: Sequence[int]) -> float:
    """Return the evenness of the floor: entropy of words by speaker over its maximum.

    Pielou 1966 ("The measurement of diversity in different types of biological collections"), as
    used for participation in meetings. 1 where all speakers say equally much, 0 for one speaker.
    """
    total = sum(words_spoken)
    if len(words_spoken) < 2 or not total:
        return 0.0
    shares = [count / total for count in words_spoken if count]
    return max(0.0, -sum(p * math.log(p) for p in shares) / math.log(len(words_spoken)))


def exchange(speakers: Sequence[int]) -> float:
    """Return the share of neighbouring turns by different speakers.

    "Speaker change recurs, or at least occurs" (Sacks, Schegloff and Jefferson 1974, "A simplest
    systematics for the organization of turn-taking for conversation").
    """
    if len(speakers) < 2:
        return 0.0
    return sum(a != b for a, b in pairwise(speakers)) / (len(speakers) - 1)


def response(speakers: Sequence[int], texts: Sequence[str]) -> float:
    """Return the share of questions that another speaker's turn follows.

    Adjacency pairs (Schegloff and Sacks 1973, "Opening up closings"). A question is a turn that
    ends with a question mark (Latin, Greek, Arabic, Ethiopic, full-width). Turns without text are
    skipped. Without any question mark the result is 1/2.
    """
    questions, answers = _PRIOR_QUESTIONS, _PRIOR_QUESTIONS / 2
    turns = [
        (speaker, text.strip())
        for speaker, text in zip(speakers, texts, strict=True)
        if text.strip()
    ]
    for (asker, question), (replier, _) in pairwise(turns):
        if question.endswith(_QUESTION_MARKS):
            questions += 1
            answers += replier != asker
    return answers / questions
