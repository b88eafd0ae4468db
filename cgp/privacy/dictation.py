"""Values that are told over several turns: "07911", "823 466"; "tom.ferris", "at gmail dot com".

Such turns are joined into a text of their own, with the end of the turn before them as context.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cgp.privacy.plain_text import BREAK, PlainText
from cgp.privacy.spoken_numbers import NUMBER_WORDS

_MOST_TURNS = 24
_REACH = 80  # characters of a turn that may belong to what is told
_MOST_ASIDE = 24  # characters of an "uh-huh" between two parts
_MARKS = " ,.…;?-"

_SIGNS = (
    "at arroba arobase chiocciola dot punto ponto punkt point kropka собака точка nokta underscore"
)
_MAIL_WORDS = frozenset(_SIGNS.split())
_GOING_ON = NUMBER_WORDS | _MAIL_WORDS | {"plus", "double", "triple"}
_ASIDE = re.compile(
    r"\W*(?:(?:ok(?:ay)?|yes|yeah|yep|mhm|uh[- ]?huh|right|got it|go on|and|sure|alright|all right|and then|then|next|go ahead|go on|continue|keep going|weiter|und dann|und weiter|et ensuite|ensuite|et puis"
    r"|y luego|luego|sigue|e poi|e depois|en dan|i dalej|dalej|а дальше|дальше|sonra|ja|genau|oui|d'accord"
    r"|s[íi]|vale|claro|sim|certo|da|да|так|はい|うん|嗯|好|네|응|evet|tamam|haan|हाँ)\W*){1,2}",
    re.IGNORECASE,
)


def dictations(text: str, lower: str) -> Iterator[PlainText]:
    """Yield a text for each value that several turns say, with its characters' places in ``text``.

    ``lower`` is the lower case of ``text``.
    """
    gaps: list[tuple[int, int]] = []
    for stop, resume in _open_ends(text, lower):
        # A new value begins here, or the last one has become too long to be one.
        if gaps and (
            len(gaps) == _MOST_TURNS
            or stop - gaps[-1][1] > _REACH
            or BREAK in text[gaps[-1][1] : stop]
        ):
            yield _join(text, gaps)
            gaps = []
        gaps.append((stop, resume))
    if gaps:
        yield _join(text, gaps)


def _any_of(words: Iterable[str]) -> str:
    """Return a pattern of words, those of one first letter together: one look rules them out."""
    endings: dict[str, set[str]] = {}
    for word in words:
        endings.setdefault(word[0], set()).add(re.escape(word[1:]))
    # The longer word comes before its beginning: a pattern takes the first that fits.
    return "|".join(
        f"{first}(?:{'|'.join(sorted(rest, key=len, reverse=True))})"
        for first, rest in sorted(endings.items())
    )


# Most turns begin and end in no such way. One pass over the text finds the others; the end of a
# turn is read backwards, from the break on, so that nothing else is looked at.
_HEAD = re.compile(
    rf"{BREAK}[^\S{BREAK}]{{0,3}}"
    rf"(?:(?:{_any_of(_GOING_ON)})[{re.escape(_MARKS.strip())}]{{0,12}}(?!\S)|[0-9+(@.,…-])"
)
_SIGN_AT_END = re.compile(
    rf"{BREAK}[{re.escape(_MARKS)}]{{0,11}}+"
    rf"(?:(?:{'|'.join(word[::-1] for word in _SIGNS.split())})(?=[ {BREAK}]|\Z)|@)"
)


def _open_ends(text: str, lower: str) -> Iterator[tuple[int, int]]:
    """Yield the ends of turns after which a value goes on, each with where it goes on."""
    ends = {len(text) - match.start() - 1 for match in _SIGN_AT_END.finditer(lower[::-1])}
    heads = {match.start() for match in _HEAD.finditer(lower)}
    for end in sorted(ends | heads):
        start = text.rfind(BREAK, 0, end) + 1
        if start == end:  # nothing was said before: an empty title, most often
            continue
        before = text[start:end]
        stop = text.find(BREAK, end + 1)
        turn = text[end + 1 : stop if stop >= 0 else len(text)]
        if end in heads and _goes_on(turn.lstrip()):
            if _is_open(before, turn):
                yield end, end + 1
            elif start and _is_aside(before):
                earlier = text.rfind(BREAK, 0, start - 1) + 1
                if _is_open(text[earlier : start - 1], turn):
                    yield start - 1, end + 1
        elif end in ends and len(before) <= _REACH:
            yield end, end + 1


def _goes_on(turn: str) -> bool:
    """Tell if a turn begins as the rest of a number or an e-mail address does."""
    first = turn[:1]
    if first.isalpha():
        word = turn[:16].split(None, 1)[0]
        return word.rstrip(_MARKS).lower() in _GOING_ON
    head = turn[:8].lstrip(" ,.…-(+")
    return first in "@." or head[:1].isdigit()


def _is_open(before: str, turn: str) -> bool:
    """Tell if a turn ends with a number, or with what may be a part of an address
    if one goes on.
    """
    end = before[-_REACH:].rstrip(_MARKS + "\n\r\t")
    words = end.split()
    if not words:
        return False
    last = words[-1].lower()
    first = turn.lstrip()[:16].split(None, 1)[0].rstrip(_MARKS).lower()
    if first in _MAIL_WORDS or first[:1] in "@.":
        return len(before) <= _REACH
    return end[-1].isdigit() or last.lstrip(_MARKS) in NUMBER_WORDS


def _is_aside(turn: str) -> bool:
    return len(turn) <= _MOST_ASIDE and _ASIDE.fullmatch(turn) is not None


def _join(text: str, gaps: list[tuple[int, int]]) -> PlainText:
    """Return the turns around ``gaps`` as one text, with a space in place of each gap.

    A gap is the place where a turn ends and the place where the value goes on, as ``_open_ends``
    yields them. Marks at both sides of a gap are left out: "07911 …", "- 823" is "07911 823".
    """
    first_stop = gaps[0][0]
    start = max(0, first_stop - _REACH)
    # The turn before the first part holds the question that the parts answer.
    turn_start = text.rfind(BREAK, start, first_stop)
    if turn_start >= 0:
        start = max(0, turn_start - _REACH)
    positions: list[int] = []
    position = start
    for stop, resume in gaps:
        length = len(text[position:stop].rstrip(_MARKS))
        positions += range(position, position + length)
        positions.append(stop)
        head = text[resume : resume + 8]
        position = resume + len(head) - len(head.lstrip(" ,…-"))
    # The rest of the last turn, as far as a value can reach into it.
    reach = min(len(text), position + _REACH)
    turn_stop = text.find(BREAK, position, reach)
    positions += range(position, turn_stop if turn_stop >= 0 else reach)
    stops = {stop for stop, _ in gaps}
    return PlainText("".join(" " if p in stops else text[p] for p in positions), positions)
