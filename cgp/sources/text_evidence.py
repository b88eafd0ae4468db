"""Evidence that lines with names before their words are a talk, and whose names begin its turns.

See ``cgp.sources.turn_heads`` for the beginnings, ``cgp.sources.speakers`` for the names that come
back, and ``cgp.sources.talk_signs`` for words that people say to one another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from cgp.sources.speakers import HEADERS, Candidates, Look, look
from cgp.sources.talk_signs import (
    MOSTLY,
    OF_MINUTES,
    Telling,
    are_talk,
    has_sign,
    is_mere_speaker,
)
from cgp.sources.turn_heads import Head, head

NEARLY_ALL = 0.9
"""Share of lines that begin with a name where all do, but for a few that go on."""
_QUESTION_AND_ANSWER = frozenset({"Q", "A"})
_MOST_VALUES = 0.4
"""Share of turns that are nothing but a number, with its unit maybe: a list of values has more."""
_SHOWN = 3
_MOST_HEADERS = 3
"""Different headers (``Date``, ``Accept``) that no talk has for names."""
_VALUE = re.compile(
    r"^[$€£¥]?\d[\d.,:/\-]{0,20}(?:\s[-–:]\s\d{1,3})?(?:\s?[^\W\d]{1,4}|\s?[%€$°])?$"
)
_QUARTER = 15
"""Minutes of a quarter of an hour, of a time in two parts that is read as minutes and seconds."""
_WORDS_OF_A_PROGRAMME = 6
_ANSWERS = 3
"""Answers to choose from, at least."""


def missing_in_text(lines: Sequence[str], path: Path, suffixes: Sequence[str]) -> str | None:
    """Return the evidence of a talk that the first lines of a text lack, None where there is
    enough.

    In a file with one of ``suffixes`` other lines may stand between the turns.
    """
    if path.suffix.lower() in {".csv", ".tsv"}:
        return "a table: none of its columns is known to say who speaks and what"
    heads = [line_head for line in lines if (line_head := head(line)) is not None]
    if not heads:
        return "no line of it begins with a name and a colon"
    if len({line_head.name.casefold() for line_head in heads} & HEADERS) >= _MOST_HEADERS:
        return (
            f"its lines begin with headers of mail or of the web ({_shown(heads)}), not with names"
        )
    names = speakers_of(lines)
    turns = [line_head for line_head in heads if names.begin(line_head)]
    labels = [
        line_head
        for line_head in heads
        if look(line_head.name) in {Look.LABEL, Look.TITLE} and not names.begin(line_head)
    ]
    # More labels than turns are a form, in which a value may look like a name.
    if len(turns) >= 2 and len(labels) <= len(turns):
        is_text = path.suffix.lower() in suffixes
        return _missing_of(turns, labels, lines, is_text=is_text)
    if len(labels) >= MOSTLY * len(heads):
        return f"the words before its colons are labels ({_shown(labels)}), not names"
    return f"no speaker comes back: {_shown(heads)} begin its lines, and none of them two"


def _missing_of(
    turns: Sequence[Head], labels: Sequence[Head], lines: Sequence[str], *, is_text: bool
) -> str | None:
    """Return the missing evidence where names come back before colons."""
    if not _are_words(turns):
        return f"after the names stand values, not words that somebody says ({_shown(turns)})"
    if _without_words(turns, lines) > MOSTLY * len(turns):
        return f"names and times stand below one another ({_shown(turns)}), without words"
    if not _is_talk(_with_words_below(turns, lines), labels):
        if minutes := [label for label in labels if label.name.casefold() in OF_MINUTES]:
            return (
                f"{_shown(minutes)} is a label of minutes, and what follows {_shown(turns)} is said "
                "to nobody"
            )
        return (
            f"nothing shows that {_shown(turns)} speak: they are not usual names, and what follows "
            "greets nobody, asks nothing and has no I or you"
        )
    # A turn whose name has a line of its own counts for the line of words after it.
    counted = len(turns) + sum(not turn.words for turn in turns)
    share = 0.2 if is_text else 0.7
    if counted < share * len(lines):
        return f"only {len(turns)} of {len(lines)} lines begin with a speaker ({_shown(turns)})"
    return None


def _with_words_below(turns: Sequence[Head], lines: Sequence[str]) -> list[Head]:
    """Return the turns; one that shows nothing but a name has the words of the line below it."""
    bare_turns = {turn for turn in turns if not turn.words and not turn.marked}
    if not bare_turns:
        return list(turns)
    words_below = {
        line_head: next_line.strip()
        for line, next_line in pairwise(lines)
        if (line_head := head(line)) is not None
        and line_head in bare_turns
        and head(next_line) is None
    }
    return [replace(turn, words=words_below.get(turn, turn.words)) for turn in turns]


def _without_words(turns: Sequence[Head], lines: Sequence[str]) -> int:
    """Return the number of turns that have a time, and no words beside or below their names, as
    the chapters of a video have.
    """
    empty_turns = {turn for turn in turns if turn.at is not None and not turn.words}
    heads = [head(line) for line in lines] if empty_turns else []
    next_heads = [*heads[1:], *heads[-1:]]
    return sum(
        line_head in empty_turns and next_head in empty_turns
        for line_head, next_head in zip(heads, next_heads, strict=True)
    )


def _is_talk(turns: Sequence[Head], labels: Sequence[Head]) -> bool:
    """Tell if turns show that people speak: by times and brackets beside names that come back."""
    names = Counter(turn.name for turn in turns)
    if _is_timetable(turns) or _is_quiz(turns, labels):
        return False
    # One question and its answer stand so in any list of both.
    if len(turns) <= len(_QUESTION_AND_ANSWER) and all(turn.of_court for turn in turns):
        return False
    marked = sum(turn.marked for turn in turns)
    if marked > MOSTLY * len(turns) and names.most_common(1)[0][1] > 1:
        return True
    in_minutes = any(label.name.casefold() in OF_MINUTES for label in labels)
    telling = Telling.NONE if in_minutes else Telling.NAMES_AND_SIDES
    return are_talk([(turn.name, turn.words) for turn in turns], telling)


def _is_timetable(turns: Sequence[Head]) -> bool:
    """Tell if names and times are of a programme or a list of shifts: each begins at a quarter of
    an hour, and few words follow.
    """
    times = [turn.at for turn in turns if turn.at is not None and turn.short]
    words = sum(len(turn.words.split()) for turn in turns)
    return (
        len(times) == len(turns)
        and all(at % _QUARTER == 0 for at in times)
        and all(earlier < later for earlier, later in pairwise(times))
        and words < _WORDS_OF_A_PROGRAMME * len(turns)
        and not any(is_mere_speaker(turn.name) or has_sign(turn.words) for turn in turns)
    )


def _is_quiz(turns: Sequence[Head], labels: Sequence[Head]) -> bool:
    """Tell if letters before colons are the answers to choose from, which come in their order."""
    names = [turn.name.rstrip(".)") for turn in turns]
    has_question = "Q" in names or any(label.name.casefold() == "answer" for label in labels)
    letters = {name for name in names if len(name) == 1 and name != "Q"}
    if not has_question or len(letters) < _ANSWERS or any(len(name) > 1 for name in names):
        return False
    steps = sum(ord(following) - ord(name) == 1 for name, following in pairwise(names))
    return steps >= MOSTLY * (len(names) - 1)


def _shown(heads: Sequence[Head]) -> str:
    """Return the first different names of lines, in quotes."""
    names = list(dict.fromkeys(line_head.name[:40] for line_head in heads))
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(repr(name) for name in names[:_SHOWN]) + more


@dataclass(frozen=True, slots=True)
class TextSpeakers:
    """The names that begin turns; where turns are ``timed``, a line without a time begins none."""

    names: frozenset[str]
    timed: bool = False

    def begin(self, line_head: Head) -> bool:
        """Tell if a turn begins so."""
        # "A. milk" is a part of a list, but for a record of questions and answers.
        if line_head.of_court and not self.names >= _QUESTION_AND_ANSWER:
            return False
        return line_head.name in self.names and (line_head.at is not None or not self.timed)


def speakers_of(lines: Iterable[str]) -> TextSpeakers:
    """Return the speakers among the names that begin lines."""
    all_names, marked_names, timed_names, untimed_names = (
        Candidates(),
        Candidates(),
        Candidates(),
        Candidates(),
    )
    bracketed = Candidates()
    lines_in_all = 0
    begins_timed: bool | None = None
    for line in lines:
        lines_in_all += bool(line.strip())
        if (line_head := head(line)) is not None:
            begins_timed = line_head.at is not None if begins_timed is None else begins_timed
            all_names.add(line_head.name)
            (untimed_names if line_head.at is None else timed_names).add(line_head.name)
            if line_head.marked:
                marked_names.add(line_head.name)
            if line_head.bracketed:
                bracketed.add(line_head.name)
    # A tool writes the time of each turn: a line without one says more ("Yes: that is it"). Where
    # a speaker has turns of both kinds, a person wrote times here and there. A few times in a talk
    # without them are a timetable that somebody quotes.
    by_tool = not timed_names.counts.keys() & untimed_names.counts.keys()
    use_timed = begins_timed or timed_names.counts.total() >= untimed_names.counts.total()
    if by_tool and use_timed and timed_names.counts.total() > 1:
        names = timed_names.speakers() | timed_names.looking({Look.NAME, Look.HANDLE})
        names |= timed_names.coming_back(2) | bracketed.looking({Look.LOWER})
        return TextSpeakers(names, timed=True) if names else TextSpeakers(names)
    return TextSpeakers(_untimed_names(all_names, marked_names, lines_in_all))


def _untimed_names(
    all_names: Candidates, marked_names: Candidates, lines_in_all: int
) -> frozenset[str]:
    """Return the speakers of lines whose times, if they have any, tell nothing."""
    number = all_names.counts.total()
    names = all_names.speakers(every_line=number >= NEARLY_ALL * lines_in_all)
    if marked_names.counts.total() > 1:
        # A time or brackets beside a name are evidence of their own: two such lines, and it is a
        # talk.
        names |= marked_names.looking({Look.NAME, Look.HANDLE})
    return names or frozenset(all_names.take_turns() if number == 2 == lines_in_all else ())


def _may_be_key(name: str) -> bool:
    """Tell if a name in small letters or capitals may be a key of settings, or a part of a log."""
    return look(name) is Look.HANDLE or (name.isupper() and name.isalpha() and len(name) > 1)


def _are_words(turns: Sequence[Head]) -> bool:
    """Tell if the turns hold words as talk does, and not the numbers of a list of values."""
    texts = [turn.words for turn in turns if turn.words]
    values = sum(_VALUE.match(text) is not None for text in texts)
    if not texts:
        return True
    if all(_may_be_key(turn.name) for turn in turns):
        # Settings and logs have such keys, also beside a time. Their values say nothing to anybody.
        return are_talk([(turn.name, turn.words) for turn in turns], Telling.NAMES)
    return turns[0].marked or values < _MOST_VALUES * len(texts)
