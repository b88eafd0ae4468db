"""The predicate of a clause whose subject is "I": auxiliary, negation, adverb, verb
and the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from cgp.annotators.embedded.claims.lexicon import word_list
from cgp.annotators.embedded.claims.verbs import PRESENT, is_past, third_person

_SUBJECTS = frozenset({"i", "i'm", "i've", "i'll", "i'd"})
_AUXILIARIES = {
    "i'm": ("am", False),
    "i've": ("have", False),
    "i'll": ("will", False),
    "i'd": ("would", False),
    "am": ("am", False),
    "was": ("was", False),
    "wasn't": ("was", True),
    "have": ("have", False),
    "haven't": ("have", True),
    "had": ("had", False),
    "will": ("will", False),
    "won't": ("will", True),
    "shall": ("will", False),
    "would": ("would", False),
    "wouldn't": ("would", True),
    "can't": ("can", True),
    "cannot": ("can", True),
    "can": ("can", False),
    "couldn't": ("could", True),
    "don't": ("do", True),
    "didn't": ("did", True),
    "do": ("do", False),
    "did": ("did", False),
}
_ADVERBS = word_list("adverbs")
# Adverbs without which the claim would be another.
_KEPT_ADVERBS = word_list("kept_adverbs")
_AFTER_HAVE = word_list("after_have")
_TWO_SENSES = frozenset({"have", "had", "do", "did"})  # auxiliaries that are verbs, too


@dataclass(frozen=True, slots=True)
class Predicate:
    """Predicate of the subject "I".

    ``auxiliary`` is ``am``, ``was``, ``have``, ``had``, ``will``, ``would``, ``can``, ``could``,
    ``do``, ``did`` or empty; ``verb`` is in small letters; ``adverbs`` hold "not" in its place.
    """

    auxiliary: str
    negative: bool
    adverbs: tuple[str, ...]
    verb: str
    rest: str

    @property
    def first(self) -> str:
        """The first word after the verb, in small letters."""
        return self.rest.split(" ", 1)[0].casefold()

    @property
    def third_person(self) -> str:
        """The verb in the third person, with its adverb and negation."""
        if not self.auxiliary or (self.auxiliary == "do" and not self.negative):
            return " ".join((*self.adverbs, third_person(self.verb)))
        if self.auxiliary == "can" and "not" in self.adverbs:
            return " ".join(
                ("cannot", *(word for word in self.adverbs if word != "not"), self.verb)
            )
        helping = {"am": "is", "have": "has", "had": "had", "do": "does"}
        return " ".join((helping.get(self.auxiliary, self.auxiliary), *self.adverbs, self.verb))


def predicate(clause: str) -> Predicate | None:
    """Return the predicate of a clause with the subject "I"; None where there is no verb."""
    words = clause.replace("’", "'").split()
    if words[0].casefold() not in _SUBJECTS:
        return None
    auxiliary, adverbs = "", []
    for place, token in enumerate(words):
        word = token.casefold()
        following = words[place + 1].casefold() if place + 1 < len(words) else ""
        if word == "not" and auxiliary:
            adverbs.append("not")
        elif not auxiliary and word in _AUXILIARIES and _helps(word, following):
            auxiliary, is_negative = _AUXILIARIES[word]
            adverbs += ["not"] if is_negative else []
        elif word in _KEPT_ADVERBS:
            adverbs.append(word)
        elif word not in _ADVERBS and word != "i":
            verb = word.rstrip(",")
            rest = " ".join(words[place + 1 :])
            is_negative = "not" in adverbs or "never" in adverbs
            is_verb = verb and verb[-1] not in ";:" and (auxiliary, verb) != ("would", "better")
            return (
                Predicate(auxiliary, is_negative, tuple(adverbs), verb, rest) if is_verb else None
            )
    return None


def _helps(word: str, following: str) -> bool:
    """Tell whether an auxiliary helps another verb here: "have" and "do" may stand alone."""
    if word not in _TWO_SENSES:
        return True
    if word in {"do", "did"}:
        return following in PRESENT or following == "not"
    return is_past(following) or following in _AFTER_HAVE
