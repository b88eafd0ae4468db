"""A claim from its parts: the predicate about the speaker, and the speaker's own words that follow.

Every rule composes its claim here, so that every claim is told in the third person, short enough,
and neither broken off nor empty.
"""

from __future__ import annotations

import re

from cgp.annotators.embedded.claims.content import has_verb, is_broken, is_restarted, tells
from cgp.annotators.embedded.claims.reading import Pattern, Reading
from cgp.annotators.embedded.claims.telling import COURTESY, lower_first, retell, shorten
from cgp.annotators.embedded.claims.verbs import PRESENT, third_person

MOST_CHARACTERS = 220
"""Characters of a claim: a sentence, not a speech."""

_POINTING = re.compile(r"(?:this|that|these|those)\b", re.IGNORECASE)
# An object that stands elsewhere: "uses that too", "bought it in May".
_SAID_BEFORE = re.compile(
    r"(?:it|them|him|her|that|this|those|these)(?= (?:too|to|for|in|on|at|with|by|from|as|and|or|but|so|now|again|up|out)\b|$)",
    re.IGNORECASE,
)
# To whom something is given stands before what is given: "send him the list".
_INDIRECT = re.compile(
    r"(?:him|her|them|us|you|me) (?=(?:the|an?|my|our|your|his|some|another|two|three|four|five|all|\d+|\w{3,}s)\b)"
)
_THAT_CLAUSE = re.compile(
    r"(?:\w+ )?(?:sure )?that (?=(?:the|those|these|our|all|every|we|they)\b)(?P<rest>.+)"
)
_NEW_SUBJECT = re.compile(r"(?:they|we|I|he|she)\b")
_WITH_CLAUSE = {Pattern.OPINION, Pattern.DECIDED, Pattern.WONDERED}
_OF_NOW = {Pattern.PRESENT, Pattern.WISH, Pattern.POSSESSION, Pattern.PREFERENCE}
_SECOND_VERB = re.compile(
    r"(?<= and )(?:want|need|have|am|was|like|love|live|work|prefer)(?= (?:to|a|an|the|some|my|in|for)\b)"
)


def compose(pattern: Pattern, head: str, rest: str, minimum: int) -> Reading | None:
    """Return the claim ``head rest``, None where ``rest`` does not tell enough alone.

    ``head`` is in the third person ("will send"), ``rest`` in the speaker's words ("you my
    report"); ``minimum`` is how many words of content it needs (see ``content.tells``).
    """
    rest = COURTESY.sub("", shorten(rest)).rstrip(" ,")
    if not rest or (pattern not in _WITH_CLAUSE and _NEW_SUBJECT.match(rest)):
        return None
    if (clause := _THAT_CLAUSE.match(rest)) and _lacks_verb(clause["rest"]):
        return None  # "ensure that those processes": broken off
    object_ = _INDIRECT.sub("", rest, count=1) if _INDIRECT.match(rest) else rest
    if _SAID_BEFORE.match(object_):
        minimum = max(minimum, 4)
    elif _POINTING.match(object_):
        minimum += 1
    if not tells(object_, minimum):
        return None
    if pattern in _OF_NOW and " to " not in head:
        # "is writing a book and want ..." needs its second verb in the third person, too.
        rest = _SECOND_VERB.sub(lambda match: third_person(match.group()), rest)
    return sound(pattern, f"{head} {retell(rest)}")


def _lacks_verb(clause: str) -> bool:
    return not has_verb(clause) and PRESENT.isdisjoint(clause.casefold().split())


def compose_statement(pattern: Pattern, clause: str) -> Reading | None:
    """Return the claim that the speaker says ``clause``."""
    return sound(pattern, f"says {retell(lower_first(clause))}")


def sound(pattern: Pattern, value: str) -> Reading | None:
    """Return a claim, None where its words are broken, begun anew or too many."""
    if len(value) > MOST_CHARACTERS or is_broken(value) or is_restarted(value):
        return None
    return Reading(pattern, value)
