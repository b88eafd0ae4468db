"""Forms of the words of the written lists, with the parts of speech that each may have.

A list (``word_lists/LANGUAGE.txt``) names regular verbs by their infinitives, adjectives by their
base forms, other forms of verbs, adverbs, and nouns that look like another part of speech. The
rules of inflection here make the other forms. A form that does not exist does no harm: nobody says
it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from cgp.annotators.embedded.parts_of_speech import PartOfSpeech

Forms = dict[str, frozenset[PartOfSpeech]]

_NO_GE = ("be", "ge", "er", "ver", "zer", "ent", "emp", "über", "unter", "wider")
_SEPARABLE = (
    "zusammen", "zurück", "kennen", "weiter", "ab", "an", "auf", "aus", "bei", "ein", "fest", "her",
    "hin", "los", "mit", "nach", "vor", "um", "weg", "zu",
)  # fmt: skip
_GERMAN_CASES = ("", "e", "en", "er", "es", "em")


@cache
def listed_forms(language: str) -> Forms:
    """Return every form of a language's list with the parts of speech that it may have.

    Raises:
        ValueError: if a line of the list names no known kind of words.
    """
    name = f"word_lists/{language}.txt"
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    forms: dict[str, set[PartOfSpeech]] = defaultdict(set)
    for line in text.splitlines():
        if line and not line.startswith("#"):
            kind, *words = line.split()
            if kind not in _KINDS:
                kinds = ", ".join(_KINDS)
                raise ValueError(f"{name}: a line begins with {kind}; it must be one of {kinds}")
            for word in words:
                for form, part in _forms(language, kind, word):
                    forms[form.casefold()].add(part)
    return {form: frozenset(parts) for form, parts in forms.items()}


# Kinds of words of a list; None for those that have forms of several parts of speech.
_KINDS = {
    "regular": None,
    "verbs": PartOfSpeech.VERB,
    "adjectives": PartOfSpeech.ADJECTIVE,
    "adverbs": PartOfSpeech.ADVERB,
    "nouns": PartOfSpeech.NOUN,
}


def _forms(language: str, kind: str, word: str) -> Iterator[tuple[str, PartOfSpeech]]:
    """Yield the forms of a word of a list."""
    part = _KINDS[kind]
    if part is None:
        yield from _CONJUGATIONS[language](word)
    elif part is PartOfSpeech.ADJECTIVE:
        yield from ((form, part) for form in _DECLENSIONS[language](word))
    else:
        yield word, part


def _german_verb(word: str) -> Iterator[tuple[str, PartOfSpeech]]:
    verb, adjective = PartOfSpeech.VERB, PartOfSpeech.ADJECTIVE
    prefix = next((p for p in _SEPARABLE if word.startswith(p) and len(word) > len(p) + 4), "")
    base = word.removeprefix(prefix)
    stem = base.removesuffix("en") if base.endswith("en") else base.removesuffix("n")
    link = "e" if stem[-1] in "td" else ""
    for ending in ("e", f"{link}st", f"{link}t", f"{link}te", f"{link}test", f"{link}ten", ""):
        yield stem + ending, verb
        yield prefix + stem + ending, verb
    yield base, verb
    yield word, verb
    yield f"{prefix}zu{base}", verb
    ge = "" if base.startswith(_NO_GE) or base.endswith("ieren") else "ge"
    participle = f"{prefix}{ge}{stem}{link}t"
    yield participle, verb
    for ending in _GERMAN_CASES[1:]:
        yield participle + ending, adjective
        yield f"{word}d{ending}", adjective


def _german_adjective(word: str) -> Iterator[str]:
    stem = word[:-2] + "l" if word.endswith("el") else word
    for degree in (stem, f"{word.removesuffix('e')}er", f"{word}st"):
        for ending in _GERMAN_CASES:
            yield degree.removesuffix("e") + ending
    yield word


@dataclass(frozen=True)
class _Verbs:
    """Regular verbs of a language.

    ``endings`` has, by the last letters of an infinitive, the endings that follow the stressed stem
    (and the stem), the stem alone, the infinitive, and those of the participle. A stem's last sound
    is spelled differently before e, in verbs whose infinitive ends in ``ar`` (``soft``), and before
    a and o in the others (``hard``).
    """

    endings: dict[str, tuple[str, str, str, str]]
    soft: tuple[tuple[str, str], ...] = ()
    hard: tuple[tuple[str, str], ...] = ()

    def forms(self, entry: str) -> Iterator[tuple[str, PartOfSpeech]]:
        """Yield the forms of an entry such as ``contar:cuent``, an infinitive with the stem that it
        has under stress.
        """
        word, _, stressed = entry.partition(":")
        stem = word[:-2]
        on_stressed, on_stem, on_word, participles = self.endings[word[-2:]]
        yield word, PartOfSpeech.VERB
        for base, listed in ((stressed or stem, on_stressed), (stem, f"{on_stressed} {on_stem}")):
            for ending in listed.split():
                yield self._spelling(base, ending, word) + ending, PartOfSpeech.VERB
        for ending in on_word.split():
            yield word + ending, PartOfSpeech.VERB
        for ending in participles.split():
            yield stem + ending, PartOfSpeech.ADJECTIVE
            yield stem + ending, PartOfSpeech.VERB

    def _spelling(self, base: str, ending: str, word: str) -> str:
        """Return a stem as it is written before an ending: *toc-ar*, *toqu-é*."""
        spellings: tuple[tuple[str, str], ...] = ()
        if word.endswith("ar") and ending[0] in "eéê":
            spellings = self.soft
        elif not word.endswith("ar") and ending[0] in "ao":
            spellings = self.hard
        for sound, written in spellings:
            if base.endswith(sound):
                return base.removesuffix(sound) + written
        return base


_SPANISH = _Verbs(
    {
        "ar": (
            "o as a an e es en",
            "amos áis é aste ó asteis aron aba abas ábamos aban emos ara aras áramos aran ase ando"
            " ándolo ándola ad",
            "é ás á emos án ía ías íamos ían lo la los las le les me te se nos",
            "ado ada ados adas",
        ),
        "er": (
            "o es e en a as an",
            "emos éis í iste ió imos ieron ía ías íamos ían amos iera ieras iéramos ieran iese iendo"
            " iéndolo ed",
            "é ás á emos án ía ías íamos ían lo la los las le les me te se nos",
            "ido ida idos idas",
        ),
        "ir": (
            "o es e en a as an",
            "imos ís í iste ió ieron ía ías íamos ían amos iera ieras iéramos ieran iese iendo"
            " iéndolo id",
            "é ás á emos án ía ías íamos ían lo la los las le les me te se nos",
            "ido ida idos idas",
        ),
    },
    soft=(("c", "qu"), ("g", "gu"), ("z", "c")),
    hard=(("gu", "g"), ("g", "j"), ("c", "z")),
)
_PORTUGUESE = _Verbs(
    {
        "ar": (
            "o as a am e es em",
            "amos ei aste ou ámos aram ava avas ávamos avam emos asse asses ássemos assem ando",
            "ei ás á emos ão ia ias íamos iam mos em es -se -lo -me",
            "ado ada ados adas",
        ),
        "er": (
            "o es e em a as am",
            "emos i este eu eram ia ias íamos iam amos esse esses essem endo",
            "ei ás á emos ão ia ias íamos iam mos em es -se -lo -me",
            "ido ida idos idas",
        ),
        "ir": (
            "o es e em a as am",
            "imos i iste iu iram ia ias íamos iam amos isse isses issem indo",
            "ei ás á emos ão ia ias íamos iam mos em es -se -lo -me",
            "ido ida idos idas",
        ),
        "or": ("", "", "", ""),  # *propor*: few verbs, whose forms are listed
    },
    soft=(("c", "qu"), ("g", "gu"), ("ç", "c")),
    hard=(("gu", "g"), ("g", "j"), ("c", "ç")),
)
_FRENCH = _Verbs(
    {
        "er": (
            "e es ent erai eras era erons erez eront erais erait eriez eraient",
            "ons ez ais ait ions iez aient ai a èrent ant er",
            "",
            "é ée és ées",
        ),
        "ir": (
            "is it issons issez issent issais issait issaient isse irai iras ira irons irez iront irais"
            " irait iraient",
            "issant ir",
            "",
            "i ie is ies",
        ),
        "re": (
            "s d ons ez ent ais ait ions iez aient rai ras ra rons rez ront rais rait raient e es",
            "ant re",
            "",
            "u ue us ues",
        ),
    },
    hard=(("g", "ge"), ("c", "ç")),
)


def _italian_verb(entry: str) -> Iterator[tuple[str, PartOfSpeech]]:
    word, vowel = entry, entry[-3]
    if vowel == "r":  # *produrre*: few verbs, whose forms are listed
        yield word, PartOfSpeech.VERB
        return
    stem = word[:-3]
    present = {
        "a": "o i a iamo ate ano ino",
        "e": "o i e iamo ete ono a ano",
        "i": "o i e iamo ite ono a ano isco isci isce iscono isca",
    }
    past = {"a": "ai asti ò ammo arono", "e": "ei etti é ette erono", "i": "ii isti ì immo irono"}
    future = stem + ("e" if vowel == "a" else vowel)
    yield word, PartOfSpeech.VERB
    for ending in f"{present[vowel]} {past[vowel]}".split():
        base = stem
        if vowel == "a" and ending[0] in "ie":
            base = stem + "h" if stem[-1] in "cg" else stem.removesuffix("i")
        yield base + ending, PartOfSpeech.VERB
    for ending in ("vo", "vi", "va", "vamo", "vate", "vano", "sse", "ssi", "ssero"):
        yield stem + vowel + ending, PartOfSpeech.VERB
    for ending in ("rò", "rai", "rà", "remo", "rete", "ranno", "rei", "rebbe", "remmo", "rebbero"):
        yield future + ending, PartOfSpeech.VERB
    for ending in ("lo", "la", "li", "le", "mi", "ti", "si", "ci", "ne"):
        yield word[:-1] + ending, PartOfSpeech.VERB
    yield stem + ("ando" if vowel == "a" else "endo"), PartOfSpeech.VERB
    for ending in "oaie":
        participle = stem + {"a": "at", "e": "ut", "i": "it"}[vowel] + ending
        yield participle, PartOfSpeech.VERB
        yield participle, PartOfSpeech.ADJECTIVE


def _of_gender(word: str) -> Iterator[str]:
    """Yield the genders and numbers of a Spanish or Portuguese adjective."""
    yield word
    if word.endswith("o"):
        for ending in ("a", "os", "as"):
            yield word[:-1] + ending
    elif word.endswith(("e", "a")):
        yield f"{word}s"
    elif word.endswith("m"):
        yield f"{word[:-1]}ns"
    elif word.endswith("z"):
        yield f"{word[:-1]}ces"
        yield f"{word}es"
    else:
        plain = word.replace("és", "es").replace("ês", "es").replace("án", "an")
        for ending in ("es", "a", "as", "os"):
            yield plain + ending
    if word.endswith("l"):
        yield f"{word[:-1]}is"
        yield f"{word[:-2]}eis"


def _french_adjective(word: str) -> Iterator[str]:
    feminine = f"{word.removesuffix('e')}e"
    for ending, other in (
        ("eux", "euse"), ("f", "ve"), ("el", "elle"), ("en", "enne"), ("on", "onne"), ("as", "asse"),
        ("er", "ère"), ("et", "ète"), ("os", "osse"), ("eur", "euse"), ("eau", "elle"),
        ("anc", "anche"), ("ic", "ique"), ("ng", "ngue"), ("teur", "trice"),
    ):  # fmt: skip
        if word.endswith(ending):
            feminine = word.removesuffix(ending) + other
    yield word
    yield feminine
    yield f"{feminine}s"
    yield f"{word}s"
    if word.endswith("al"):
        yield f"{word[:-1]}ux"


def _italian_adjective(word: str) -> Iterator[str]:
    yield word
    if word.endswith("o"):
        stem = word[:-1]
        hard = f"{stem}h" if stem[-1] in "cg" else stem
        yield from (f"{stem}a", f"{hard}i", f"{hard}e", f"{stem}i", stem)
    elif word.endswith("e"):
        yield f"{word[:-1]}i"


_CONJUGATIONS: dict[str, Callable[[str], Iterator[tuple[str, PartOfSpeech]]]] = {
    "de": _german_verb,
    "es": _SPANISH.forms,
    "fr": _FRENCH.forms,
    "pt": _PORTUGUESE.forms,
    "it": _italian_verb,
}
_DECLENSIONS: dict[str, Callable[[str], Iterator[str]]] = {
    "de": _german_adjective,
    "es": _of_gender,
    "fr": _french_adjective,
    "pt": _of_gender,
    "it": _italian_adjective,
}
