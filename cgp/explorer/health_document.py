"""The document of a validator's health page, as the live page shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

AWAY = "away"
"""Status of a validator whose health page does not answer, or not as a validator does."""

_PROBLEM_FIELDS = ("name", "reason", "remedy")
_MOST_PROBLEMS = 50


def health_document(text: bytes) -> dict[str, Any]:
    """Return the status, problems and chain that a health page tells; ``AWAY`` if it is none.

    Another program may answer at the address: what it says must not take the live page away.
    """
    try:
        document = json.loads(text, parse_constant=_refuse)
        problems = [_problem(item) for item in _listed(document["problems"])[:_MOST_PROBLEMS]]
        health: dict[str, Any] = {"status": str(document["status"]), "problems": problems}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {"status": AWAY}
    # The rest of the document is for the validator's operator, not for all readers of the page.
    if isinstance(chain := document.get("chain"), Mapping):
        health["chain"] = dict(chain)
    return health


def _problem(item: Mapping[str, Any]) -> dict[str, str]:
    return {field: str(item[field]) for field in _PROBLEM_FIELDS}


def _listed(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _refuse(constant: str) -> float:
    # No browser reads NaN or Infinity in JSON.
    raise ValueError(constant)
