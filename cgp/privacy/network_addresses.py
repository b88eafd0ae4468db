"""Addresses of machines: IPv4, IPv6 and MAC."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from cgp.privacy.context import Context, said_before
from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.personal_data import Find, Kind

_IPV4 = LatePattern(
    r"(?<![\w.])(?<![^/]/)(?<!\w-)\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2}(?!\d))?(?![\w-]|\.\d)(?::\d{2,5}(?!\w))?",
    re.ASCII,
)
_IPV6 = LatePattern(
    r"(?<![\w:.])(?:[\dA-Fa-f]{1,4}:{1,2}|::)(?:[\dA-Fa-f]{1,4}:{1,2}){0,7}"
    r"(?:(?:\d{1,3}\.){3}\d{1,3}|[\dA-Fa-f]{1,4})?(?![\w:]|\.\d)(?:%\w{1,16}(?:[.-]\w{1,16})?)?(?:\]:\d{2,5})?",
    re.ASCII,
)
_MAC = LatePattern(
    r"(?<![\w:.-])(?:[\dA-Fa-f]{2}(?P<mark>[:-])(?:[\dA-Fa-f]{2}(?P=mark)){4}[\dA-Fa-f]{2}"
    r"|[\dA-Fa-f]{4}\.[\dA-Fa-f]{4}\.[\dA-Fa-f]{4})(?![\w:-]|\.\w)",
    re.ASCII,
)
_SIGN_OF_ADDRESS = LatePattern(r"[.:-](?=[\dA-Fa-f:])(?<=[\dA-Fa-f:].)", re.ASCII)
"""A sign between two digits, decimal or hexadecimal, or colons together: every form has one."""

_ADDRESS_SAID = said_before(
    r"ips?\b", r"ip[ -]?(?:addr\w*|v[46])", r"address\b", r"host\b", r"server\b", r"ping\b", r"dns\b", r"ssh\b",
    r"adresse?\b", r"direcci[óo]n\b", r"endere[çc]o\b", r"servidor\b", r"serveur\b", r"indirizzo\b",
    r"adres\w*", r"адрес\w*", r"сервер\w*", "地址", "アドレス", "サーバ", "주소", "서버", r"عنوان", "आईपी",
    r"router\b", r"peer\b", r"node\b", r"gateway\b", r"rdp\b", r"vpn\b",
)  # fmt: skip
_VERSION_SAID = said_before(
    r"v\b", r"ver(?:sion|si[oó]n|s[aã]o)?s?\b", r"release\b", r"build\b", r"firmware\b", r"revision\b",
    r"sections?\b", r"chapter\b", r"clause\b", r"article\b", r"figure\b", r"table\b", r"driver\b",
    r"sdk\b", r"upgrad\w*", r"abschnitt\b", r"kapitel\b", r"secci[óo]n\b", r"cap[íi]tulo\b", "§", r"rfc\b", r"верси\w*", r"раздел\w*", "バージョン", "版本", "버전",
    r"s[üu]r[üu]m\w*", r"wersj\w*", r"الإصدار", "संस्करण", r"art(?:icolo|igo|[íi]culo|\.)", gap=12,
)  # fmt: skip


def find_addresses(text: str, start: int, stop: int, _: AbstractSet[Context]) -> Iterator[Find]:
    """Yield the network addresses in ``text[start:stop]`` (plain text).

    Loopback and unspecified addresses and netmasks tell nothing about anybody and are left.
    """
    if _SIGN_OF_ADDRESS.search(text, start, stop) is None:
        return
    points, colons = text.count(".", start, stop), text.count(":", start, stop)
    for match in _IPV4.finditer(text, start, stop) if points >= 3 else ():
        if _is_ipv4(match.group().partition(":")[0]) and _is_no_version(text, match):
            yield Find(*match.span(), Kind.NETWORK)
    for match in _IPV6.finditer(text, start, stop) if colons >= 2 else ():
        if _is_ipv6(re.split(r"[%\]]", match.group())[0]):
            yield Find(*match.span(), Kind.NETWORK)
    is_grouped = colons >= 5 or points >= 2 or text.count("-", start, stop) >= 5
    for match in _MAC.finditer(text, start, stop) if is_grouped else ():
        if match.group("mark") == ":" or any(c.isalpha() for c in match.group()):
            yield Find(*match.span(), Kind.NETWORK)


def _is_ipv4(value: str) -> bool:
    address, _, bits = value.partition("/")
    octets = [int(octet) for octet in address.split(".")]
    # A leading zero marks a version or a section number such as 1.02.3.4.
    if max(octets) > 255 or any(len(o) > 1 and o[0] == "0" for o in address.split(".")):
        return False
    return octets[0] not in {0, 127, 255} and (not bits or int(bits) <= 32)


def _is_no_version(text: str, match: re.Match[str]) -> bool:
    """Four small numbers are a version or a section unless words say that they are an address."""
    if _VERSION_SAID.is_said(text, match.start()):
        return False
    small = all(len(octet) == 1 for octet in re.split(r"[/:]", match.group())[0].split("."))
    return not small or _ADDRESS_SAID.is_said(text, match.start())


def _is_ipv6(value: str) -> bool:
    groups = [group for group in value.split(":") if group]
    if len(groups) < 2 or sum(map(len, groups)) < 5 or not any(c.isdigit() for c in value):
        return False
    try:
        return not ipaddress.IPv6Address(value).is_loopback
    except ValueError:
        return False
