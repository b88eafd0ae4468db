"""The one normal form of a tag, used by miner and validator alike.

Two tags are *the same tag* exactly when their normal forms are equal. The agreed embedder embeds the
normal form, never the raw text, so letter case, spacing and Unicode form cannot change a score.
"""

from __future__ import annotations

import re
import unicodedata

# Characters that look like spaces, dashes or joiners between the words of a tag.
_JOINERS = frozenset("_/\\|·•")
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "＇": "'"})
_LEADING = "\"'“”«»„()[]{}<>#@*~^=,;:!?…¡¿&%$€"
_TRAILING = "\"'“”«»„()[]{}<>@*~^=,;:!?….¡¿&"
_SPACES = re.compile(r"\s+")


def normal_form(text: str) -> str:
    """Return the normal form of ``text``: NFKC, case-folded, single-spaced, without edge punctuation.

    Accents, digits and the marks that tell names apart (``c++``, ``c#``, ``.net``, ``node.js``) are
    kept. Hyphens, dashes, underscores and slashes become spaces, so that ``covid-19`` equals
    ``COVID 19``. Zero-width, bidirectional and control characters are removed. The function is
    idempotent; the result may be empty.
    """
    previous = None
    current = text
    # NFKC after case folding can expose a new folding (and so on); a few rounds always settle.
    for _ in range(8):
        if current == previous:
            break
        previous, current = current, _normalize_once(current)
    return current


def _normalize_once(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    folded = folded.translate(_APOSTROPHES)
    kept = "".join(_keep(character) for character in folded)
    words = (_trim(word) for word in _SPACES.split(kept))
    return " ".join(word for word in words if word)


def _keep(character: str) -> str:
    """Return what stands for ``character`` in a normal form: itself, a space, or nothing."""
    if character.isascii() and character.isalnum():
        return character
    if character.isspace() or character in _JOINERS:
        return " "
    category = unicodedata.category(character)
    if category == "Pd":
        return " "
    if category in {"Cc", "Cf", "Cs", "Co", "Cn"}:
        return ""
    return character


def _trim(word: str) -> str:
    """Strip punctuation that surrounds a word but is no part of it."""
    word = word.lstrip(_LEADING).rstrip(_TRAILING)
    if word.startswith(".") and not (len(word) > 1 and word[1].isalnum()):
        word = word.lstrip(".").lstrip(_LEADING)
    return word if any(character.isalnum() for character in word) else _symbol(word)


def _symbol(word: str) -> str:
    """Keep a word without letters or digits only where it is one pictograph (an emoji is a tag)."""
    return word if word and all(unicodedata.category(c)[0] in "SM" for c in word) else ""
