"""A question as it is searched for: the words that tell its subject, and the weight of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cgp.annotators.embedded.stop_words import detect
from cgp.retrieval.passages import RetrievalError
from cgp.search.genome_index import MAX_QUERY
from cgp.search.search_form import asked_form
from cgp.words import PLAIN_WORDS

MOST_WORDS: Final = 48
"""A pasted page is not a question: more words cost time and find the same passages."""

_ABOUT_TALK: Final = frozenset(
    [
        "what",
        "who",
        "whom",
        "whose",
        "which",
        "when",
        "where",
        "why",
        "how",
        "did",
        "does",
        "do",
        "was",
        "were",
        "is",
        "are",
        "say",
        "says",
        "said",
        "saying",
        "tell",
        "tells",
        "told",
        "think",
        "thinks",
        "thought",
        "opinion",
        "opinions",
        "view",
        "views",
        "discuss",
        "discusses",
        "discussed",
        "discussing",
        "discussion",
        "discussions",
        "talk",
        "talks",
        "talked",
        "talking",
        "mention",
        "mentions",
        "mentioned",
        "conclude",
        "concluded",
        "conclusion",
        "conclusions",
        "decide",
        "decides",
        "decided",
        "decision",
        "decisions",
        "agree",
        "agreed",
        "agreement",
        "disagree",
        "disagreed",
        "suggest",
        "suggests",
        "suggested",
        "suggestion",
        "suggestions",
        "propose",
        "proposed",
        "recommend",
        "recommended",
        "describe",
        "described",
        "description",
        "explain",
        "explained",
        "elaborate",
        "elaborated",
        "introduce",
        "introduced",
        "introduction",
        "present",
        "presented",
        "presenting",
        "presentation",
        "respond",
        "responded",
        "response",
        "answer",
        "answered",
        "ask",
        "asked",
        "question",
        "questions",
        "comment",
        "comments",
        "concern",
        "concerns",
        "concerned",
        "attitude",
        "attitudes",
        "reason",
        "reasons",
        "summarize",
        "summarise",
        "summarized",
        "summary",
        "conversation",
        "conversations",
        "meeting",
        "meetings",
        "group",
        "team",
        "member",
        "members",
        "mates",
        "whole",
        "topic",
        "topics",
        "regarding",
        "according",
        "upon",
    ]
)
"""English words by which a question names the talk itself, and not the subject of it."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question's ``text`` and its telling ``words``: in the spelling of the index, each once."""

    text: str
    words: tuple[str, ...]

    @property
    def query(self) -> str:
        """Words to search for."""
        return " ".join(self.words)


def read_question(text: str) -> Question:
    """Return a question with its telling words: without function words and words about talk.

    A question that has no other words keeps all of them.

    Raises:
        RetrievalError: if it is empty or too long.
    """
    plain = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    if not plain or len(plain) > MAX_QUERY:
        raise RetrievalError(f"a question has 1 to {MAX_QUERY} characters, got {len(plain)}")
    return Question(plain, telling_words_of(plain))


def telling_words_of(text: str) -> tuple[str, ...]:
    """Return the words that tell a text's subject, in the spelling of the index, each once.

    Function words and words about talk are left out, unless there are no others.
    """
    words = list(dict.fromkeys(PLAIN_WORDS.words(asked_form(text.lower()))))
    function = detect(words).function
    content = [word for word in words if word not in function]
    telling = [word for word in content if word not in _ABOUT_TALK] or content or words
    return tuple(telling[:MOST_WORDS])
