"""Query parameters of the API: an unknown one is refused.

A parameter that nobody reads (``from`` for ``after``) would leave the answer wrong in silence.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query, Request

from cgp.signing import Refusal


async def known_parameters(request: Request) -> None:
    """Refuse a request with a parameter that its route does not have, or with one given twice.

    Raises:
        Refusal: 422, with the parameters that there are.
    """
    query_names = [name for name, _ in request.query_params.multi_items()]
    if not query_names:
        return
    names = _names(request.scope["route"].dependant)
    for number, name in enumerate(query_names):
        if name not in names:
            there = f"there are {', '.join(sorted(names))}" if names else "there are none here"
            raise Refusal(
                422, "UnknownParameter", f"{_quote(name)}: there is no such parameter: {there}"
            )
        if name in query_names[:number]:
            raise Refusal(422, "Malformed", f"{_quote(name)}: the parameter is given twice")


def _names(dependant: Any) -> set[str]:  # noqa: ANN401 - FastAPI's own class
    """Return the query parameters of a route and of what it depends on."""
    names = {field.alias for field in dependant.query_params}
    return names.union(*(_names(inner) for inner in dependant.dependencies))


def _quote(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name[:60])


MomentFilter = Annotated[
    datetime | None,
    Query(examples=["2026-05-01", "2026-05-01T12:00:00Z"]),
]
"""A parameter with a day or a time, in ISO 8601."""
