"""E-mail addresses, also as people hide them (``jo (at) example.org``) and say them aloud."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.plain_text import UNSPACED
from cgp.privacy.spoken_numbers import NUMBER_WORDS
from cgp.privacy.word_places import WordPlaces

MAX_LOCAL_CHARACTERS = 64
"""Most characters before the at sign (RFC 5321, section 4.5.3.1.1)."""

_LOCAL = frozenset("._%+-'")
_UNSPACED_LETTER = LatePattern(rf"[{UNSPACED}]")
_LABEL = rf"[^\W{UNSPACED}](?:[^\W_{UNSPACED}]|-(?=[\w-])){{0,62}}"
_DOMAIN = LatePattern(
    rf"(?:{_LABEL}\.){{1,8}}(xn--[a-z\d-]{{1,59}}|[^\W\d_{UNSPACED}]{{2,24}})(?![A-Za-z\d_@-])"
    r"|(?:[\w-]{1,63}\.){1,8}([^\W\d_]{2,24})(?![\w@])"
)
_FILE_ENDINGS = frozenset(
    {"png", "jpg", "jpeg", "gif", "webp", "svg", "css", "js", "ts", "mjs", "map", "json", "html"}
)
_AT = r"at|arroba|arobase|ät|chez|chiocciola|klammeraffe|apenstaartje|ma[łl]pa|собака|snabel-?a|kukac|zavin[áa][čc]|et"
_DOT = r"dot|punto|ponto|punkt|point|kropka|точка|nokta|te[čc]ka|pont"
_BRACKETS = "[({<"
_ENCODED_SIGN = LatePattern(
    r"%(?:25){0,2}40|&(?:amp;)?(?:#0{0,4}64|#x0{0,4}40|commat);|\\u0040", re.IGNORECASE
)
"""An at sign in a link, in a page's source, in JSON."""
_BEGINNINGS_OF_ENCODED = ("%", "&", "\\u")
_IN_BRACKETS = rf"[\[({{<] ?(?:{_AT}|a|@) ?[\])}}>]"
_SIGN_IN_BRACKETS = LatePattern(_IN_BRACKETS)
_SIGN_SAID = LatePattern(rf" (?:{_AT}) ")
_DISGUISE = LatePattern(
    rf"{_IN_BRACKETS} ?"
    rf"[\w-]{{1,63}}(?:(?: ?[\[({{<] ?(?:{_DOT}|\.) ?[\])}}>] ?| (?:{_DOT}) |\.)[\w-]{{2,63}}){{1,4}}",
    re.IGNORECASE,
)
_SPACED_SIGN = LatePattern(r" ?@ ?[\w-]{1,63}(?: ?\. ?[\w-]{2,63}){1,4}")
_PROVIDERS = (
    r"gmail|googlemail|hotmail|outlook|yahoo|icloud|aol|proton(?:mail)?|gmx|web|live|msn|me|orange|free|laposte|sfr"
    r"|wanadoo|uol|bol|terra|sapo|libero|virgilio|tiscali|posteo|mailbox|fastmail|yandex|mail|rambler|ukr|wp|onet|interia"
    r"|o2|seznam|qq|163|126|sina|naver|daum|hanmail|zoho|tutanota|hey|btinternet|sky|comcast|verizon|att|telenet|ziggo|kpn"
)
_PROVIDER_ALONE = LatePattern(
    r"(?:gmail|googlemail|hotmail|outlook|yahoo|icloud|proton(?:mail)?|gmx|yandex|naver|qq|163)(?![\w.@-])",
    re.IGNORECASE,
)
"""A provider without its ending, as people type who are in a hurry: "jo@gmail"."""
# Ends of domains that people say: generic ones, and the countries'.
_ENDINGS = (
    "com|net|org|edu|gov|mil|int|info|biz|name|io|ai|app|dev|me|tv|cc|xyz|online|site|tech|cloud|email|co|"
    "ac|ad|ae|af|ag|al|am|ar|at|au|az|ba|bd|be|bg|bh|bo|br|by|ca|ch|cl|cm|cn|cr|cu|cy|cz|de|dk|do|dz|ec|ee|eg|es|et|eu|fi|fj|fr|"
    "ge|gh|gr|gt|hk|hn|hr|hu|id|ie|il|in|iq|ir|is|it|jm|jo|jp|ke|kg|kh|kr|kw|kz|la|lb|lk|lt|lu|lv|ly|ma|mc|md|mk|mm|mn|mt|mu|mx|my|"
    "mz|na|ng|ni|nl|no|np|nz|om|pa|pe|ph|pk|pl|pr|ps|pt|py|qa|ro|rs|ru|rw|sa|sd|se|sg|si|sk|sn|sv|sy|th|tn|tr|tt|tw|tz|ua|ug|uk|us|"
    "uy|uz|ve|vn|ye|za|zm|zw|museum|coop|aero|pro|cat|scot|wales|berlin|london"
)
# A word for the dot that is an everyday word of a language counts with its language's endings only.
_SPOKEN_ADDRESS = LatePattern(
    rf"(?<= )(?:{_AT}) (?:"
    rf"[\w-]{{1,63}}(?: dot [\w-]{{2,63}}){{0,3}} dot (?:{_ENDINGS})"
    rf"|(?:{_PROVIDERS})(?: (?:{_DOT}) \w{{2,10}}){{1,3}}|(?:{_PROVIDERS})\.\w{{2,10}}(?:\.\w{{2,3}})?"
    r"|[\w-]{1,63}(?: punkt [\w-]{2,63}){0,2} punkt (?:de|com|net|org|at|ch|eu|info|se|no|dk)"
    r"|[\w-]{1,63}(?: point [\w-]{2,63}){0,2} point (?:fr|com|net|org|be|ch|eu|ca|info)"
    r"|[\w-]{1,63}(?: punto [\w-]{2,63}){0,2} punto (?:com|es|net|org|mx|ar|cl|co|pe|it|eu|edu)"
    r"|[\w-]{1,63}(?: ponto [\w-]{2,63}){0,2} ponto (?:com|br|pt|net|org|eu|gov)"
    r"|[\w-]{1,63}(?: (?:kropka|точка|nokta|te[čc]ka|pont) [\w-]{2,63}){1,3}"
    r")(?! ?@|\w)",
    re.IGNORECASE,
)
DOT_STEMS = frozenset(
    {
        "^dot", "^punto", "^ponto", "^punkt", "^point", "^kropka", "^точка", "^nokta", "^tečka", "^tecka", "^pont",
        *(f"^{provider}." for provider in re.sub(r"\(.*?\)\?", "", _PROVIDERS).split("|")),
    }
)  # fmt: skip
"""Words for a dot, and domains that are said without one."""

