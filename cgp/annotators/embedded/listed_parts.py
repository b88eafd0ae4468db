"""Parts of speech of words in languages with a written list of them (``word_lists``).

The list says what a word may be; what stands beside it decides among several. A word that the list
does not name is a noun, unless its ending is one of verbs or adverbs; in German, where its writer
uses capital letters, it is one only with a capital letter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cgp.annotators.embedded.parts_of_speech import PartOfSpeech
from cgp.annotators.embedded.word_forms import listed_forms
from cgp.annotators.embedded.word_signs import LONGEST_ENDING, no_nouns
from cgp.annotators.embedded.words import Run

_NOUN, _VERB = PartOfSpeech.NOUN, PartOfSpeech.VERB
_ADJECTIVE, _ADVERB = PartOfSpeech.ADJECTIVE, PartOfSpeech.ADVERB
# A writer of German with a smaller share of capital letters does not write nouns with them.
_CAPITALS = 0.05
# A name may end like a gerund or an infinitive: *Fernando*, *Javier*.
_ENDINGS_OF_NAMES = ("ndo", "r", "re")
_NEVER = re.compile(r"(?!)")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True)
class _Rules:
    """Words of a language that tell what follows: behind one of ``determiners`` or ``prepositions``
    stands no finite verb, behind one of ``subjects`` a verb, behind one of ``auxiliaries`` a
    participle. Long words with an ending of ``endings`` are no nouns unless the list says so.
    """

    determiners: frozenset[str]
    prepositions: frozenset[str]
    subjects: frozenset[str]
    auxiliaries: frozenset[str]
    endings: re.Pattern[str] = _NEVER


_RULES = {
    "de": _Rules(
        _words(
            "der die das den dem des ein eine einen einem einer eines mein meine meinen meinem meiner dein deine"
            " sein seine seinen seiner ihr ihre ihren ihrer unser unsere unseren eure euer kein keine keinen keiner"
            " diese dieser diesen diesem dieses jede jeder jeden jedem jedes im am zum zur beim vom ins ans"
        ),
        frozenset(),
        _words("ich du er es wir ihr man wer"),
        _words("habe hab hast hat haben habt hatte hatten wird werden wurde wurden ist sind war waren"),
    ),
    "fr": _Rules(
        _words(
            "le la les l' un une des du au aux ce cet cette ces mon ma mes ton ta tes son sa ses notre nos votre vos"
            " leur leurs quel quelle quels quelles chaque plusieurs quelques deux trois quatre cinq"
        ),
        _words("de d' en"),
        _words("je j' tu il elle on nous vous ils elles qui ne n' se s' me m' te t' y que qu' ça cela"),
        _words("ai as a avons avez ont avais avait avaient aurait être est sont suis es était étaient sera été"),
    ),
    "es": _Rules(
        _words(
            "el la los las un una unos unas del al mi mis tu tus su sus nuestro nuestra nuestros nuestras este esta"
            " estos estas ese esa esos esas aquel aquella cada otro otra otros otras mucho mucha muchos muchas"
            " tanto tanta qué ningún ninguna algún alguna dos tres cuatro"
        ),
        _words("de con sin por en"),
        _words("yo tú él ella nosotros ellos ellas usted ustedes no se me te le les nos lo que quien ya"),
        _words("he has ha hemos han había habían habías haya hayan habría habrá haber"),
        re.compile(
            r"\w{2,}(?:mente|[ai]ndo|[áé]ndo\w+|aron|[ij]eron|aban|ábamos|íamos|aría[ns]?|[aei]r(?:l[aeo]s?|se|me|te|nos)?)"
        ),
    ),
    "pt": _Rules(
        _words(
            "o a os as um uma uns umas do da dos das no na nos nas ao à aos às pelo pela meu minha meus minhas teu tua"
            " seu sua seus suas nosso nossa este esta estes estas esse essa esses essas aquele aquela cada outro outra"
            " muito muita muitos muitas tanto tanta algum alguma nenhum nenhuma dois duas três"
        ),
        _words("de com sem por em"),
        _words("eu tu ele ela nós eles elas você vocês não se me te lhe nos que quem já só"),
        _words("tenho tens tem temos têm tinha tinham foi foram ser sido está estou estava"),
        re.compile(r"\w{2,}(?:mente|[aei]ndo|[aei]ram|avam|ávamos|íamos|[ae]ria[ms]|[aei]r|-(?:se|me|lhe|lo|la|os|as))"),
    ),
    "it": _Rules(
        _words(
            "il lo la i gli le l' un uno una un' del dello della dei degli delle dell' al allo alla ai agli alle all'"
            " dal dalla dai dalle nel nella nei nelle sul sulla sui sulle mio mia miei mie tuo tua suo sua suoi sue"
            " nostro nostra vostro vostra questo questa questi queste quel quella quelli quelle ogni qualche"
        ),
        _words("di d' con"),
        _words("io tu lui lei noi voi loro non si mi ti ci vi ne che chi c' già"),
        _words("ho hai ha abbiamo avete hanno avevo aveva avevano avrebbe è sono stato stata essere"),
        re.compile(r"\w{2,}(?:mente|[ae]ndo|[aei]vano|[ai]rono|[ai]re|[^i]ere|[aei]r(?:l[aeio]|si|mi|ti|ci))"),
    ),
}  # fmt: skip
# Determiners that are pronouns before a verb as well: *la quita*, *leur donne*.
_PRONOUNS = _words("la los las lo le les o a os as nos l' leur gli i en der die das den dem ihr")


def has_list(language: str) -> bool:
    """Tell whether a language has a written list of words."""
    return language in _RULES


def writers_of_capitals(turns: Iterable[tuple[int, Sequence[Run]]]) -> frozenset[int]:
    """Return the speakers whose runs have capital letters behind their first word, as German nouns
    do. ``turns`` are pairs of a speaker and the runs of a turn.
    """
    words: Counter[int] = Counter()
    capitals: Counter[int] = Counter()
    for speaker, runs in turns:
        for run in runs:
            words[speaker] += len(run) - 1
            capitals[speaker] += sum(word[:1].isupper() for word in run[1:])
    return frozenset(
        speaker for speaker, count in words.items() if capitals[speaker] >= _CAPITALS * count
    )


def parts_by_list(
    run: Run, language: str, stops: frozenset[str], *, has_capitals: bool
) -> list[PartOfSpeech]:
    """Return the part of speech of each word of a run: noun, adjective, verb or adverb.

    ``stops`` are words that no noun phrase ends with. ``has_capitals`` says that the writer uses
    capital letters: in German, nouns have one.
    """
    folds = [word.casefold() for word in run]
    forms, rules = listed_forms(language), _RULES[language]
    signs = no_nouns(run, folds, language)
    parts: list[PartOfSpeech] = []
    for place, fold in enumerate(folds):
        word, may_be = run[place], forms.get(fold)
        if language == "de" and has_capitals:
            may_be = _of_german(run, place, may_be)
        if may_be is None:
            ends = rules.endings.fullmatch(fold[-LONGEST_ENDING:]) and (
                word[0].islower() or (place == 0 and not fold.endswith(_ENDINGS_OF_NAMES))
            )
            may_be = frozenset({_VERB if signs[place] or ends else _NOUN})
        after = folds[place + 1] if place + 1 < len(folds) else ""
        here = _Place(
            before=folds[place - 1] if place else "",
            previous=tuple(parts[-2:]),
            leads=bool(after) and after not in stops and _NOUN in forms.get(after, {_NOUN}),
        )
        is_small = language == "de" and has_capitals and word[0].islower()
        parts.append(_small_choice(may_be, here) if is_small else _choice(may_be, here, rules))
    return parts


def _of_german(
    run: Sequence[str], place: int, may_be: frozenset[PartOfSpeech] | None
) -> frozenset[PartOfSpeech] | None:
    """Return the parts of speech of a German word by its capital letter, or the lack of one."""
    word = run[place]
    if word[0].islower():
        if may_be is not None and may_be != {_NOUN}:
            return may_be - {_NOUN}
        leads = place + 1 < len(run) and run[place + 1][0].isupper()
        inflected = leads and word.endswith(("e", "en", "er", "es", "em"))
        return frozenset({_ADJECTIVE if inflected else _ADVERB})
    return frozenset({_NOUN}) if place and not word.isupper() else may_be


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a word stands: the word before it, the parts of speech of the two before it, and
    whether a noun may follow.
    """

    before: str
    previous: tuple[PartOfSpeech, ...]
    leads: bool


