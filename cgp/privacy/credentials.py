"""Secrets: private keys, recovery phrases, API keys and tokens by their form, passwords that are said.

A long random string without a known form counts where it mixes upper case, lower case and digits the
way random strings do. Hashes, UUIDs and names in code are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.plain_text import BREAK

MIN_TOKEN_CHARACTERS = 16
MIN_RANDOM_CHARACTERS = 24
_MIN_SAID_CHARACTERS = 3
_MAX_TOKEN_CHARACTERS = 8192

_TOKEN_CHARACTERS = re.compile(r"[A-Za-z0-9_+/=.~:-]{16,}")
_URL_TOKEN_CHARACTERS = re.compile(r"[A-Za-z0-9_.~:-]{16,}")
_NAME = re.compile(r"[\w.-]{1,64}[=:]+")

# Forms of keys and tokens, from the providers' documentation; matched at the start of a token.
_KNOWN = re.compile(
    r"sk-(?:ant-|proj-|svcacct-|or-v1-|lf-)?[\w-]{16,}|(?:gsk|sk|rk|pk|whsec|tok)_[A-Za-z0-9_]{16,}"
    r"|gh[opusr]_\w{20,}|github_pat_\w{20,}|gl(?:pat|dt|rt|ptt|cbt)-[\w-]{16,}"
    r"|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{16,}|(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{16}\b|AIza[\w-]{30,}"
    r"|ya29\.[\w-]{16,}|GOCSPX-[\w-]{16,}|hf_\w{16,}|npm_\w{20,}|pypi-[\w-]{16,}|r8_\w{16,}|xai-\w{16,}"
    r"|SG\.[\w-]{12,}\.[\w-]{12,}|key-[0-9a-f]{32}\b|(?:SK|AC)[0-9a-f]{32}\b|d(?:op|oo|or)_v1_[0-9a-f]{32,}"
    r"|sh(?:pat|pss|pca|ppa)_[0-9a-fA-F]{16,}|\d{8,10}:AA[\w-]{30,}|lin_api_\w{16,}|ntn_\w{16,}"
    r"|secret_[A-Za-z0-9]{24,}|hv[bs]\.[A-Za-z0-9_-]{24,}|AGE-SECRET-KEY-1[A-Z0-9]{20,}"
    r"|[MNO][\w-]{22,27}\.[\w-]{6}\.[\w-]{27,}|dckr_pat_[\w-]{16,}|nvapi-[\w-]{16,}|tvly-\w{16,}"
    r"|eyJ[\w-]{6,}={0,2}\.[\w-]{6,}={0,2}(?:\.[\w-]*={0,2}){0,3}|EAA[A-Za-z0-9]{40,}|sq0[a-z]{3}-[\w-]{20,}"
)
_BLOCK = "-----BEGIN "
_BLOCK_HEAD = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_BLOCK_END = re.compile(r"-----END [A-Z0-9 ]{0,60}-----")

_WORDS_FOR_IT = (
    r"pass(?:word|wd|phrase|code)s?|pass(?=[\"']?[ \t]*[:=])|pwd|contrase[nñ]a|clave|passe|mdp|passwort|kennwort"
    r"|senha|palavra[- ]passe|wachtwoord|parola d'ordine|code (?:du )?wi-?fi"
)
_WORDS_FOR_KEYS = (
    r"(?:api|access|secret|private|auth|bearer|session|refresh|client|signing|encryption)[ _-]?"
    r"(?:key|token|secret|id)s?|apikey|secret|token|authorization|api[- ]schl[uü]ssel|zugangsschl[uü]ssel"
    r"|clave de api|cl[eé] (?:api|secr[eè]te)|chave (?:de )?api"
)
_WORDS_FOR_CODES = (
    r"pin(?: code)?|otp|cvv2?|cvc2?|(?:verification|security|one[- ]time|sms|2fa|confirmation|access|login) code"
    r"|c[oó]digo de (?:verificaci[oó]n|seguridad|verifica[cç][aã]o|seguran[cç]a)|code de v[eé]rification"
    r"|code (?:secret|confidentiel)|(?:best[aä]tigungs|sicherheits|zugangs)code|geheimzahl"
)
_IS = (
    r"(?P<link>[ \t]*(?::=|=>|->|[:=])[ \t]*"
    r"|(?: (?:number|de|du|del|do|da|für|for|of|to|login|wifi|wlan|wi-fi|the|my|is now|\w{1,16})){0,3}"
    r"[ ](?:is|was|es|era|est|ist|war|lautet|é|è|im)(?:[ ]*:)?[ ]+)"
)
_QUOTED = r"[\"'`“«]?(?P<value>[^\s\"'`”»{0}]{{{1},256}})"
_SAID = re.compile(
    rf"(?:(?P<password>[A-Z0-9_-]{{0,32}}(?<![A-Z0-9])(?:{_WORDS_FOR_IT}))|(?P<key>[A-Z0-9_-]{{0,32}}(?<![A-Z0-9])(?:{_WORDS_FOR_KEYS}))"
    rf"|(?P<code>{_WORDS_FOR_CODES}))[\"']?{_IS}{_QUOTED.format(BREAK, 3)}",
    re.IGNORECASE,
)
# Every word that announces a secret holds one of these, and few other words do.
_STEMS = (
    "pass", "pwd", "contrase", "clave", "mdp", "kennw", "senha",
    "wachtw", "parola", "key", "token", "secret", "authori", "schlüssel", "schluessel", "chave", "pin",
    "otp", "cvv", "cvc", "code", "código", "codigo", "geheimzahl", "clé", "cle ",
)  # fmt: skip
_DIRECT_STEMS = ("otp ", "cvv", "cvc", "pin ")
_BEARER_STEMS = ("bearer ", "basic ")
_PHRASE_STEMS = ("mnemonic", "phrase", "seed words", "frase semilla")
_LAST_WORD = re.compile(r"[\w-]+\Z")
_DIRECT = re.compile(
    r"(?:(?:otp|cvv2?|cvc2?) (?P<value>\d{3,8})|pin (?P<pin>\d{4,6}))(?![\w-]|[.,]\d)",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?:Bearer|Basic)[ ]+(?=[^\s\d=]{0,256}[\d=])(?P<value>[\w+/=.~-]{12,4096})")
_PHRASE = re.compile(
    r"(?:mnemonic|(?:seed|recovery|secret|backup)[ -]phrase|seed words|frase semilla"
    r"|phrase de r[eé]cup[eé]ration)[^\n:=" + BREAK + r"]{0,24}[:=][ \t]*[\"'`]?"
    r"(?P<value>[a-z]{3,8}(?:[ ,]{1,2}[a-z]{3,8}){11,23})",
    re.IGNORECASE,
)
_TRAILING = ".,;:?)]}"
_PLACEHOLDER_START = "["
_MASKED = re.compile(r"[*•xX.#_-]+")


def find_secrets(text: str) -> Iterator[Find]:
    """Yield the secrets in a plain text."""
    yield from _private_keys(text)
    yield from _tokens(text)
    lower = text.lower()
    yield from _said(text, lower)
    for pattern, stems in (
        (_DIRECT, _DIRECT_STEMS),
        (_BEARER, _BEARER_STEMS),
        (_PHRASE, _PHRASE_STEMS),
    ):
        for place in _places(lower, stems):
            for begin in _phrase_starts(text, place):
                if match := pattern.match(text, begin):
                    yield Find(*match.span(match.lastgroup or 0), Kind.SECRET)
                    break


def _places(lower: str, stems: tuple[str, ...]) -> list[int]:
    """Return where any of the stems is, in order (much faster than one pattern of all of them)."""
    places: list[int] = []
    for stem in stems:
        place = lower.find(stem)
        while place >= 0:
            places.append(place)
            place = lower.find(stem, place + len(stem))
    return sorted(places)


def _private_keys(text: str) -> Iterator[Find]:
    """Yield key blocks; one without an end reaches to the end of its turn."""
    start = text.find(_BLOCK)
    while start >= 0:
        next_from = start + len(_BLOCK)
        if head := _BLOCK_HEAD.match(text, start):
            turn_end = text.find(BREAK, start)
            turn_end = len(text) if turn_end < 0 else turn_end
            end = _BLOCK_END.search(text, head.end(), turn_end)
            next_from = end.end() if end else turn_end
            yield Find(start, next_from, Kind.SECRET)
        start = text.find(_BLOCK, next_from)


def _tokens(text: str) -> Iterator[Find]:
    """Yield keys by their form and random strings, looking at long words only."""
    position = 0
    for word in text.split():
        if len(word) < MIN_TOKEN_CHARACTERS:
            continue
        position = text.index(word, position)
        characters, check = _TOKEN_CHARACTERS, _token
        if "://" in word:
            characters, check = _URL_TOKEN_CHARACTERS, _known_token
        for token in characters.finditer(text, position, position + len(word)):
            yield from check(token)
        position += len(word)


def _known_token(token: re.Match[str]) -> Iterator[Find]:
    if known := _known(token.group(), 0):
        yield Find(token.start(), token.start() + known, Kind.SECRET)


def _known(value: str, start: int) -> int:
    """Return where the key of a known form that begins at ``start`` ends, else 0."""
    match = _KNOWN.match(value, start)
    return match.end() if match and any(c.isdigit() for c in match.group()) else 0


def _token(token: re.Match[str]) -> Iterator[Find]:
    """Yield the secret in one run of token characters: after a name and ``=`` or ``:``, or all of it."""
    value = token.group().rstrip(".:-/")
    offset = 0
    known = _known(value, 0)
    if not known and (name := _NAME.match(value)):
        offset = name.end()
        known = _known(value, offset)
    if known or _is_random(value[offset:]):
        yield Find(token.start() + offset, token.start() + (known or len(value)), Kind.SECRET)


def _is_random(value: str) -> bool:
    """Return whether a string looks drawn at random from letters of both cases and digits.

    In such a string about six in ten neighbours are of different classes (upper, lower, digit); in
    names in code, paths and words it is fewer than four.
    """
    if not MIN_RANDOM_CHARACTERS <= len(value) <= _MAX_TOKEN_CHARACTERS or value.count("/") > 3:
        return False
    classes = "".join(
        "d" if c.isdigit() else "u" if c.isupper() else "l" for c in value if c.isalnum()
    )
    if not classes or min(classes.count(c) for c in "dul") < 2:
        return False
    changes = sum(a != b for a, b in pairwise(classes))
    return changes >= 0.45 * len(classes) and len(set(value)) >= 12


def _said(text: str, lower: str) -> Iterator[Find]:
    position = 0
    for place in _places(lower, _STEMS):
        if place < position:
            continue
        position = place + 1
        for begin in _phrase_starts(text, place):
            match = _SAID.match(text, begin)
            if match is None:
                continue
            value = match.group("value").rstrip(_TRAILING)
            stop = match.start("value") + len(value)
            position = match.start("link")
            if value and _is_secret(match, value, text[stop : stop + 24]):
                yield Find(match.start("value"), stop, Kind.SECRET)
                position = stop
            break


def _phrase_starts(text: str, position: int) -> Iterator[int]:
    """Yield where the word around ``position`` begins, then where the one and two words before it do."""
    for _ in range(3):
        words = _LAST_WORD.search(text, max(0, position - 34), position)
        position = words.start() if words else position
        yield position
        if position == 0 or text[position - 1] != " ":
            return
        position -= 1


def _is_secret(match: re.Match[str], value: str, after: str) -> bool:
    """Return whether what is said to be a password, key or code is one, and not a word about it."""
    if len(value) < _MIN_SAID_CHARACTERS or value.startswith(_PLACEHOLDER_START):
        return False
    if _MASKED.fullmatch(value) or "://" in value:
        return False
    if match.group("code"):
        return re.fullmatch(r"\d{3,8}(?:-\d{3,4})?|[A-Z0-9]{5,8}", value) is not None and any(
            c.isdigit() for c in value
        )
    mixed = any(c.isdigit() for c in value) and any(not c.isdigit() for c in value)
    if match.group("key"):
        return mixed and len(value) >= 8 and value[0] not in "$<({"
    quoted = match.group()[: -len(match.group("value"))][-1:] in "\"'`“«"
    odd = mixed or any(c in "!@#$%^&*+=?~" for c in value[:-1])
    if any(sign in match.group("link") for sign in ":="):
        alone = re.match(r"[.!?\"'`”»]*[ \t]*(?:[\n\x1e]|\Z)", after) is not None
        return odd or quoted or (value.isdigit() and len(value) >= 4) or alone
    return odd or quoted or (value.isdigit() and len(value) >= 4)
