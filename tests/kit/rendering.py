"""Talks that are written in a format, as its program writes them, for reading back.

A talk is a list of ``(name, words, minute)``; the first minute is 0, which is ``START``.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2025, 3, 14, 8, 0, tzinfo=UTC)
MILLISECONDS = int(START.timestamp() * 1000)

Turn = tuple[str, str, float]
Talk = list[Turn]


@dataclass(frozen=True)
class Rendering:
    """A way to write talks in a format.

    ``people`` are the only parties that the format knows. ``held`` is what it holds of a talk,
    where that is not the talk. Files ``beside`` are written as well, the talks' among them if it
    is under its name there. ``starts`` says that the first turn's time is given, and no other's.
    """

    format: str
    file: str
    write: Callable[[list[Talk]], str | bytes]
    people: tuple[str, ...] | None = None
    held: Callable[[Talk], Talk] = field(default=lambda talk: talk)
    beside: Callable[[list[Talk]], dict[str, str]] = field(default=lambda _talks: {})
    starts: bool = False


def one(write):
    """Return a writer of several talks that takes the first, for formats of one talk a file."""
    return lambda talks: write(talks[0])


def each(write):
    """Return a writer of several talks, one after the other."""
    return lambda talks: "".join(write(talk) for talk in talks)


def moment(minute):
    return START + timedelta(minutes=minute)


def iso(minute):
    return moment(minute).isoformat().replace("+00:00", "Z")


def epoch(minute):
    return MILLISECONDS + int(minute * 60_000)


def lines(talk, form):
    return "".join(form(*turn) + "\n" for turn in talk)


def dump(value):
    return json.dumps(value, ensure_ascii=False)


def clock(minute):
    return f"{minute // 60:02d}:{minute % 60:02d}:00.000"


def key(talk):
    """Return an id for a talk, other than those of other talks."""
    return f"talk{sum(map(ord, talk[0][1]))}"
