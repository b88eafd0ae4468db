"""What a speaker thinks: the sentence after "I think", where it says something alone."""

from __future__ import annotations

import re

from cgp.annotators.embedded.claims.composition import compose
from cgp.annotators.embedded.claims.content import has_verb
from cgp.annotators.embedded.claims.predicate import Predicate
from cgp.annotators.embedded.claims.reading import Pattern, Reading
from cgp.annotators.embedded.claims.telling import shorten
from cgp.annotators.embedded.claims.verbs import PRESENT

_LINK_WORD = re.compile(
    r"that (?=(?:the|a|an|we|you|they|I|it|this|there|he|she|our|my|your|in|if|when)\b|[A-Z])"
)
_CONDITION = re.compile(r"(?:if|when|unless|once|although|while)\b")
_ENDS_BARE = re.compile(
    r"\b(?:it|that|this|those|these|them|so|there|here|too|one|him|her)$", re.IGNORECASE
)
_POINTING = re.compile(
    r"(?:this|that|these|those|(?:your|his|her|their) (?:points?|questions?|comments?|ideas?|suggestions?|remarks?|concerns?))\b",
    re.IGNORECASE,
)
_PERSON = re.compile(r"(?:I|you|he|she|they)\b(?:['’]\w+)?", re.IGNORECASE)
# What would have been, and the thing that would is said elsewhere: "if you had come, that would
# ...".
_OTHERWISE = re.compile(r"if\b.{3,120}\b(?:it|that|this|they) would\b", re.IGNORECASE)
_NO_OPINION = re.compile(
    r"(?:so|of|about|you know|not|is|in|as|than|because|since|to|at)\b"
    r"|(?:I|we)(?:['’]\w+)? (?:think|believe|guess|mean|know)\b"
)


def opinion_of(words: Predicate) -> str:
    """Return the sentence after "I think that"; of "I feel ..." only after "that" or "like"."""
    rest = words.rest
    if words.verb == "feel":
        link, _, rest = rest.partition(" ")
        if link not in {"that", "like"}:
            return ""
    elif link_word := _LINK_WORD.match(rest):
        rest = rest[link_word.end() :]
    return rest.lstrip(" ,")


def opinion(words: Predicate, sentence: str) -> Reading | None:
    """Return the claim that a speaker thinks ``sentence``, None where it tells nothing alone."""
    cut = shorten(sentence)
    if _OTHERWISE.match(cut) or (_CONDITION.match(cut) and ", " not in cut):
        return None  # a condition without what it conditions
    if not has_verb(cut) or _NO_OPINION.match(cut) or cut.split(" ", 1)[0] in PRESENT:
        return None
    # A noun and what is said of it tell enough ("the report is far too long").
    minimum = 1 if cut.count(" ") >= 4 and not _PERSON.match(cut) else 2
    if _ENDS_BARE.search(cut) or _POINTING.match(cut):
        minimum = 4
    return compose(Pattern.OPINION, words.third_person, cut, minimum)
