"""The addressee of a promise: "will ring you on Friday" cannot be read alone, "will ring Olga" can.

Of two who talk, each speaks to the other. Among more, "you" stays.
"""

from __future__ import annotations

import re
from dataclasses import replace

from cgp.annotators.embedded.claims.reading import Pattern, Reading
from cgp.conversation import Conversation

_PROMISES = frozenset({Pattern.WILL, Pattern.LET_ME, Pattern.OF_IT, Pattern.CAN, Pattern.PLAN})
_NAME = re.compile(r"[^\W\d_][\w .'’-]{1,59}")
"""Names that stand well in a sentence: neither handles and numbers nor whole sentences."""
_YOU = r"[Yy]ou(?![\w'’-])"
# Behind these "you" is the subject of a clause: "will make sure you get it", "will hope you come".
_CLAUSE_VERBS = r"bet|check|confirm|ensure|expect|guess|hope|know|say|see|suppose|think|trust|wish"
_OBJECT = re.compile(
    rf"(?P<before>^(?:(?:will|can)(?: (?:not|never|\w+ly))? (?!(?:{_CLAUSE_VERBS})\b)[a-z]+|is [a-z]+ing) |\b(?:to|for|with|from|at|about|by) ){_YOU}"
    r"(?! (?:(?:all|both|guys|two)\b|(?:are|were|have|had|do|did|can|could|will|would|may|might|must|should|need|want|like|said|asked)\b))"
)
_YOURS = re.compile(r"\byour(?![\w'’-])", re.IGNORECASE)
# A "you" that is left over, and what tells of the speaker: beside a name "their" would be the
# other's.
_UNCLEAR = re.compile(r"\b(?:you|they|them|their)", re.IGNORECASE)


def names_of_addressees(conversation: Conversation) -> dict[int, str]:
    """Return the name of the one whom each speaker speaks to; empty unless two people talk."""
    people = range(len(conversation.participants))
    if len(people) != 2 or set(conversation.speakers) != set(people):
        return {}
    names = {speaker: conversation.participants[1 - speaker].name.strip() for speaker in people}
    return {speaker: name for speaker, name in names.items() if _NAME.fullmatch(name)}


def with_addressee(reading: Reading, name: str) -> Reading:
    """Return a promise with the name of the one to whom it is made, where "you" is its object.

    Another claim stays as it is, and so does one in which a "you" or a "their" would be left over.
    """
    if reading.pattern not in _PROMISES:
        return reading
    value = _OBJECT.sub(lambda match: f"{match['before']}{name}", reading.value)
    value = _YOURS.sub(lambda _: f"{name}'s", value)
    return reading if _UNCLEAR.search(value) else replace(reading, value=value)
