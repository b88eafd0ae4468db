"""E-mail addresses, also as people hide them (``jo (at) example.org``) and say them aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cgp.privacy.personal_data import Find, Kind

MAX_LOCAL_CHARACTERS = 64
"""Most characters before the at sign (RFC 5321, section 4.5.3.1.1)."""

_LOCAL = frozenset("._%+-'")
_DOMAIN = re.compile(r"(?:[\w-]{1,63}\.){1,8}(xn--[\w-]{1,59}|[^\W\d_]{2,24})(?![\w@])")
_FILE_ENDINGS = frozenset(
    {"png", "jpg", "jpeg", "gif", "webp", "svg", "css", "js", "ts", "mjs", "map", "json", "html"}
)
_HIDDEN = re.compile(
    r"(?: ?[\[({] ?(?:at|arroba|ät|chez|a) ?[\])}] ?)"
    r"[\w-]{1,63}(?:(?: ?[\[({] ?(?:dot|punto|ponto|punkt|point) ?[\])}] ?|\.)[\w-]{2,63}){1,4}",
    re.IGNORECASE,
)
_SPOKEN = re.compile(
    r" (?:at|arroba|ät|chez|chiocciola) "
    r"(?:gmail|googlemail|hotmail|outlook|yahoo|icloud|aol|proton(?:mail)?|gmx|web|live|orange|free"
    r"|laposte|uol|terra|libero)"
    r"(?: (?:dot|punto|ponto|punkt|point) \w{2,10}){1,3}",
    re.IGNORECASE,
)
_SPOKEN_DOT = re.compile(r"\w{1,64}(?: (?:dot|punto|ponto|punkt|point) )\Z", re.IGNORECASE)
_NO_ONE = frozenset({"git", "hg", "svn"})


def find_emails(text: str) -> Iterator[Find]:
    """Yield the e-mail addresses in a plain text."""
    at = text.find("@")
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        if domain and domain.group(1).lower() not in _FILE_ENDINGS:
            start = _local_start(text, at)
            if start < at and text[start:at] not in _NO_ONE:
                yield Find(start, domain.end(), Kind.EMAIL)
        at = text.find("@", at + 1)
    if any(sign in text for sign in "[({"):
        yield from _disguised(text, _HIDDEN)
    yield from _disguised(text, _SPOKEN)


def _local_start(text: str, at: int) -> int:
    """Return where the part before the at sign begins: at most 64 characters back."""
    start = at
    while start > max(0, at - MAX_LOCAL_CHARACTERS) and _is_local(text[start - 1]):
        start -= 1
    while start < at and text[start] in _LOCAL:
        start += 1
    return start


def _is_local(character: str) -> bool:
    return character.isalnum() or character in _LOCAL


def _disguised(text: str, pattern: re.Pattern[str]) -> Iterator[Find]:
    for match in pattern.finditer(text):
        start = _local_start(text, match.start())
        # "jane dot doe at ...": walk back over words joined by a spoken dot.
        while dotted := _SPOKEN_DOT.search(text, max(0, start - 80), start):
            start = dotted.start()
        if start < match.start():
            yield Find(start, match.end(), Kind.EMAIL)