_SPOKEN_SIGN = (
    rf"{_DOT}|underscore|under score|dash|hyphen|minus|plus|gui[óo]n(?: bajo)?|barra baja|tiret(?: du bas)?|underline"
    r"|trait d'union|unterstrich|bindestrich|trattino(?: basso)?|h[íi]fen|tra[çc]o|podkre[śs]lenie|подч[её]ркивание|дефис"
)
_SPOKEN_SIGN_BEFORE = LatePattern(rf"[\w'-]{{1,64}} (?:{_SPOKEN_SIGN}) \Z", re.IGNORECASE)
_WORD_BEFORE = LatePattern(r"(?<![\w'])[\w']{1,64} \Z")
_NO_NAMES = frozenset(
    [
        "look",
        "looking",
        "looked",
        "find",
        "found",
        "buy",
        "bought",
        "available",
        "sold",
        "it",
        "them",
        "that",
        "this",
        "us",
        "me",
        "here",
        "is",
        "are",
        "was",
        "go",
        "visit",
        "order",
        "shop",
        "online",
        "price",
        "cheap",
        "chez",
        "à",
        "mira",
        "regarde",
        "schau",
        "guarda",
        "work",
        "works",
        "working",
        "meet",
        "register",
        "sign",
    ]
)
"""Words before "at … dot …" that are not names of a mailbox."""

# ``git@github.com`` names a service, and no person.
_NO_ONE = frozenset({"git", "hg", "svn"})
# Characters between a spoken dot and its sign: addresses are dictated in one breath.
_NEAR = 40


def find_emails(text: str, places: WordPlaces) -> Iterator[Find]:
    """Yield the e-mail addresses in a plain text."""
    at = text.find("@")
    while at >= 0:
        start, stop = _around_sign(text, at)
        if start < stop:
            yield Find(start, stop, Kind.EMAIL)
        at = text.find("@", at + 1)
    if any(sign in text for sign in _BEGINNINGS_OF_ENCODED):
        for sign in _ENCODED_SIGN.finditer(text):
            start, domain = local_start(text, sign.start()), _DOMAIN.match(text, sign.end())
            if domain and start < sign.start():
                yield Find(start, domain.end(), Kind.EMAIL)
    yield from _disguised_finds(text, _disguises(text, places.lower))
    yield from _disguised_finds(text, _dictations(text, places))


