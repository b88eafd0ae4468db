"""The stem under which the inflections of a word are counted as one.

Light stemming: it only has to bring the forms of a word together within one conversation, so a few
rules do, and an over-eager rule would merge different words.
"""

from __future__ import annotations

import re
from functools import lru_cache

_KEPT_WORDS = (
    "news bus gas lens yes this his its was has does always perhaps plus thus chess class glass "
    "business ness less economics physics mathematics politics sports series species means "
    "during something anything nothing everything king ring thing spring string bring sing wing "
    "evening morning wedding building ceiling pudding bed red need feed seed speed breed hundred "
    "sacred naked wicked"
)
_WHOLE = frozenset(_KEPT_WORDS.split())
_VOWEL = re.compile("[aeiouy]")
# One vowel between consonants (bak-e), or an ending that no English verb has.
_LOST_E = re.compile(r"^[^aeiouy]*[aeiouy][^aeiouywx]$|(?:at|bl|iz|ag|dg|rg|[vcu])$")
# Endings of number, gender and case that many inflecting languages share; only from long words.
_ENDINGS = (
    "s es os as en er ene erne arna erna aux eaux "
    "а я у ю ы и е о ой ей ом ем ам ям ах ях ов ев ами ями ого его ому ему ые ие ых их ая яя "
    "і ї є ів їв "
    "ą ę y i e a u ów ami ach om em "
    "lar ler ları leri ların lerin nın nin da de dan den ya ye yı yi"
)
_SHARED_ENDINGS = tuple(sorted(_ENDINGS.split(), key=lambda ending: (-len(ending), ending)))


@lru_cache(maxsize=65_536)
def stem(word: str, *, english: bool) -> str:
    """Return the stem of a case-folded word; equal for its common inflections."""
    if not word.isalpha():
        return word.removesuffix("'s")
    return _english(word) if english else _general(word)


def _english(word: str) -> str:
    """Follow the first steps of Porter's stemmer (1980): plurals, ``-ing`` and ``-ed``, final y."""
    if len(word) < 4 or word in _WHOLE:
        return word
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = _singular(word)
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and word not in _WHOLE and len(base) >= 3 and _VOWEL.search(base):
            return _restore(base)
    return word[:-1] + "i" if word.endswith("y") and word[-2] not in "aeiou" else word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")) and not word.endswith("aches"):
        return word[:-2]
    if word.endswith("uses") and not word.endswith(("ouses", "auses")):
        return word[:-2]
    return word[:-1]


def _restore(base: str) -> str:
    """Return the verb whose ``-ing`` or ``-ed`` was cut off: ``plann`` plan, ``bak`` bake."""
    if base[-1] == base[-2] and base[-1] not in "lsz":
        return base[:-1]
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "i"
    return base + "e" if _LOST_E.search(base) else base


def _general(word: str) -> str:
    for ending in _SHARED_ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
