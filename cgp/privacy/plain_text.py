"""The text that is searched: same length as the original, with look-alike characters made equal.

Digits of every script become ASCII digits, full-width forms their ASCII twins, every space a space
and every dash a hyphen, one for one: what is found at a position stands there in the original too.
"""

from __future__ import annotations

import unicodedata

BREAK = "\x1e"
"""Stands between turns in searched text. No find reaches over it; what gives context may."""

_DOTTED_CAPITAL_I = "İ"  # the one letter whose lower case is longer than itself


class _Plain(dict[int, str]):
    """The plain twin of each character; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        plain = self[code] = _twin(chr(code))
        return plain


def _twin(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if "！" <= character <= "～":
        return chr(ord(character) - 0xFEE0)
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    if category == "Pd" or character == "−":
        return "-"
    return "I" if character == _DOTTED_CAPITAL_I else character


_PLAIN = _Plain()


def plain(text: str) -> str:
    """Return ``text`` with plain digits, spaces and dashes; its length, and its lower case's, is kept."""
    return text if text.isascii() else text.translate(_PLAIN)


def digits_of(text: str) -> str:
    """Return the ASCII digits in a plain text."""
    return "".join(character for character in text if "0" <= character <= "9")
