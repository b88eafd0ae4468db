"""Addresses of pages that grant access: with a password, a token or an invitation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.plain_text import BREAK

# A bound on the work of one find.
MAX_URL_CHARACTERS = 4096

_REST = LatePattern(rf"[^\s<>\"'`{BREAK}|\\^{{}}]{{1,{MAX_URL_CHARACTERS}}}")
_SCHEME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.")
_MAX_SCHEME_CHARACTERS = 24
_TRAILING = ".,;:!?)]}…»”’"
_PASSWORD = LatePattern(r"[^/?#@:]{0,256}:[^/?#@]{1,256}@|(?=[^/?#@]{0,256}\d)[^/?#@:]{16,256}@")
_USER_AND_PASSWORD = LatePattern(r"[^/?#@:]{0,256}:(?P<password>[^/?#@]{4,256})@")
_TOKEN = LatePattern(
    r"[?&#;/](?:[\w.-]{0,32}[_.-])?(?:token|key|apikey|accesskey|secret|sig|signature|pass|passwd|password"
    r"|pwd|auth|authkey|session|sessionid|sid|jwt|code|otp|credential|invite|e?mail|phone|tel|mobile|ticket|rlkey|magic"
    r"|reset|phpsessid|jsessionid)=(?P<value>[^&#\s]{4,})",
    re.IGNORECASE,
)
_INVITATION = LatePattern(
    r"(?:hooks\.slack\.com/services/\w|discord(?:app)?\.com/(?:api/webhooks/\d|invite/\w)|discord\.gg/\w{4}|chat\.whatsapp\.com/\w{16}"
    r"|t\.me/(?:joinchat/|\+)\w{10}|(?:[\w-]+\.)?zoom\.us/[a-z]{1,3}/\d{9,11}|meet\.google\.com/[a-z]{3}-[a-z]{4}-"
    r"|teams\.microsoft\.com/l/meetup-join/|calendar\.google\.com/calendar/ical/.{0,200}/private-"
    r"|[\w.-]+/(?:reset|reset-password|verify|confirm|unsubscribe|magic|invite|invitation)/[\w-]{16})",
    re.IGNORECASE,
)


class Url:
    """Where an address stands in a text, and whether it lets somebody in."""

    __slots__ = ("is_private", "start", "stop")

    def __init__(self, text: str, start: int, authority: int, stop: int) -> None:
        self.start, self.stop = start, stop
        rest = text[authority:stop]
        token = _TOKEN.search(rest)
        self.is_private = bool(
            _PASSWORD.match(rest)
            or _INVITATION.match(rest.removeprefix("www."))
            or (token and not token.group("value").isalpha())
        )


def secrets_of(url: str) -> Iterator[str]:
    """Yield the password and the token in an address, which may stand elsewhere without it."""
    rest = url.partition("://")[2]
    if credentials := _USER_AND_PASSWORD.match(rest):
        yield credentials.group("password")
    if (token := _TOKEN.search(rest)) and not token.group("value").isalpha():
        yield token.group("value")


def urls_in(text: str) -> Iterator[Url]:
    """Yield the addresses with a scheme in a plain text, in order, none inside another."""
    colon, earliest = text.find("://"), 0
    while colon >= 0:
        start = _scheme_start(text, colon, earliest)
        rest = _REST.match(text, colon + 3) if start < colon else None
        if rest:
            stop = rest.start() + len(rest.group().rstrip(_TRAILING))
            if stop > rest.start():
                yield Url(text, start, rest.start(), stop)
                earliest = stop
        colon = text.find("://", max(colon + 3, earliest))


def _scheme_start(text: str, colon: int, earliest: int) -> int:
    start = colon
    earliest_start = max(earliest, colon - _MAX_SCHEME_CHARACTERS)
    while start > earliest_start and text[start - 1] in _SCHEME_CHARACTERS:
        start -= 1
    return start


def find_urls(urls: list[Url]) -> Iterator[Find]:
    """Yield the addresses that grant access."""
    return (Find(url.start, url.stop, Kind.URL) for url in urls if url.is_private)
