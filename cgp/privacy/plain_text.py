"""The text that is searched: look-alike characters made equal, invisible ones left out.

Digits of every script become ASCII digits, full-width and mathematical forms their ASCII twins,
every space a space, every dash a hyphen and every quotation mark a straight one. Characters that
show nothing (zero-width, direction, variation) are dropped, so that they cannot take a number
apart.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from cgp.text import CharacterTable

BREAK = "\x1e"
"""Mark between turns in searched text. No find reaches over it; context may."""

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3005-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af"
)
"""Letters, as a part of a character class, that are written right against numbers and Latin words.

Thai, Lao, Burmese, Khmer, Han and kana put no spaces between words; Korean particles follow a
number without a space.
"""

_NO_CHARACTER = "\ufeff"  # stands for a character that is left out, until it is
_SIGNS_OF_LIKE_LOOK = (
    dict.fromkeys("‘’‚‛ʼ′`´＇", "'")
    | dict.fromkeys("“”„‟«»″「」『』〝〞＂", '"')
    | {"−": "-", "İ": "I"}  # the dotted I's lower case is longer than itself
)
_LONG_VOWEL_AS_DASH = re.compile(r"(?<=\d)ー(?=\d)")


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text to search, and where each of its characters stands in the original.

    ``positions`` is None where both are of the same length.
    """

    text: str
    positions: Sequence[int] | None = None

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Return where ``text[start:stop]`` (not empty) stands in the original."""
        if self.positions is None:
            return start, stop
        return self.positions[start], self.positions[stop - 1] + 1


def _twin(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if character in _SIGNS_OF_LIKE_LOOK:
        return _SIGNS_OF_LIKE_LOOK[character]
    if _is_invisible(character):
        return _NO_CHARACTER
    by_category = {"Zs": " ", "Pd": "-"}.get(unicodedata.category(character))
    if by_category is not None:
        return by_category
    compatible = unicodedata.normalize("NFKC", character)
    return compatible if len(compatible) == 1 and compatible.isascii() else character


def _is_invisible(character: str) -> bool:
    """Tell if a character shows nothing by itself: format, enclosing and variation marks.

    Combining accents and Arabic vowel signs go too: words are looked for without them.
    """
    return (
        unicodedata.category(character) in {"Cf", "Me"}
        or "\ufe00" <= character <= "\ufe0f"
        or "\u0300" <= character <= "\u036f"
        or "\u064b" <= character <= "\u065f"
        or character in "\u0640\u115f\u1160\u3164\uffa0"  # Arabic stretching, blank Hangul letters
    )


_TWINS = CharacterTable(_twin)


_NO_ASCII = re.compile(r"[^\x00-\x7f]+")


def _twins_of(run: re.Match[str]) -> str:
    return run.group().translate(_TWINS)


def plain_text(text: str) -> PlainText:
    """Return the plain form of ``text``; the lower case of a plain text has its length."""
    # Nothing to change, and most texts of most corpora are so.
    if text.isascii():
        return PlainText(text)
    twins = _NO_ASCII.sub(_twins_of, text)
    if "ー" in twins:
        twins = _LONG_VOWEL_AS_DASH.sub("-", twins)
    if _NO_CHARACTER not in twins:
        return PlainText(twins)
    positions = [position for position, character in enumerate(twins) if character != _NO_CHARACTER]
    return PlainText(twins.replace(_NO_CHARACTER, ""), positions)


def digits_of(text: str) -> str:
    """Return the ASCII digits in a plain text."""
    return "".join(character for character in text if "0" <= character <= "9")
