"""Answers without a language model: sentences of the passages, word by word and cited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cgp.embedders import default_embedder
from cgp.retrieval.citing import Citation, citation_of
from cgp.retrieval.passages import ANSWERABLE, Passage
from cgp.retrieval.question import read_question
from cgp.retrieval.sentences import Sentence, sentences_of, word_shares
from cgp.words import PLAIN_WORDS

NO_ANSWER: Final = "I found nothing in these conversations that answers this."

# Shares of a sentence's score beside its passage's fit (1 for the best passage). Chosen with
# benchmarks/chat_retrieval.py; see docs/retrieval.md.
_WORDS: Final = 0.5
_MEANING: Final = 0.3
_NAMED_SPEAKER: Final = 0.4
_BEFORE: Final = 0.3
_FADING: Final = 0.7
_REACH: Final = 6
"""Sentences before one whose words count for it, each by ``_FADING`` less than the one after it.

The answer comes after its question, and a subject lasts for several sentences.
"""

_ASKED: Final = 0.3
"""What a question within the talk loses once its answer has its score: it says nothing new."""
_REPLY: Final = 2
"""Turns after a question in which its answer is looked for."""
_QUESTION_MARKS: Final = ("?", "؟", "？")

_SHORTEST: Final = 15
"""Characters of a sentence that says something; shorter ones are assent and greetings."""


@dataclass(frozen=True, slots=True)
class CitedAnswer:
    """An answer with its citations; none where the passages do not answer the question."""

    text: str
    citations: tuple[Citation, ...]
    answerable: bool


def is_answerable(question: str, passages: Sequence[Passage]) -> bool:  # noqa: ARG001 - for models to come
    """Tell whether the passages fit their question well enough to answer it.

    The score from which they do was calibrated on questions of this and of another corpus.
    """
    return any(passage.score >= ANSWERABLE for passage in passages)


def cited_answer(question: str, passages: Sequence[Passage], *, sentences: int = 3) -> CitedAnswer:
    """Return the sentences that answer a question best, with marks ``[n]`` of their citations.

    Raises:
        RetrievalError: if the question is empty or too long.
    """
    candidates = [s for s in sentences_of(passages) if len(s.text) >= _SHORTEST]
    if not candidates or not is_answerable(question, passages):
        return CitedAnswer(NO_ANSWER, (), answerable=False)
    scores = _answers_first(_scores(question, passages, candidates), candidates)
    selection: dict[tuple[int, int], Sentence] = {}
    for number in np.argsort(-scores, kind="stable").tolist():
        sentence = candidates[number]
        # One sentence of a turn: a second one would cite the same place again.
        selection.setdefault((sentence.passage, sentence.turn), sentence)
        if len(selection) == sentences:
            break
    # A mark is the number of its citation, so that a reader finds it in the list below the answer.
    marks = {place: number for number, place in enumerate(selection, 1)}
    lines = [
        f"{sentence.speaker}: {sentence.text} [{marks[place]}]"
        if sentence.speaker
        else f"{sentence.text} [{marks[place]}]"
        for place, sentence in sorted(selection.items())
    ]
    quotes = tuple(citation_of(sentence, passages) for sentence in selection.values())
    return CitedAnswer("\n".join(lines), quotes, answerable=True)


def _scores(
    question: str, passages: Sequence[Passage], sentences: Sequence[Sentence]
) -> NDArray[np.float64]:
    """Return the fit of each sentence as an answer to a question, ``(n,)``; greater is better.

    It is the fit of its passage, and weighed terms of its own: words of the question, closeness in
    meaning, a speaker whom the question names, and the fit of the sentences before it.
    """
    reading = read_question(question)
    texts = [sentence.text for sentence in sentences]
    words = word_shares(reading.words, texts)
    vectors = default_embedder().embed([reading.query, *texts])
    meaning = vectors[1:] @ vectors[0]
    # The odds of a passage's score are its fit: see ``cgp.retrieval.ranking.confidence``.
    odds = [passage.score / max(1 - passage.score, 1e-6) for passage in passages]
    fits = np.array([odds[sentence.passage] for sentence in sentences]) / max([*odds, 1e-6])
    question_words = set(PLAIN_WORDS.words(question.lower()))
    speaker = np.array([_is_named(sentence.speaker, question_words) for sentence in sentences])
    before = _before(words, [sentence.passage for sentence in sentences])
    return np.asarray(
        fits + _WORDS * words + _MEANING * meaning + _NAMED_SPEAKER * speaker + _BEFORE * before
    )


def _answers_first(
    scores: NDArray[np.float64], sentences: Sequence[Sentence]
) -> NDArray[np.float64]:
    """Return scores with those of questions passed on to the sentences that answer them, ``(n,)``.

    A question in the talk has most words of the question about it, and says nothing. One that
    nobody answers keeps its score.
    """
    changed = scores.copy()
    for place, sentence in enumerate(sentences):
        answer = _answer_to(sentences, place) if _asks(sentence) else None
        if answer is not None:
            changed[answer] = max(changed[answer], scores[place])
            changed[place] = scores[place] - _ASKED
    return changed


def _answer_to(sentences: Sequence[Sentence], place: int) -> int | None:
    """Return the place of the first statement in the turns after a question, None without one."""
    asked = sentences[place]
    for later in range(place + 1, len(sentences)):
        sentence = sentences[later]
        if sentence.passage != asked.passage or sentence.turn > asked.turn + _REPLY:
            return None
        if sentence.turn > asked.turn and not _asks(sentence):
            return later
    return None


def _asks(sentence: Sentence) -> bool:
    return sentence.text.endswith(_QUESTION_MARKS)


def _is_named(speaker: str, question_words: set[str]) -> bool:
    words = [word for word in PLAIN_WORDS.words(speaker.lower()) if len(word) > 1]
    return bool(words) and question_words.issuperset(words)


def _before(words: NDArray[np.float64], passages: Sequence[int]) -> NDArray[np.float64]:
    """Return the fit to the question of the sentences before each one in its passage, ``(n,)``.

    The sum of their shares of the question's words, of which nearer sentences count more: an
    answer often follows the sentence that names its subject.
    """
    places = np.array(passages)
    total = np.zeros(len(words))
    for step in range(1, min(_REACH, len(words) - 1) + 1):
        one_passage = places[step:] == places[:-step]
        total[step:] += _FADING ** (step - 1) * words[:-step] * one_passage
    return total
