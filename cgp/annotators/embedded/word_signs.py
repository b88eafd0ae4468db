"""Signs that a word is not a noun, for languages without a tagger, and the parting of joined words.

A sign is the word before it or its own ending, where these are nearly always right: after French
*nous*, *qui* or *ne* stands a verb. In French they tell of words that its written list does not
name (``listed_parts``). Turkish gained by signs, Japanese did not (``docs/tag-model.md``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cgp.annotators.embedded.words import Run

# Characters of a word's end that a pattern looks at: its time grows with their square.
LONGEST_ENDING = 40
_ELIDING = frozenset({"fr", "it"})
_ELISION = re.compile(
    r"(?P<article>(?:l|d|j|m|t|s|n|c|qu|jusqu|lorsqu|puisqu|all|dall|dell|nell|sull|coll|un|quell|quest|bell)['’])(?=\w)",
    re.IGNORECASE,
)
# The ending of a Turkish name stands behind an apostrophe: *Ankara'da*.
_SUFFIXED_NAME = re.compile(r"\b(\w{2,})['’]\w+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Signs:
    """Signs of one language.

    A word in small letters is not a noun behind one of ``before``, nor with an ending of
    ``endings`` (but *le clocher* is one: behind one of ``determiners``), nor behind one of
    ``prepositions`` with an ending of ``infinitives``. ``adverbs`` may open a sentence with a
    capital letter.
    ``nouns`` only look like verbs.
    """

    endings: re.Pattern[str]
    before: frozenset[str] = _NONE
    determiners: frozenset[str] = _NONE
    prepositions: frozenset[str] = _NONE
    infinitives: tuple[str, ...] = ()
    adverbs: tuple[str, ...] = ()
    nouns: frozenset[str] = _NONE

    def tell(self, token: str, word: str, before: str) -> bool:
        """Tell whether a word is not a noun behind ``before``; ``token`` is it as written."""
        if not (token[0].islower() or word.endswith(self.adverbs)) or word in self.nouns:
            return False
        if before in self.before:
            return True
        if (
            before not in self.determiners
            and self.endings.fullmatch(word[-LONGEST_ENDING:]) is not None
        ):
            return True
        return before in self.prepositions and word.endswith(self.infinitives)


_SIGNS = {
    "fr": Signs(
        re.compile(
            r"\w{3,}(?:aient|[^i]er|ndre|ettre|aître|duire|crire|truire|ez|amment|emment|ivement|uellement|iellement"
            r"|nellement|iquement|alement|ablement|iblement|ièmement|eusement)"
        ),
        before=_words(
            "je tu il on nous vous ils elles qui que qu' j' ne n' se s' me m' te t' y a ai as ont avons avez avait"
            " avaient avais aurait aurais auriez auraient aura auront peut peuvent peux doit doivent dois veut veulent"
            " veux faut va vas vont vais pouvez pouvons devez devons voulez voulons ayant"
        ),
        determiners=_words(
            "le la les l' un une des du au aux ce cet cette ces mon ma mes son sa ses notre nos votre vos leur leurs"
        ),
        prepositions=_words("de d' à pour sans"),
        infinitives=("ir", "ier"),
        adverbs=("ement", "mment"),
        nouns=_words(
            "danger étranger boulanger conseiller hiver cancer loyer foyer berger verger leader trader manager hamburger"
            " computer gendre cendre avenir loisir plaisir désir souvenir métier papier dossier quartier chantier ouvrier"
            " calendrier courrier cahier héritier policier poker laser master assez chez nez rez janvier février"
        ),
    ),
    # The future of long words only: *gelecek* and *yiyecek* are nouns.
    "tr": Signs(
        re.compile(
            r"\w+(?:[ıiuü]yor(?:um|sun|uz|sunuz|lar)?|m[ıiuü]şt[ıiuü]r)|\w{4,}[ae]c[ae][kğ]\w*"
        )
    ),
}  # fmt: skip


def parted(runs: Sequence[Run], languages: Sequence[str]) -> list[Run]:
    """Return runs with articles apart from their nouns (*l'hôpital*), in French and Italian, and
    with Turkish names without their endings (*Ankara'da*).
    """
    if languages[0] == "tr":
        return [[_SUFFIXED_NAME.sub(r"\1", word) for word in run] for run in runs]
    if _ELIDING.isdisjoint(languages):
        return list(runs)
    return [[part for word in run for part in _parts(word)] for run in runs]


def _parts(word: str) -> list[str]:
    parts: list[str] = []
    start = 0
    while match := _ELISION.match(word, start):
        parts.append(match["article"].replace("’", "'"))
        start = match.end()
    return [*parts, word[start:]]


def no_nouns(run: Run, folds: Run, language: str) -> list[bool]:
    """Tell of each word of a run whether a sign says that it is not a noun; ``folds`` is the run
    case-folded.
    """
    signs = _SIGNS.get(language)
    if signs is None:
        return [False] * len(run)
    before = ["", *folds[:-1]]
    return [
        signs.tell(token, word, last) for token, word, last in zip(run, folds, before, strict=True)
    ]