def _around_sign(text: str, at: int) -> tuple[int, int]:
    """Return where the address around an at sign begins and ends, the same place where it is
    none's.
    """
    nowhere = (at, at)
    domain = _DOMAIN.match(text, at + 1)
    if domain and (domain.group(1) or domain.group(2)).lower() not in _FILE_ENDINGS:
        start = local_start(text, at)
        return (start, domain.end()) if start < at and text[start:at] not in _NO_ONE else nowhere
    if provider := _PROVIDER_ALONE.match(text, at + 1):
        start = local_start(text, at)
        return (start, provider.end()) if start < at else nowhere
    spaced_match = _SPACED_SIGN.match(text, max(0, at - (text[at - 1 : at] == " ")))
    if spaced_match and "." in spaced_match.group() and " " in spaced_match.group():
        start = local_start(text, spaced_match.start())
        return (start, spaced_match.end()) if start < spaced_match.start() else nowhere
    return nowhere


def _disguises(text: str, lower: str) -> Iterator[re.Match[str]]:
    """Yield at signs in brackets, each with the domain after it."""
    for bracket in _BRACKETS:
        place = lower.find(bracket)
        while place >= 0:
            if _SIGN_IN_BRACKETS.match(lower, place) and (match := _DISGUISE.match(text, place)):
                yield match
            place = lower.find(bracket, place + 1)


def _dictations(text: str, places: WordPlaces) -> Iterator[re.Match[str]]:
    """Yield words for an at sign and a domain, looking near words for a dot only."""
    looked_until = 0
    for dot in places.of(DOT_STEMS):
        if dot >= looked_until:
            start = max(looked_until, dot - _NEAR - 64)
            looked_until = dot + _NEAR
            if _SIGN_SAID.search(places.lower, start, min(len(text), looked_until)) is None:
                continue
            yield from _SPOKEN_ADDRESS.finditer(text, start, min(len(text), dot + 3 * _NEAR))


def local_start(text: str, at: int) -> int:
    """Return where the part before the at sign begins: at most 64 characters back.

    Letters of scripts without spaces belong to it only where one is right before the at sign.
    """
    start = at
    is_unspaced = at > 0 and _UNSPACED_LETTER.match(text[at - 1]) is not None
    while start > max(0, at - MAX_LOCAL_CHARACTERS) and _is_local(
        text[start - 1], glued=is_unspaced
    ):
        start -= 1
    while start < at and text[start] in _LOCAL:
        start += 1
    return start


def _is_local(character: str, *, glued: bool) -> bool:
    if character in _LOCAL:
        return True
    return character.isalnum() and (glued or _UNSPACED_LETTER.match(character) is None)


def _disguised_finds(text: str, matches: Iterator[re.Match[str]]) -> Iterator[Find]:
    for match in matches:
        begin = match.start() - (text[match.start() - 1 : match.start()] == " ")
        start = local_start(text, begin)
        # "jane dot doe at ...": walk back over words joined by a sign that is said.
        # "tanner seven seven at ...", "j m k at ...": back over digits and letters that are spelled
        # out.
        while (sign_before := _SPOKEN_SIGN_BEFORE.search(text, max(0, start - 96), start)) or (
            sign_before := _spelled_before(text, start, begin)
        ):
            start = sign_before.start()
        if start < begin and text[start:begin].lower() not in _NO_NAMES:
            yield Find(start, match.end(), Kind.EMAIL)


def _spelled_before(text: str, start: int, stop: int) -> re.Match[str] | None:
    """Return the word before a part of a mailbox's name that is a digit's word or a
    single letter.
    """
    part = text[start:stop].split(" ", 1)[0].lower()
    before = _WORD_BEFORE.search(text, max(0, start - 66), start)
    if before is None:
        return None
    word = before.group().rstrip().lower()
    is_spelled = word in NUMBER_WORDS or (len(word) == 1 and word.isalnum())
    if part in NUMBER_WORDS:
        return before if is_spelled or (word.isalpha() and word not in _NO_NAMES) else None
    return before if len(part) == 1 and is_spelled else None
