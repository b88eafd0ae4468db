"""The clocks of two records of one talk: equal, moved, or with day and month exchanged.

Chats exported by phones have the clock on the wall, and no zone. A phone that has travelled writes
the same messages with other hours. Dates of numbers alone are read in an order that the whole file
decides, and a longer export may decide otherwise than a shorter one did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import Enum

from cgp.conversation import Conversation, Turn

_MINUTE = 60
_HALF_HOUR = 30
"""Minutes by whose multiples time zones differ; the few that differ by a quarter are left aside."""
TOLERANCE_SECONDS = 1.5
"""A conversation's start is written in whole seconds, its turns count from the fraction."""
_QUARTER = 900
"""Seconds by whose multiples time zones differ."""
_MOST_MOVED = 14 * 3600
"""Seconds that a journey moves a clock at the most. What people say every day at the same time is
a day apart.
"""


class Clock(Enum):
    """The clock of one record of a talk, as the other one shows it."""

    NONE = "neither has a date"
    SAME = "the same times"
    ROUNDED = "the same minutes, one of them without seconds"
    MOVED = "the times of another time zone"
    EXCHANGED = "day and month exchanged"


def start_of(conversation: Conversation) -> float | None:
    """Return the start in seconds since the epoch, a time without a zone taken as UTC."""
    try:
        moment = _start(conversation)
        if moment is None:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except OverflowError:
        return None


def minute_of(seconds: float) -> int:
    """Return the minute since the epoch of a time in seconds."""
    return int(seconds // _MINUTE)


def minute_of_any_zone(seconds: float) -> int:
    """Return the minute of a time within its half hour, which is the same in nearly all zones."""
    return minute_of(seconds) % _HALF_HOUR


def is_zoned(conversation: Conversation) -> bool:
    """Tell if the start of a conversation names its time zone, which no journey changes."""
    moment = _start(conversation)
    return moment is not None and moment.tzinfo is not None


def _start(conversation: Conversation) -> datetime | None:
    try:
        return datetime.fromisoformat(conversation.started_at or "")
    except ValueError:
        return None


def clock_between(times: Sequence[tuple[float, float]], *, has_zone: bool) -> Clock | None:
    """Return how two clocks differ that give the same turns these times (seconds since the epoch).

    None where the times cannot be of the same turns; times with a zone (``has_zone``) are the same
    or none.
    """
    if all(abs(second - first) <= TOLERANCE_SECONDS for first, second in times):
        return Clock.SAME
    if has_zone:
        return None
    tolerance = TOLERANCE_SECONDS
    if all(first % _MINUTE == 0 for first, _ in times) or all(
        second % _MINUTE == 0 for _, second in times
    ):
        # One of them was written without seconds.
        times = [
            (first // _MINUTE * _MINUTE, second // _MINUTE * _MINUTE) for first, second in times
        ]
        tolerance = 0.0
    if all(abs(second - first) <= tolerance for first, second in times):
        return Clock.ROUNDED
    if all(_is_moved(second - first, tolerance) for first, second in times):
        return Clock.MOVED
    for first, second in times:
        exchange = with_day_and_month_exchanged(first)
        if exchange is None or abs(second - exchange) > tolerance:
            return None
    return Clock.EXCHANGED


def _is_moved(seconds: float, tolerance: float) -> bool:
    over = seconds % _QUARTER
    return abs(seconds) <= _MOST_MOVED and min(over, _QUARTER - over) <= tolerance


def with_day_and_month_exchanged(seconds: float) -> float | None:
    """Return a time with its day and month exchanged, None where that is not a date."""
    moment = datetime.fromtimestamp(seconds, UTC)
    try:
        return moment.replace(month=moment.day, day=moment.month).timestamp()
    except ValueError:
        return None


def other_clock(
    conversation: Conversation, clock: Clock, turn: Turn, other: Conversation, other_turn: Turn
) -> Conversation:
    """Return a conversation with the times of another clock, which gives the same turn the time
    that ``other_turn`` has in ``other``.

    A day that cannot be exchanged keeps its distance from the turn before.
    """
    start, other_start = start_of(conversation), start_of(other)
    if start is None or other_start is None or turn.at is None or other_turn.at is None:
        return conversation
    shift = (other_start + other_turn.at) - (start + turn.at)
    times: list[float | None] = []
    for each_turn in conversation.turns:
        if each_turn.at is None:
            times.append(None)
            continue
        at = start + each_turn.at
        if clock is Clock.EXCHANGED and (right := with_day_and_month_exchanged(at)) is not None:
            shift = right - at
        times.append(at + shift)
    turns = tuple(
        each_turn if time is None else replace(each_turn, at=time - start)
        for each_turn, time in zip(conversation.turns, times, strict=True)
    )
    return begun_at_first(replace(conversation, turns=turns))


def begun_at_first(conversation: Conversation) -> Conversation:
    """Return a conversation that starts with its first turn, where both have times."""
    moment = _start(conversation)
    first = next((turn.at for turn in conversation.turns if turn.at is not None), None)
    if moment is None or not first:
        return conversation
    begin = moment + timedelta(seconds=first // 1)
    turns = tuple(
        turn if turn.at is None else replace(turn, at=round(turn.at - first, 3))
        for turn in conversation.turns
    )
    return replace(conversation, turns=turns, started_at=begin.isoformat(timespec="seconds"))
