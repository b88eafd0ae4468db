"""Times in the API's answers: ISO 8601 in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema


def seconds_of(moment: datetime) -> float:
    """Return a time as seconds since the epoch; a time without a zone is UTC.

    Raises:
        ValueError: if it is outside the years that the epoch's seconds have.
    """
    try:
        zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return zoned.timestamp()
    except OverflowError as error:
        raise ValueError("a time within the years 1 to 9999 is expected") from error


def moment_of(value: object) -> object:
    """Return seconds since the epoch as ISO 8601 in UTC; anything else unchanged."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return datetime.fromtimestamp(value, UTC).isoformat().replace("+00:00", "Z")


Moment = Annotated[
    str,
    BeforeValidator(moment_of),
    AfterValidator(str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-05-01T12:00:00Z"]}),
]
"""A time in an answer: ISO 8601 in UTC. It is made of seconds since the epoch."""
