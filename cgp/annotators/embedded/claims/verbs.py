"""English verbs: how they are told of somebody else, and which of them tell something.

``I own a boat`` becomes ``owns a boat``. Only verbs of these lists are read: after "I" in a
transcript stands many a word that is none.
"""

from __future__ import annotations

from cgp.annotators.embedded.claims.lexicon import word_list

PRESENT = word_list("present")
PAST = word_list("past")
# Verbs in -ed that are not past tense.
_NO_PAST = word_list("no_past")
_IRREGULAR = {"have": "has", "do": "does", "go": "goes", "am": "is", "'m": "is", "be": "is"}

# What one does to words, not to the world: a claim from them would only say that somebody spoke.
EMPTY = word_list("empty")
# Verbs that commit nobody to anything: "I'll say", "I'll be brief", "let me think".
NO_COMMITMENT = word_list("no_commitment")
# Verbs whose sense is a claim's all the same where something telling follows.
TELLING = word_list("telling")


def is_past(verb: str) -> bool:
    """Tell whether a lower-case word is a past tense that is read."""
    return verb in PAST or (len(verb) > 3 and verb.endswith("ed") and verb not in _NO_PAST)


def third_person(verb: str) -> str:
    """Return a verb in the third person, as in "he studies"; a past form stays as it is.

    >>> third_person("study"), third_person("bought"), third_person("have")
    ('studies', 'bought', 'has')
    """
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if is_past(verb):
        return verb
    if verb.endswith(("s", "sh", "ch", "x", "z", "o")):
        return verb + "es"
    if verb.endswith("y") and verb[-2:-1] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + "s"
