"""Query parameters of the API: an unknown one is refused, and times are spelt one way.

A parameter that nobody reads (``from`` for ``after``) would leave the answer wrong in silence.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query, Request
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from cgp.signing import Refusal


async def known_parameters(request: Request) -> None:
    """Refuse a request with a parameter that its route does not have, or with one given twice.

    Raises:
        Refusal: 422, with the parameters that there are.
    """
    asked = [name for name, _ in request.query_params.multi_items()]
    if not asked:
        return
    names = _names(request.scope["route"].dependant)
    for number, name in enumerate(asked):
        if name not in names:
            there = f"there are {', '.join(sorted(names))}" if names else "there are none here"
            raise Refusal(
                422, "UnknownParameter", f"{_shown(name)}: there is no such parameter: {there}"
            )
        if name in asked[:number]:
            raise Refusal(422, "Malformed", f"{_shown(name)}: the parameter is given twice")


def _names(dependant: Any) -> set[str]:  # noqa: ANN401 - FastAPI's own class
    """Return the query parameters of a route and of what it depends on."""
    names = {field.alias for field in dependant.query_params}
    return names.union(*(_names(inner) for inner in dependant.dependencies))


def _shown(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name[:60])


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


MomentFilter = Annotated[
    datetime | None,
    Query(examples=["2026-05-01", "2026-05-01T12:00:00Z"]),
]
"""A parameter with a day or a time, in ISO 8601."""

Moment = Annotated[
    str,
    BeforeValidator(moment_of),
    AfterValidator(str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-05-01T12:00:00Z"]}),
]
"""A time in an answer: ISO 8601 in UTC. It is made of seconds since the epoch."""
