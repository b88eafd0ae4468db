"""Codes of locked things: "the gate? 2580", "alarm's 6013", "the phone unlocks with 9482".

No word for a secret stands there. It shows by the thing that is locked, or because something opens
or is switched off with the number, and that a sentence ends behind it: a number with a unit, an
amount or a year is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from cgp.privacy.context import Context, said_before
from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.lock_words import LOCK_WORDS, OPENING_WORDS, OTHER_CODES, PLAIN_CODE_WORDS
from cgp.privacy.number_words import NOT_PERSONAL, listed
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.plain_text import BREAK, UNSPACED

_LOCKS = said_before(*listed(LOCK_WORDS), gap=28)
_OPENS = said_before(*listed(OPENING_WORDS), gap=16)
_CODES = said_before(*listed(PLAIN_CODE_WORDS), gap=40)

_FORM = LatePattern(
    r"(?<![^\W" + UNSPACED + r"])(?<![.,:/$€£¥₹+-])(?<!\d )"
    r"(?:\d{1,2}-\d{1,2}-\d{1,2}(?:-\d{1,2})?|\d(?:[ -]\d){3,7}|\d{3}[ -]\d{3}"
    r"|[#*]?(?:[A-ZА-Я]{1,2}[ -]?)?\d{3,8}(?:[A-ZА-Я]\d{0,4})?|\d{2}[A-ZА-Я]\d{2,5})[#*]?"
    r"(?![\w%€$£¥₹°](?<![" + UNSPACED + r"])|[.,:/-]\d|[ ]?[%€$£¥₹°]|[ ]\d)"
)
_MIN_DIGITS = 3
_YEAR = LatePattern(r"(?:19[4-9]|20[0-4])\d")

_SENTENCE_END = LatePattern(
    r"[\"']?[ ]?(?:\Z|[.!?,;)" + BREAK + r"\n。，、！？]|(?:이야|이에요|예요|입니다|야|로|으로|です|で|だよ|だ|吧|啊|哦|别|别忘|记)"
    r"|[ ](?:and|then|und|dann|et|puis|y|luego|e|poi|depois|en|dan|i|potem|и|потом|та|ve|sonra|och|sen|but|btw|ok|okay|always|again|please"
    r"|auf|aus|ab|है|हैं|for the|if|on the keypad|to (?:get|open|unlock|disarm|turn))(?![^\W_]))",
    re.IGNORECASE,
)  # fmt: skip
"""Words and signs behind a code. A noun there would be counted by the number."""

_BE = (
    r"is|was|are|it'?s|that'?s|it is|ist|war|lautet|est|c'est|était|es|era|é|è|jest|to|это|є|är|er|on|je|είναι|adalah|là|هو|هي|है|הוא|היא|="
    r"|için|still|now|just|always|jetzt|immer noch|noch|toujours|maintenant|sigue siendo|ahora|agora|adesso|nu|teraz|теперь|şimdi|the|die|der|das|le|la|el|o|il"
)
_LINK = LatePattern(
    rf"(?:'s|[ ]?[:?？：]|,)?(?:[ ](?:{_BE}))?(?:[ ](?:{_BE}))?[ ]*|[ ]?(?:是|为|用|は|が|은|는|이|가|คือ|：)[ ]?",
    re.IGNORECASE,
)
"""Words between a thing and its code; nothing at all counts only after a word for a code."""

_CODE_LINK = LatePattern(
    rf"(?:[ ](?!(?:{OTHER_CODES})\b)[\w']{{1,16}}){{0,4}}?(?P<be>'s|[ ]?[:：]|(?:,?[ ](?:{_BE})){{1,2}}|[ ]?(?:是|为|は|が|은|는|이|가|คือ)[ ]?)?[ ]*",
    re.IGNORECASE,
)
_OTHER_CODE = LatePattern(rf"(?<![^\W_])(?:{OTHER_CODES})[ -]?(?:\w{{2,8}})?\Z", re.IGNORECASE)
_FILLERS = LatePattern(
    r"[: ]*(?:(?:the|a|code|pin|number|der|die|den|le|la|el|il|o)[ ]+){0,2}", re.IGNORECASE
)
_CODES_BEHIND = r"code|pin|passcode|combination|combo|t[üu]rcode|alarmcode|geheimzahl|digicode|c[óo]digo|clave|senha|codice|kod|код|пин|пароль|koden"
_OPENS_BEHIND = r"opens|unlocks|disarms"
_OPENS_BEHIND_DE = r"[öo]ffnet|entsperrt"
_ANNOUNCED_BEHIND = LatePattern(
    r"[ ](?:is|was|ist|est|es|é|è|to|это|är|er)(?:[ ](?!(?:" + OTHER_CODES + r")\b)[\w']{1,14}){0,4}[ ]"
    rf"(?:{_CODES_BEHIND})(?![^\W_])"
    rf"|[ ](?:{_OPENS_BEHIND})[ ](?:the|my|our|your|his|her|it)(?![^\W_])|[ ]?ile[ ](?:a[çc][ıi]l|kapan)|で(?:開|解除|ロック)"
    rf"|[ ](?:{_OPENS_BEHIND_DE})[ ](?:die|das|den|mein)",
    re.IGNORECASE,
)  # fmt: skip
_BEHIND = said_before(
    *_CODES_BEHIND.split("|"), *_OPENS_BEHIND.split("|"), *_OPENS_BEHIND_DE.split("|"), "ile ", "で"
)
"""Words of which one is in all that announces a code from behind."""

CONTEXTS: tuple[Context, ...] = (_LOCKS, _OPENS, _CODES, _BEHIND)
"""Without any of them no code is told."""

_UNLOCKS = LatePattern(
    r"unlock|entsperr|d[ée]verr|desbloq|sblocc|разблок|odblok|розблок", re.IGNORECASE
)
"""A telephone or a computer is unlocked: a year is as good a code as any there."""

_CODE_END = LatePattern(
    rf"[ ]?(?:\Z|[.!?,;)\n。，、！？{BREAK}{UNSPACED}]|[^\W_]{{0,4}}(?:ıl|il)\w*)|[ ](?:for|to|of|on|f[üu]r|vom|zum|pour|de|del|do|da|per|van|do|od|для|от|gate|door|alarm|safe|garage|tor|t[üu]r)(?![^\W_])",
    re.IGNORECASE,
)
_CONTEXT_BEFORE = 24


def find_lock_codes(
    text: str, start: int, stop: int, contexts: AbstractSet[Context]
) -> Iterator[Find]:
    """Yield the codes of locked things in ``text[start:stop]`` (plain text), with no other
    contexts than ``contexts``.
    """
    if contexts.isdisjoint(CONTEXTS):
        return
    for match in _FORM.finditer(text, start, stop):
        if sum(map(str.isdigit, match.group())) >= _MIN_DIGITS and _is_told(text, match):
            yield Find(*match.span(), Kind.SECRET)


def _is_told(text: str, match: re.Match[str]) -> bool:
    begin, is_year = match.start(), _YEAR.fullmatch(match.group()) is not None
    behind = _ANNOUNCED_BEHIND.match(text, match.end())
    # "2019 was the code year" is not code; with a year something must be unlocked.
    if behind is not None and not is_year:
        return _CODE_END.match(text, behind.end()) is not None and not NOT_PERSONAL.is_said(
            text, begin
        )
    # A noun behind the number would be counted by it: "the gate? 3 cars".
    if _SENTENCE_END.match(text, match.end()) is None:
        return False
    opens = _OPENS.place(text, begin)
    if opens >= 0 and _FILLERS.fullmatch(text, opens, begin):
        begins = max(0, opens - _CONTEXT_BEFORE)
        return not is_year or _UNLOCKS.search(text, begins, opens) is not None
    if is_year or NOT_PERSONAL.overrules(_CODES, text, begin):
        return False
    lock, code = _LOCKS.place(text, begin), _CODES.place(text, begin)
    if lock >= 0 and _is_linked(text, lock, begin):
        return True
    return code >= 0 and _is_code_told(text, lock, code, begin)


def _is_linked(text: str, lock: int, begin: int) -> bool:
    """Tell if a thing that is locked and a number are joined by more than a space."""
    between = text[lock:begin]
    return bool(between.strip()) and _LINK.fullmatch(between) is not None


def _is_code_told(text: str, lock: int, code: int, begin: int) -> bool:
    """Tell if a word for a code, which ends at ``code``, announces a number: it is said to be it,
    or something that is locked stands beside.
    """
    link = _CODE_LINK.fullmatch(text, code, begin)
    if link is None or _OTHER_CODE.search(text, max(0, code - _CONTEXT_BEFORE), code):
        return False
    return lock >= 0 or link.group("be") is not None