def _small_choice(may_be: frozenset[PartOfSpeech], here: _Place) -> PartOfSpeech:
    """Return the part of speech of a German word in small letters, a noun excepted."""
    if _ADJECTIVE in may_be and (here.leads or len(may_be) == 1):
        return _ADJECTIVE
    return min(may_be - {_ADJECTIVE})


def _choice(may_be: frozenset[PartOfSpeech], here: _Place, rules: _Rules) -> PartOfSpeech:
    """Return the part of speech of a word, of all that it may have."""
    determined, behind_noun = here.before in rules.determiners, here.previous[-1:] == (_NOUN,)
    if may_be == {_ADJECTIVE}:
        # *le nucléaire*, *los militares*
        return _NOUN if determined and not here.leads else _ADJECTIVE
    if _VERB in may_be:
        return _verb_or_not(may_be, here, rules)
    if len(may_be) == 1:
        return next(iter(may_be))
    determined = determined or here.before in rules.prepositions
    if _NOUN in may_be:
        is_adjective = (behind_noun or here.leads) and not (determined and not here.leads)
        return _ADJECTIVE if _ADJECTIVE in may_be and is_adjective else _NOUN
    return _ADJECTIVE if behind_noun or (determined and here.leads) else _ADVERB


def _verb_or_not(may_be: frozenset[PartOfSpeech], here: _Place, rules: _Rules) -> PartOfSpeech:
    """Return the part of speech of a word that may be a verb."""
    before = here.before
    if before in rules.subjects or (before in rules.auxiliaries and _ADJECTIVE in may_be):
        return _VERB
    determined = before in rules.determiners
    if _NOUN in may_be:
        # *La transition écologique avance*: no noun follows a noun without a link.
        is_said_of = here.previous[-1:] == (_NOUN,) or here.previous == (_NOUN, _ADJECTIVE)
        return _VERB if is_said_of and not determined and rules.prepositions else _NOUN
    if _ADJECTIVE in may_be:
        return _ADJECTIVE
    return _NOUN if determined and before not in _PRONOUNS else _VERB
