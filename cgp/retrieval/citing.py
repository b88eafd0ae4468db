"""Citations: turns that an answer rests on, each with words that really stand there.

A language model's marks are not trusted. A mark names a passage; the quote is looked up in the
passage by the words of the marked sentence, and a mark without such words is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cgp.retrieval.passages import Passage
from cgp.retrieval.question import telling_words_of
from cgp.retrieval.sentences import Sentence, sentences_of, split, word_shares

MOST_CITATIONS: Final = 8

# Share of a sentence's words that a turn has to say, with a mark of the model and without one. A
# mark is a hint that a paraphrase may be meant; without it only near word-by-word agreement is a
# citation.
_SHARE_WITH_MARK: Final = 0.25
_SHARE_WITHOUT_MARK: Final = 0.5
_MARK: Final = re.compile(r"\[(\d{1,3}(?:\s*[,;]\s*\d{1,3})*)\]")
_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Citation:
    """Words of one turn: ``quote`` stands word by word in turn ``turn`` of ``conversation``.

    ``title`` is the conversation's, for people; empty where it has none.
    """

    conversation: str
    turn: int
    quote: str
    title: str = field(default="", compare=False)


def citation_of(sentence: Sentence, passages: Sequence[Passage]) -> Citation:
    """Return the citation of a sentence of ``passages``."""
    passage = passages[sentence.passage]
    title = "" if passage.title == passage.conversation else passage.title
    return Citation(passage.conversation, sentence.turn, sentence.text, title)


def is_quoted(citation: Citation, passages: Iterable[Passage]) -> bool:
    """Tell whether a citation's words stand in the turn that it names."""
    return any(
        turn.number == citation.turn and bool(citation.quote) and citation.quote in turn.text
        for passage in passages
        if passage.conversation == citation.conversation
        for turn in passage.turns
    )


def citations(answer: str, passages: Sequence[Passage]) -> tuple[Citation, ...]:
    """Return the citations of an answer that a language model gave to numbered passages.

    Each sentence of the answer gets the turn that says most of its words: within the passages that
    its marks ``[n]`` name, or within all where it has none. A sentence that no turn supports gets
    none.
    """
    sentences = sentences_of(passages)
    quotes: dict[Citation, None] = {}
    for text, marks in _marked_sentences(answer):
        words = telling_words_of(text)
        shares = word_shares(words, [sentence.text for sentence in sentences])
        places = [marks_one - 1 for marks_one in marks if 1 <= marks_one <= len(passages)]
        for among in [{place} for place in places] if marks else [set(range(len(passages)))]:
            inside = [n for n, sentence in enumerate(sentences) if sentence.passage in among]
            best = max(inside, key=lambda n: shares[n], default=None)
            if best is not None and shares[best] >= (
                _SHARE_WITH_MARK if marks else _SHARE_WITHOUT_MARK
            ):
                quotes.setdefault(citation_of(sentences[best], passages))
    return tuple(citation for citation in quotes if is_quoted(citation, passages))[:MOST_CITATIONS]


def _marked_sentences(answer: str) -> Iterable[tuple[str, tuple[int, ...]]]:
    """Yield the sentences of an answer with the marks in them or right behind them."""
    pending: list[tuple[str, tuple[int, ...]]] = []
    for sentence in split(" ".join(answer.split())):
        marks = tuple(
            int(number) for mark in _MARK.finditer(sentence) for number in _NUMBER.findall(mark[1])
        )
        text = _MARK.sub("", sentence).strip()
        if pending and marks and sentence.startswith("["):
            # "It rained. [2] The road was wet.": the mark belongs to the sentence before it.
            leading = _MARK.match(sentence)
            before = tuple(map(int, _NUMBER.findall(leading[1]))) if leading else ()
            pending[-1] = (pending[-1][0], (*pending[-1][1], *before))
            marks = marks[len(before) :]
        if any(map(str.isalpha, text)):
            pending.append((text, marks))
    return pending
