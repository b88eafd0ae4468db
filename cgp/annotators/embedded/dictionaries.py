"""Dictionaries of Japanese and Chinese: words with their parts of speech, where they are installed.

Both scripts are written without spaces, and a text alone does not say where its words end. The
extra ``dictionaries`` brings the words of Japanese (Sudachi) and of Chinese (jieba). Without it
``words.pieces`` cuts such texts by what they repeat.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING

from cgp.loaded_once import loaded_once

if TYPE_CHECKING:
    from rjieba import Jieba
    from sudachipy import Dictionary

LATIN = "latin"
"""Part of speech of a word in other letters: *e-typing*, *Wi-Fi*."""
_LATIN_WORD = re.compile(r"\d*[a-zA-Z][a-zA-Z0-9'’\-.&_+#]*")

# Sudachi refuses texts of more than 49,149 bytes; a character has four at most.
_LONGEST_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class DictionaryWord:
    """A word as a text writes it, and its part of speech in the terms of its dictionary.

    Japanese: the levels of UniDic and the form of inflection, with commas between. Chinese: a tag
    of jieba; ``is_known`` is False where jieba guessed the word.
    """

    text: str
    part: str
    is_known: bool = True


@dataclass(frozen=True)
class _Source:
    """A dictionary of one language: the packages that it needs, the last of which names its
    version, and its reader.
    """

    packages: tuple[str, ...]
    distribution: str
    words: Callable[[str], Iterator[DictionaryWord]]


@cache
def dictionary_languages() -> tuple[str, ...]:
    """Return the languages (ISO 639-1) of which a dictionary is installed here."""
    return tuple(
        language
        for language, source in _SOURCES.items()
        if all(find_spec(package) is not None for package in source.packages)
    )


def dictionary_names() -> tuple[str, ...]:
    """Return a short name of each dictionary that is installed here, with its version: *zh0.2.2*.

    Another version may know other words, and so give other tags.
    """
    return tuple(
        f"{language}{version(_SOURCES[language].distribution)}"
        for language in dictionary_languages()
    )


def words_by_dictionary(text: str, language: str) -> list[DictionaryWord]:
    """Return the words of ``text`` in their order; together they are the text.

    ``language`` is one of ``dictionary_languages()``. The first text loads its dictionary.
    """
    words = _SOURCES[language].words
    return [
        word
        for start in range(0, len(text), _LONGEST_TEXT)
        for word in _with_latin_words(words(text[start : start + _LONGEST_TEXT]))
    ]


def _with_latin_words(words: Iterator[DictionaryWord]) -> list[DictionaryWord]:
    """Return words in which those in Latin letters are whole, though a dictionary cuts them."""
    whole = list(words)
    text = "".join(word.text for word in whole)
    ends = {match.start(): match.end() for match in _LATIN_WORD.finditer(text)}
    if not ends:
        return whole
    merger: list[DictionaryWord] = []
    place = end = 0
    for word in whole:
        if place < end:
            merger[-1] = DictionaryWord(merger[-1].text + word.text, LATIN)
        else:
            merger.append(word)
            end = ends.get(place, 0)
        place += len(word.text)
    return merger


@loaded_once
def _sudachi() -> Dictionary:
    from sudachipy import Dictionary

    return Dictionary(dict="small")


@loaded_once
def _jieba() -> Jieba:
    from rjieba import Jieba

    # One of our own: other code of this process may add words to the common one.
    return Jieba()


def _japanese(text: str) -> Iterator[DictionaryWord]:
    # A tokenizer is for one thread alone, and costs nothing beside its dictionary.
    for morpheme in _sudachi().tokenizer().tokenize(text):
        if morpheme.surface():
            yield DictionaryWord(morpheme.surface(), ",".join(morpheme.part_of_speech()))


def _chinese(text: str) -> Iterator[DictionaryWord]:
    jieba = _jieba()
    for word, tag in jieba.tag(text):
        yield DictionaryWord(word, tag, len(word) == 1 or jieba.has_word(word))


_SOURCES = {
    "ja": _Source(("sudachipy", "sudachidict_small"), "sudachidict-small", _japanese),
    "zh": _Source(("rjieba",), "rjieba", _chinese),
}
WITH_DICTIONARY = tuple(_SOURCES)
"""Languages (ISO 639-1) of which there is a dictionary to install."""
