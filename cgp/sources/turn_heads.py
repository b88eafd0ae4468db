"""The beginning of a turn in plain text, as recognisers, meeting tools and people write it.

``Name: words``; ``[SPEAKER_00]: words``; ``[00:01 - 00:03] Name: words``; ``2025-03-01 08:00 Name:
words``; and on a line of its own, with the words after it, ``Name  00:07``, ``Name (00:07):``,
``[Name] 09:01:12`` and ``Name:``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from cgp.sources.half_days import hour_of_day

_CLOCK = r"\d{1,3}:\d{2}(?::\d{2})?(?:[.,]\d{1,6})?(?:\s?[AaPp][Mm]\b)?"
_DATE = r"\d{4}-\d{2}-\d{2}(?:T|,? )\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,6})?(?:Z|[+-]\d{2}:?\d{2})?"
_STAMP = rf"(?:[\[(]?(?:(?P<date>{_DATE})|(?P<clock>{_CLOCK})(?:\s?(?:-{{1,2}}>?|–|—)\s?{_CLOCK})?)[\])]?(?:\s[-–—])?\s{{1,4}})?"
_NAME = r"[^\s:：\[\]{}<>\"|(#>*][^\t:：\[\]{}<>\"|*]{0,59}?"
_AFTER = rf"(?:\s{{0,4}}[\[(](?P<after>{_CLOCK})[\])])?"
_SAID = re.compile(
    rf"^\s{{0,40}}{_STAMP}(?:\[(?P<marked>{_NAME})\]|(?P<name>{_NAME})){_AFTER}\s?[:：](?:\s+|(?<=：)|$)(?P<words>.*)$"
)
_ALONE = re.compile(
    rf"^(?:\[(?P<marked>{_NAME})\]|(?P<name>{_NAME}))\s{{1,4}}[\[(]?(?P<after>{_CLOCK})[\])]?\s{{0,4}}$"
)
_TIME_ALONE = re.compile(rf"^\s{{0,8}}[\[(]?(?P<clock>{_CLOCK})[\])]?\s{{0,8}}$")


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a turn. ``at`` is in seconds, since the epoch where it is ``dated``.

    ``marked`` says that there is more than a name before a colon: a time, or brackets around the
    name.
    """

    name: str
    words: str
    at: float | None
    dated: bool = False
    marked: bool = False


def head(line: str) -> Head | None:
    """Return the beginning of a turn that a line may be, None where it cannot be one."""
    if ":" not in line and "：" not in line:
        return None  # most lines: every beginning has a colon
    match = _SAID.match(line) or _ALONE.match(line)
    if match is None:
        return None
    fields = match.groupdict()
    date = fields.get("date")
    clock = fields.get("clock") or fields.get("after")
    at = _moment(date) if date else None
    dated = at is not None
    if at is None and clock:
        at = seconds(clock)
    name = fields["marked"] or fields["name"]
    marked = at is not None or fields["marked"] is not None
    return Head(" ".join(name.split()), (fields.get("words") or "").strip(), at, dated, marked)


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
