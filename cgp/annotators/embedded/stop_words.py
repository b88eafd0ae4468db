"""Stop words by language, and which languages a text is written in, told by its stop words.

The lists are data (``stop_words.txt``), written for conversations: beside function words they hold
fillers, greetings and words that say little alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_FALLBACK = "en"
# A second language counts when it has this share of the first one's stop words.
_SECOND_LANGUAGE = 0.6


@dataclass(frozen=True)
class StopWords:
    """The stop words of one language or of several together.

    ``function`` words and ``light`` ones (fillers, vague words) are the ``edges``: no tag begins or
    ends with them. A ``link`` may stand within a tag, an ``article`` after a link. ``vague`` nouns
    and verbs say too little for a tag too, and only a dictionary of the language finds them.
    """

    languages: tuple[str, ...]
    function: frozenset[str]
    light: frozenset[str]
    link: frozenset[str]
    article: frozenset[str]
    edges: frozenset[str]
    vague: frozenset[str] = frozenset()


@cache
def stop_words(*languages: str) -> StopWords:
    """Return the stop words of ``languages`` (ISO 639-1 codes) with a list."""
    listed_languages = tuple(language for language in languages if language in _lists()) or (
        _FALLBACK,
    )

    def union(kind: str) -> frozenset[str]:
        return frozenset().union(
            *(_lists()[language].get(kind, ()) for language in listed_languages)
        )

    function, light = union("function"), union("light")
    return StopWords(
        listed_languages,
        function,
        light,
        union("link"),
        union("article"),
        edges=function | light,
        vague=union("vague"),
    )


def known_languages() -> tuple[str, ...]:
    """Return the codes of every language that has a list."""
    return tuple(_lists())


def languages_of_function_words(word: str) -> tuple[str, ...]:
    """Return the languages that a word (case-folded) is a function word of."""
    return _owners().get(word, ())


def detect(words: Iterable[str], hint: str | None = None) -> StopWords:
    """Return the stop words of the languages that ``words`` (case-folded) seem to be in.

    The language with the most function words wins, a close second is added (a conversation may mix
    languages, and close ones share words). ``hint``, a language tag such as ``pt-BR``, is believed
    where there is a list for it.
    """
    hint_language = (hint or "").split("-")[0].split("_")[0].casefold()
    if hint_language in _lists():
        return stop_words(hint_language)
    hits = dict.fromkeys(_lists(), 0)
    for word, count in Counter(words).items():
        for language in languages_of_function_words(word):
            hits[language] += count
    ranking = sorted(hits, key=lambda language: -hits[language])
    first, second = ranking[:2]
    if hits[first] == 0:
        return stop_words(_FALLBACK)
    if hits[second] > _SECOND_LANGUAGE * hits[first]:
        return stop_words(first, second)
    return stop_words(first)


@cache
def _lists() -> dict[str, dict[str, frozenset[str]]]:
    text = files(__package__).joinpath("stop_words.txt").read_text(encoding="utf-8")
    lists: dict[str, dict[str, frozenset[str]]] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            language, kind, words = line.split(" ", 2)
            lists.setdefault(language, {})[kind] = frozenset(words.casefold().split())
    return lists


@cache
def _owners() -> dict[str, tuple[str, ...]]:
    """Return, for each function word, the languages that it is one in."""
    owners: dict[str, tuple[str, ...]] = {}
    for language, lists in _lists().items():
        for word in lists["function"]:
            owners[word] = (*owners.get(word, ()), language)
    return owners
