"""The form of a tag: what is refused before anything is compared, and why.

Text of a conversation or a tag is data: the checks here read characters, and nothing is interpreted.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from cgp.scoring.settings import FormSettings

_SEPARATORS = re.compile(r"[,;|、，；\n\r\v\f\u2028\u2029]|\s[/•·]\s")
_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)
_EDGE = ".,:;!?\"'()[]{}…“”«»"
_REMEMBERED = 32  # characters of the longest word whose reduced form is kept
_CONFUSABLE = ({"LATIN", "CYRILLIC"}, {"LATIN", "GREEK"}, {"CYRILLIC", "GREEK"})


def defect_of(text: str, name: str, settings: FormSettings) -> str:
    """Return what is wrong with the form of a tag, in words; empty where nothing is.

    ``text`` is the tag as sent, ``name`` its normal form.
    """
    text = text.strip().replace("\t", " ")
    if not name:
        return "nothing is left of it in normal form"
    if len(text) > settings.characters or len(name) > settings.characters:
        return f"longer than {settings.characters} characters"
    if name.count(" ") >= settings.words:
        return f"more than {settings.words} words"
    if _SEPARATORS.search(text):
        return "a list of several tags in one"
    return _bad_characters(text, name)


def _bad_characters(text: str, name: str) -> str:
    if text.isascii():
        return "" if text.isprintable() else "control characters"
    if any(c in _BIDIRECTIONAL or unicodedata.category(c) == "Cc" for c in text):
        return "control or bidirectional characters"
    if any(_mixes_scripts(word) for word in name.split()):
        return "letters of different scripts in one word"
    return ""


def is_utterance(name: str, spoken: str, settings: FormSettings) -> bool:
    """Tell whether a tag is a piece of what was said, word for word, too long to be a name.

    ``spoken`` is the window's turns in normal form, each between line breaks.
    """
    if name.count(" ") + 1 >= settings.utterance_words:
        return f" {name} " in spoken
    if name.isascii() or len(name) < settings.utterance_characters:
        return False
    return _SPACELESS.search(name) is not None and name in spoken


def words_of(name: str) -> list[str]:
    """Return the words of a text in normal form, plurals and possessives reduced.

    Writing without spaces (Chinese, Japanese, Thai, ...) yields pairs of neighbouring characters.
    """
    words: list[str] = []
    for word in name.split():
        words.extend(_reduced(word) if len(word) <= _REMEMBERED else _reduce(word))
    return words


def _reduce(word: str) -> tuple[str, ...]:
    if not word.isascii():
        return tuple(_pieces(word.strip(_EDGE)))
    stem = _stem(word.strip(_EDGE))
    return (stem,) if stem else ()


_reduced = lru_cache(maxsize=50_000)(_reduce)


def _stem(word: str) -> str:
    word = word.removesuffix("'s").removesuffix("s'")
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-3] + "y" if word.endswith("ies") and len(word) > 4 else word[:-1]
    return word


def _pieces(word: str) -> list[str]:
    pieces: list[str] = []
    last = 0
    for match in _SPACELESS.finditer(word):
        pieces.append(word[last : match.start()])
        run = match.group()
        pieces.extend(run[i : i + 2] for i in range(max(1, len(run) - 1)))
        last = match.end()
    pieces.append(word[last:])
    return [piece for piece in pieces if piece]


def _mixes_scripts(word: str) -> bool:
    if word.isascii():
        return False
    scripts = {unicodedata.name(c, "").split(" ", 1)[0] for c in word if c.isalpha()}
    return any(pair <= scripts for pair in _CONFUSABLE)
