"""Words that announce a password, a key or a code, and where they begin."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cgp.privacy.context import alternatives
from cgp.privacy.first_words import Beginnings
from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.plain_text import UNSPACED
from cgp.privacy.secret_words import CODE_WORDS, KEY_WORDS, PASSWORD_WORDS, patterns

MIN_LETTERS = 4
"""Characters of the shortest plain word that is a password."""

TRAILING = ".,;:?)]}!"
"""Marks behind a secret that are not part of it."""

_ODD_SIGNS = frozenset("!@#$%^&*+=?~_")
_LONGEST_WORD = 34  # letters of a word of an announcement

# These may be the end of a longer word too: "wlanpasswort", "mypassword".
_ENDS = "passwords?|passwort|kennwort|wachtwoord|l[öo]senord|passphrase|passcode"
PASSWORD = f"{_ENDS}|" + alternatives(patterns(PASSWORD_WORDS))
KEY = alternatives(patterns(KEY_WORDS))
CODE = alternatives(patterns(CODE_WORDS))
_ANY_CODE = rf"{CODE}|codes?|c[óo]digo|codice|код|kode?|コード|코드"
ANNOUNCEMENT = LatePattern(
    rf"(?:(?P<password>{PASSWORD})|(?P<code>{_ANY_CODE}))(?![^\W{UNSPACED}])", re.IGNORECASE
)
ANNOUNCEMENT_BEGINS = Beginnings(f"{PASSWORD}|{_ANY_CODE}")
CODE_ANSWER = LatePattern(
    r"(?<![\w.,:/-])(?:[A-Z] ?(?=\d{3}))?\d(?:[ -]?\d){2,9}(?![\w:/]|[.,]\d)", re.ASCII
)
"""A code as it is told in an answer."""


def phrase_starts(text: str, position: int) -> Iterator[int]:
    """Yield ``position``, then where the word around it begins, then where the words before it do.

    Words are apart by a space, a hyphen or an underscore: "OPENAI_API_KEY" has three.
    """
    yield position
    for _ in range(4):
        stop, least = position, max(0, position - _LONGEST_WORD)
        while position > least and text[position - 1].isalnum():
            position -= 1
        if position < stop:
            yield position
        if position == 0 or text[position - 1] not in " _-'":
            return
        position -= 1


def is_odd(value: str) -> bool:
    """Tell if a word mixes letters and digits or has signs in it, as passwords do."""
    letters, digits = any(c.isalpha() for c in value), any(c.isdigit() for c in value)
    return (letters and digits) or any(c in _ODD_SIGNS for c in value)
