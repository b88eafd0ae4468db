"""The form of a tag: refusals before any comparison, with their reasons.

Text of a conversation or a tag is data: the checks here read characters, and nothing is
interpreted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cgp.scoring.settings import FormSettings
from cgp.scoring.words import SPACELESS, sizes_of
from cgp.text import are_plain

# A slash or bullet separates only between spaces: "TCP/IP" is one tag.
_SEPARATORS = re.compile(r"[,;|、，；\n\r\v\f\u2028\u2029]|\s[/•·]\s")
# They reorder the text that a person reads, so that it shows another tag than the one compared.
_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Scripts with letters that look alike: a word that mixes two of them imitates another word.
_CONFUSABLE = ({"LATIN", "CYRILLIC"}, {"LATIN", "GREEK"}, {"CYRILLIC", "GREEK"})


def surely_sound(texts: Sequence[str], settings: FormSettings) -> NDArray[np.bool_]:
    """Tell which tags need no closer look, ``(n,)``: a few plain words, too few for
    an utterance.
    """
    # One word less than an utterance, so that the window need not be searched.
    word_limit = min(settings.words, settings.utterance_words - 1)
    length = np.fromiter(map(len, texts), dtype=np.intp, count=len(texts))
    return are_plain(texts) & (sizes_of(texts) <= word_limit) & (length <= settings.characters)


def defect_of(text: str, name: str, settings: FormSettings) -> str:
    """Return the fault in the form of a tag, in words; empty without one.

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
    return bad_characters(text, name)


def bad_characters(text: str, name: str) -> str:
    """Return the fault in the characters of a tag, in words; empty without one.

    Spaces around the tag and tabs between its words are nothing wrong.
    """
    text = text.strip().replace("\t", " ")
    if text.isascii():
        return "" if text.isprintable() else "control characters"
    if any(c in _BIDIRECTIONAL or unicodedata.category(c) == "Cc" for c in text):
        return "control or bidirectional characters"
    if any(_mixes_scripts(word) for word in name.split()):
        return "letters of different scripts in one word"
    return ""


def is_utterance(name: str, transcript: str, settings: FormSettings) -> bool:
    """Tell if a tag is a verbatim piece of the turns, too long to be a name.

    ``transcript`` is the window's turns in normal form, each between line breaks.
    """
    if name.count(" ") + 1 >= settings.utterance_words:
        return f" {name} " in transcript
    if name.isascii() or len(name) < settings.utterance_characters:
        return False
    return SPACELESS.search(name) is not None and name in transcript


def _mixes_scripts(word: str) -> bool:
    if word.isascii():
        return False
    scripts = {unicodedata.name(c, "").split(" ", 1)[0] for c in word if c.isalpha()}
    return any(pair <= scripts for pair in _CONFUSABLE)
