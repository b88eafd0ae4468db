"""The speaker's words told of the speaker: persons shifted, a clause cut to a readable length."""

from __future__ import annotations

import re

from cgp.annotators.embedded.claims.lexicon import word_list

MOST_WORDS = 34
"""Words of a claim's clause: a long sentence is cut at a clause of its own, or not told."""

_SHIFTS = {
    "i": "they",
    "i'm": "they are",
    "i've": "they have",
    "i'd": "they would",
    "i'll": "they will",
    "me": "them",
    "my": "their",
    "mine": "theirs",
    "myself": "themselves",
}
_FIRST_PERSON = re.compile(
    r"(?<![\w'-])(?:I['’](?:m|ve|d|ll)|[Ii](?!\.e)|[Mm]e|[Mm]y|[Mm]ine|[Mm]yself)(?![\w'’-])"
)
_WAS = re.compile(r"\bthey (am|was|wasn't)\b")
_AGREEING = {"am": "are", "was": "were", "wasn't": "weren't"}
_SUBORDINATE = re.compile(
    r",? (?:because|cause|'cause|since|although|though|whereas|which|who|except|unless)\b|, (?:as|so|but|and|or|where|when"
    r"|while|if|then|not|with|like|especially|including|rather)\b| (?:so that|but|so) (?=\w+)|; |: | -+ |—| – "
)
COURTESY = re.compile(
    r",? (?:please|thanks|thank you|ok|okay|right|too|as well|though|by the way|btw|for example|you know)(?:, [A-Z]\w+)?$|, (?:yes|yeah|no)$",
    re.IGNORECASE,
)
# What is said only for courtesy's sake at the end of a clause.
_LEAST_CUT = 8  # words of a clause that a comma may end
_DASH = re.compile(r"\s*(?:—|--|\s[-–]\s)\s*")
_LOWER_WORDS = word_list("lowered")


def retell(words: str) -> str:
    """Return words in the first person as said of somebody else: ``my dog`` is ``their dog``."""
    sentence = _FIRST_PERSON.sub(_shift, words)
    return _WAS.sub(lambda match: f"they {_AGREEING[match.group(1)]}", sentence)


def _shift(match: re.Match[str]) -> str:
    return _SHIFTS[match.group().lower().replace("’", "'")]


def lower_first(words: str) -> str:
    """Return a sentence's words as they stand within another: a function word in small letters."""
    first, _, rest = words.partition(" ")
    if first.lower().split("'")[0] in _LOWER_WORDS:
        return f"{first.lower()} {rest}" if rest else first.lower()
    return words


def shorten(words: str) -> str:
    """Return ``words``, up to a subordinate clause where there are too many; empty if still too
    many.
    """
    before, *after = _DASH.split(words)
    if len(after) > 1:
        return ""  # an insertion between two dashes: the clause goes on behind it
    words = before
    if words.count(" ") < MOST_WORDS:
        return words
    best = ""
    for match in _SUBORDINATE.finditer(words):
        head = words[: match.start()]
        if head.count(" ") >= MOST_WORDS:
            break
        if head.count(" ") >= 3:
            best = head
    if not best:
        # A comma before the limit: an enumeration cut short still says what was said.
        head = " ".join(words.split()[:MOST_WORDS]).rpartition(",")[0]
        best = head if head.count(" ") >= _LEAST_CUT else ""
    return best
