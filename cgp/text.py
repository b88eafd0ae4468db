"""The one normal form of a tag, used by miner and validator alike.

Two tags are *the same tag* exactly when their normal forms are equal. The agreed embedder embeds
the normal form, never the raw text, so letter case, spacing and Unicode form cannot change a
score.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cgp.ragged import Ragged

# Characters that look like spaces, dashes or joiners between the words of a tag.
_JOINERS = frozenset("_/\\|·•")
_APOSTROPHES = frozenset("’‘ʼ`´＇")
_LEADING = "\"'“”«»„()[]{}<>#@*~^=,;:!?…¡¿&%$€"
_TRAILING = "\"'“”«»„()[]{}<>@*~^=,;:!?….¡¿&"

_WORD_CODES = np.array([chr(c).isalnum() and not chr(c).isupper() for c in range(128)] + [False])
"""True for code points of lower-case ASCII letters and digits; the last stands for all others."""


_MOST_CHARACTERS = 10_000
"""Characters that a table remembers: the scripts of people's talk have fewer together."""


class CharacterTable(dict[int, str]):
    """Replacement of each character, for ``str.translate``; filled as characters are met.

    ``replacement_of`` returns the replacement of one character.
    """

    def __init__(self, replacement_of: Callable[[str], str]) -> None:
        super().__init__()
        self._replacement_of = replacement_of

    def __missing__(self, code: int) -> str:
        # There are a million characters, and hostile texts may bring them all.
        if len(self) >= _MOST_CHARACTERS:
            self.clear()
        replacement = self[code] = self._replacement_of(chr(code))
        return replacement


def _keep(character: str) -> str:
    """Return the replacement of ``character`` in a normal form: itself, a space, or nothing."""
    if character.isspace() or character in _JOINERS:
        return " "
    if character in _APOSTROPHES:
        return "'"
    category = unicodedata.category(character)
    if category == "Pd":
        return " "
    if category in {"Cc", "Cf", "Cs", "Co", "Cn"}:
        return ""
    return character


_REPLACEMENTS = CharacterTable(_keep)


def normal_form(text: str) -> str:
    """Return the normal form of ``text``: NFKC, case-folded, single-spaced, without edge
    punctuation.

    Accents, digits and the marks that tell names apart (``c++``, ``c#``, ``.net``, ``node.js``) are
    kept. Hyphens, dashes, underscores and slashes become spaces, so that ``covid-19`` equals
    ``COVID 19``. Zero-width, bidirectional and control characters are removed. The function is
    idempotent; the result may be empty.
    """
    return " ".join(filter(None, map(_normal_word, text.split())))


def _normal_word(word: str) -> str:
    """Return the normal form of a piece without white space, from memory where it is of usual
    length.

    Nothing in normalization or case folding reaches across white space.
    """
    return _settle_cached(word) if len(word) <= _CACHED_CHARACTERS else _settle(word)


def _settle(text: str) -> str:
    current = text
    # NFKC after case folding can expose a new folding (and so on); a few rounds always settle.
    for _ in range(8):
        previous, current = current, _normalize_once(current)
        if current == previous:
            break
    return current


_CACHED_CHARACTERS = 32  # characters of the longest word whose normal form is kept
_settle_cached = lru_cache(maxsize=50_000)(_settle)


def are_plain(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Tell which texts are lower-case ASCII letters and digits, each word, ``(n,)``.

    Between them may be single spaces and apostrophes. Such a text is its own normal form. All are
    looked at as one array of characters.
    """
    # The space at the end is the place at which an empty last text begins.
    characters = "".join((*texts, " ")).encode("utf-32-le", "surrogatepass")
    # All code points beyond ASCII share the last entry of the table, which is False.
    codes = np.minimum(np.frombuffer(characters, dtype=np.uint32), _WORD_CODES.size - 1)
    inside = _WORD_CODES[codes]
    layout = Ragged(np.fromiter(map(len, texts), dtype=np.intp, count=len(texts)))
    # A text neither begins nor ends with a space or an apostrophe.
    edge = np.zeros(len(codes), dtype=np.bool_)
    edge[layout.starts] = edge[layout.ends - 1] = True
    fine = inside | ~edge & ((codes == ord(" ")) | (codes == ord("'")))
    # Of two neighbours one at least is a letter or a digit: no two spaces in a row.
    fine[1:] &= inside[1:] | inside[:-1]
    plain = layout.filled.copy()
    if plain.any():
        plain[plain] = layout.fold(np.logical_and, fine[:-1])
    return plain


def _normalize_once(text: str) -> str:
    # Once more after case folding, which can take composed characters apart.
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    words = [
        word if word.isalnum() else _trim(word) for word in plain.translate(_REPLACEMENTS).split()
    ]
    return " ".join(filter(None, words))


def _trim(word: str) -> str:
    """Strip punctuation that surrounds a word but is not a part of it."""
    if word.isalnum():
        return word
    word = word.lstrip(_LEADING).rstrip(_TRAILING)
    if word.startswith(".") and not (len(word) > 1 and word[1].isalnum()):
        word = word.lstrip(".").lstrip(_LEADING)
    return word if any(map(str.isalnum, word)) else _symbol(word)


def _symbol(word: str) -> str:
    """Keep a word without letters or digits only where it is one pictograph (an emoji is a tag)."""
    return word if word and all(unicodedata.category(c)[0] in "SM" for c in word) else ""
