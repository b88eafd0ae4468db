"""Retrieval: passages of the genome and of local files that answer a question, cited by turn."""

from cgp.retrieval.answering import NO_ANSWER, CitedAnswer, cited_answer, is_answerable
from cgp.retrieval.citing import Citation, citations, is_quoted
from cgp.retrieval.numbered_context import context
from cgp.retrieval.own_profile import Fact, OwnProfile, own_profile
from cgp.retrieval.passages import (
    Level,
    Passage,
    QuotedTurn,
    RetrievalError,
    merge_by_rank,
    readable,
    without_private,
)
from cgp.retrieval.retriever import EVERYBODY, Retriever, open_retriever

__all__ = [
    "EVERYBODY",
    "NO_ANSWER",
    "Citation",
    "CitedAnswer",
    "Fact",
    "Level",
    "OwnProfile",
    "Passage",
    "QuotedTurn",
    "RetrievalError",
    "Retriever",
    "citations",
    "cited_answer",
    "context",
    "is_answerable",
    "is_quoted",
    "merge_by_rank",
    "open_retriever",
    "own_profile",
    "readable",
    "without_private",
]
