"""The beginning of a turn in plain text, as recognisers, meeting tools and people write it.

``Name: words``; ``[SPEAKER_00]: words``; ``[00:01 - 00:03] Name: words``; ``2025-03-01 08:00 Name:
words``; and on a line of its own, with the words after it, ``Name 00:07``, ``Name (00:07):``,
``[Name] 09:01:12``, ``00:07 Name`` and ``Name:``. In a court's record, ``Q.`` and ``A.`` stand for
the names. Copied out of Teams, ``[10/3 10:02 AM] Name: words`` or ``[Yesterday 10:02 AM] Name`` and
the words after it; out of Discord, ``Name — Today at 10:02 AM``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from cgp.sources.half_days import hour_of_day
from cgp.sources.speakers import Look, look

_CLOCK = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,6})?(?:\s?[AaPp][Mm]\b)?"
_DATE = r"\d{4}-\d{2}-\d{2}(?:T|,? )\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,6})?(?:Z|[+-]\d{2}:?\d{2})?"
_STAMP = rf"(?:[\[(]?(?:(?P<date>{_DATE})|(?P<clock>{_CLOCK})(?:\s?(?:-{{1,2}}>?|–|—)\s?{_CLOCK})?)[\])]?(?:\s[-–—])?\s{{1,4}})?"
_NAME = r"(?:[^\s:：\[\]{}<>\"|(#>*][^\t:：\[\]{}<>\"|*]{0,59}?|\+?\d[\d\s()*-]{4,30})"
_AFTER = rf"(?:\s{{0,4}}[\[(](?P<after>{_CLOCK})[\])])?"
_SPEECH_VERB = re.compile(
    rf"^\s{{0,40}}{_STAMP}(?:\[(?P<marked>{_NAME})\]|(?P<name>{_NAME})){_AFTER}\s?[:：](?:\s+|(?<=：)|$)(?P<words>.*)$"
)
_ALONE = re.compile(
    rf"^(?:\[(?P<marked>{_NAME})\]|(?P<name>{_NAME}))\s{{1,4}}(?:[-–—]\s)?[\[(]?(?P<after>{_CLOCK})[\])]?\s{{0,4}}$"
)
_BEHIND_TIME = re.compile(
    rf"^[\[(]?(?P<clock>{_CLOCK})[\])]?\s{{1,4}}(?:[-–—]\s)?(?P<name>{_NAME})\s{{0,4}}$"
)
_LETTERS_OF_COURT = frozenset("QA")
_OF_COURT = re.compile(r"^\s{0,40}(?P<name>[QA])(?:\.\s{1,8}|\s{2,8}|\t\s{0,8})(?P<words>\S.*)$")
# Transcribers put the time of what they do not understand into brackets too: [inaudible 00:12].
_DAY = (
    r"(?:\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?\.?|"
    r"(?!(?i:inaudible|crosstalk|unclear|silence|pause|music|laughter|applause|noise|foreign)\b)[^\W\d_]{3,10})"
)
_HALF_DAY_CLOCK = r"\d{1,2}:\d{2}\s?[AaPp][Mm]"
_WORDS_TIME = re.compile(rf"^\[(?P<clock>{_CLOCK})\]\s+")
"""A time between the name's colon and the words, as Sonix writes."""
_HOURS = re.compile(r"^\d{1,2}:\d{2}$")
"""A time of day where others have minutes and seconds."""
_COPY_FORMS = (
    re.compile(
        rf"^\[{_DAY},?\s(?P<clock>{_CLOCK})\]\s{{1,4}}(?P<name>{_NAME})\s?:(?:\s+(?P<words>.*))?$"
    ),
    re.compile(
        rf"^\[(?:{_DAY},?\s(?P<clock>{_CLOCK})|(?P<after>{_HALF_DAY_CLOCK}))\]\s{{1,4}}(?P<name>{_NAME})$"
    ),
    re.compile(rf"^(?P<name>{_NAME})\s—\s(?:{_DAY}(?:\sat|,)?\s)?(?P<after>{_CLOCK})$"),
)
_TIME_ALONE = re.compile(rf"^\s{{0,8}}[\[(]?(?P<clock>{_CLOCK})[\])]?\s{{0,8}}$")


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a turn. ``at`` is in seconds, since the epoch where it is ``dated``.

    ``marked`` says that there is more than a name before a colon: a time, or brackets around the
    name. ``short`` says that the time has two parts, read as minutes and seconds, which may be
    hours and minutes. ``bracketed`` says that brackets stand around the name and a time beside it,
    which no prose has. ``of_court`` says that a letter without a colon stands for the name.
    """

    name: str
    words: str
    at: float | None
    dated: bool = False
    marked: bool = False
    short: bool = False
    bracketed: bool = False
    of_court: bool = False


def head(line: str) -> Head | None:
    """Return the beginning of a turn that a line may be, None where it cannot be one."""
    # The first letter tells most lines apart, at less cost than the form does.
    if line.lstrip()[:1] in _LETTERS_OF_COURT and (of_court := _OF_COURT.match(line)):
        return Head(of_court["name"], of_court["words"].strip(), None, of_court=True)
    if ":" not in line and "：" not in line:
        return None  # most lines: every other beginning has a colon
    copy_match, short = _copy_match(line), False
    match = copy_match or _SPEECH_VERB.match(line) or _ALONE.match(line) or _behind_time(line)
    if match is None:
        return None
    fields = match.groupdict()
    date = fields.get("date")
    words = (fields.get("words") or "").strip()
    clock = fields.get("clock") or fields.get("after")
    if clock is None and date is None and (timed := _WORDS_TIME.match(words)):
        clock, words = timed["clock"], words[timed.end() :]
    at = _moment(date) if date else None
    has_date = at is not None
    if at is None and clock:
        # Whether 12:34 is minutes or hours shows only from the other times of the file.
        short = copy_match is None and _HOURS.match(clock) is not None
        at = seconds(f"{clock}:00" if copy_match and _HOURS.match(clock) else clock)
    name = fields.get("marked") or fields["name"]
    # A diary has a time before its headings as well: that shows no speaker.
    has_mark = fields.get("marked") is not None or (at is not None and match.re is not _BEHIND_TIME)
    bracketed = fields.get("marked") is not None and at is not None
    return Head(" ".join(name.split()), words, at, has_date, has_mark, short, bracketed)


def _behind_time(line: str) -> re.Match[str] | None:
    """Return the beginning of a turn whose name stands behind its time, the words below it."""
    if not line[:1].isdecimal() and line[:1] not in {"[", "("}:
        return None  # most lines
    match = _BEHIND_TIME.match(line)
    return match if match is not None and look(match["name"]) is Look.NAME else None


def _copy_match(line: str) -> re.Match[str] | None:
    """Return the beginning of a message that was copied out of a chat program's window."""
    plain = line.lstrip("\u200b\ufeff").rstrip()
    if not plain.startswith("[") and "—" not in plain:
        return None  # most lines
    return next((match for form in _COPY_FORMS if (match := form.match(plain))), None)


def time_alone(line: str) -> float | None:
    """Return the seconds of a line that is nothing but a time."""
    match = _TIME_ALONE.match(line)
    return seconds(match["clock"]) if match else None


def seconds(clock: str) -> float:
    """Return the seconds of ``[hours:]minutes:seconds[.fraction]``, or of ``hours:minutes AM``."""
    half = clock[-2:].upper()
    if half in {"AM", "PM"}:
        hours, minutes, *rest = clock[:-2].strip().split(":")
        whole = f"{hour_of_day(int(hours), half)}:{minutes}:{rest[0] if rest else 0}"
        return seconds(whole)
    total = 0.0
    for part in clock.replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return round(total, 3)


def _moment(date: str) -> float | None:
    try:
        moment = datetime.fromisoformat(date.replace(", ", " ").replace(",", "."))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
