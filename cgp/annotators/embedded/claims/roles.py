"""Roles that speakers name as their own.

A name that is an office ("Doctor") makes no claim: readers noted 3 of 98 such claims, since they
only repeat the speaker's form of address.
"""

from __future__ import annotations

import re

from cgp.annotators.embedded.claims.composition import sound
from cgp.annotators.embedded.claims.lexicon import word_list
from cgp.annotators.embedded.claims.reading import Pattern, Reading
from cgp.annotators.embedded.claims.telling import retell

# A role is believed only when its noun names people by what they do.
_AGENT_ENDINGS = word_list("agent_endings")
_AGENT_WORDS = word_list("agent_words")
_NO_AGENTS = word_list("no_agents")
_AS_A = re.compile(
    r"(?:speaking )?as (?P<role>(?:an?|the|your|one of the) [^,]{3,60}), (?=I\b|I['’]|we\b|my\b)",
    re.IGNORECASE,
)
_STOP = re.compile(
    r",| (?:who|which|that|and|but|so|because|when|where|if|since|now|here|right now|today|myself|too|as well)\b| -|\("
)


def role_claim(verb: str, noun_phrase: str) -> Reading | None:
    """Return the role in ``is a`` + ``nurse at the clinic``, when its noun names people."""
    head = verb.rsplit(" ", 1)[0]  # "is a" without the article, which the phrase begins with
    stop = _STOP.search(noun_phrase)
    phrase = noun_phrase[: stop.start()] if stop else noun_phrase
    noun = re.split(
        r" (?:of|at|in|for|from|with|on|to|by|working|living|studying)\b", phrase, maxsplit=1
    )[0]
    words = noun.split()
    if not 2 <= len(words) <= 6 or len(phrase.split()) > 14 or not names_people(words[-1]):
        return None
    return sound(Pattern.ROLE, f"{head} {retell(phrase)}")


def as_role(clause: str) -> Reading | None:
    """Return the role in "as the designer, I ..."."""
    match = _AS_A.match(clause)
    if match is None:
        return None
    noun = re.split(r" (?:of|at|in|for|from|with)\b", match["role"], maxsplit=1)[0]
    if not names_people(noun.split()[-1]):
        return None
    return sound(Pattern.ROLE, f"speaks as {retell(match['role'])}")


def names_people(word: str) -> bool:
    """Tell if a noun names people by their occupation or nature."""
    noun = word.casefold().strip(".,'’")
    if noun in _AGENT_WORDS:
        return True
    return len(noun) >= 3 and noun not in _NO_AGENTS and noun.endswith(tuple(_AGENT_ENDINGS))
