"""Secrets that are told in the answer to a question for one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cgp.privacy.late_pattern import LatePattern
from cgp.privacy.personal_data import Find, Kind
from cgp.privacy.plain_text import BREAK, UNSPACED
from cgp.privacy.secret_announcements import (
    ANNOUNCEMENT,
    ANNOUNCEMENT_BEGINS,
    CODE_ANSWER,
    MIN_LETTERS,
    TRAILING,
    is_odd,
    phrase_starts,
)
from cgp.privacy.word_places import WordPlaces
from cgp.privacy.words_not_secret import COMMON_ANSWERS

_MOST_ANSWER_CHARACTERS = 120
_MOST_ANSWER_WORDS = 8
_QUESTION_REACH = 80

_QUESTION = LatePattern(
    r"\?|？|\b(?:what|whats|tell|read|give|send|share|need|say|type|enter|spell|was|wie|welches|sag|gib|schick|nenn|quel\w*|donne"
    r"|dis|envoie|cu[áa]l|dime|d[áa]me|qual|diz|manda|dimmi|dammi|wat|geef|zeg|jakie|podaj|какой|скажи|дай|пришли|ne|s[öo]yle|vad|s[äa]g)\b"
    r"|什么|多少|告诉|教えて|何|알려|뭐|뭔|ما|क्या",
    re.IGNORECASE,
)  # fmt: skip
_TERSE_ANSWER = LatePattern(
    rf"{BREAK}(?:\w{{1,8}}[ ,])?(?:[A-ZА-Я] ?)?\d(?:[ -]?\d){{3,7}}[#*.!]*(?:{BREAK}|\Z)"
)
"""A turn that is a code and hardly more."""

_LEAD_IN = LatePattern(
    r"(?:so |and |oh,? |um,? |well,? |ok(?:ay)?,? |sure,? |yes,? |yeah,? |ja,? |oui,? |s[íi],? )?"
    r"(?:it'?s|it is|that'?s|that is|try|use|es ist|das ist|c'est|es|[éeè]|het is|to|это|det [äa]r|bu)[: ]+",
    re.IGNORECASE,
)


def find_answers(places: WordPlaces, places_of_words: list[int]) -> Iterator[Find]:
    """Yield secrets told in the turn after a question for one, or in the turn after that."""
    text, asked_until = places.text, -1
    for place in places_of_words:
        turn_end = text.find(BREAK, place)
        # A question stands at the end of its turn; further from it the word is about something
        # else.
        if turn_end < 0 or turn_end == asked_until or turn_end - place > _QUESTION_REACH:
            continue
        for begin in phrase_starts(text, place):
            if not ANNOUNCEMENT_BEGINS.may_be_at(places.lower, begin):
                continue
            match = ANNOUNCEMENT.match(text, begin)
            if match is None:
                continue
            question = text[
                max(text.rfind(BREAK, 0, place) + 1, begin - _QUESTION_REACH) : turn_end
            ]
            is_code = match.group("code") is not None
            is_asked = (
                _QUESTION.search(question) is not None
                or text[match.end() : turn_end].strip(" :.?!") == ""
                or (is_code and _TERSE_ANSWER.match(text, turn_end) is not None)
            )
            if is_asked:
                asked_until = turn_end
                yield from _answer(text, turn_end, is_code=is_code)
            break


def _answer(text: str, turn_end: int, *, is_code: bool) -> Iterator[Find]:
    start = turn_end + 1
    for _ in range(2):
        stop = text.find(BREAK, start)
        stop = len(text) if stop < 0 else stop
        if stop - start > _MOST_ANSWER_CHARACTERS:
            return
        answer = text[start:stop]
        find = _code_in(answer) if is_code else _password_in(answer)
        if find is not None:
            yield Find(start + find[0], start + find[1], Kind.SECRET)
            return
        # "Let me look" may come before the answer; a longer turn has changed the subject.
        if len(answer.split()) > 3 or stop == len(text):
            return
        start = stop + 1


def _code_in(answer: str) -> tuple[int, int] | None:
    match = CODE_ANSWER.search(answer)
    return match.span() if match and len(answer.split()) <= _MOST_ANSWER_WORDS else None


def _password_in(answer: str) -> tuple[int, int] | None:
    """Return where a password is in an answer: an odd word of it, or all of it where it is one
    word.
    """
    words = list(re.finditer(r"[^\s\"'" + UNSPACED + r"]+(?:'[^\s\"']+)*", answer))
    if not words or len(words) > _MOST_ANSWER_WORDS:
        return None
    for word in words:
        value = word.group().rstrip(TRAILING)
        if len(value) >= MIN_LETTERS and is_odd(value) and "[" not in value and "{" not in value:
            return word.start(), word.start() + len(word.group().rstrip(".,;:?)]}"))
        # Shorter numbers answer "how many" more often than "what password".
        if value.isdigit() and len(value) >= 4:
            return word.start(), word.start() + len(value)
    lead = _LEAD_IN.match(answer)
    rest = answer[lead.end() :] if lead else answer
    value = rest.strip(TRAILING + " \"'")
    is_word = (
        len(value) >= MIN_LETTERS and " " not in value and value.casefold() not in COMMON_ANSWERS
    )
    if is_word and "[" not in value and "{" not in value and any(c.isalpha() for c in value):
        start = answer.index(value, lead.end() if lead else 0)
        return start, start + len(value)
    return None
