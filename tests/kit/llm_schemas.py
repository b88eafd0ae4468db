"""The subset of JSON Schema that strict structured outputs take, as the real servers check it."""

from __future__ import annotations

from typing import Any

KEYWORDS = frozenset({"type", "properties", "required", "additionalProperties", "items", "enum"})
BOUNDS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum"})


def bounds_of(value: Any) -> set[str]:
    """Return the bounds on counts and lengths that occur anywhere in a request's schema."""
    if isinstance(value, list):
        return set().union(*map(bounds_of, value))
    if not isinstance(value, dict):
        return set()
    return (BOUNDS & set(value)).union(*map(bounds_of, value.values()))


def schema_problems(schema: dict[str, Any], bounds: frozenset[str]) -> list[str]:
    """Return where a schema is not in the subset that strict structured outputs demand.

    ``bounds`` are allowed beyond that subset.
    """
    problems = []
    if unknown := set(schema) - KEYWORDS - bounds:
        problems.append(f"unsupported keywords {unknown}")
    if schema["type"] == "object":
        if schema.get("additionalProperties") is not False:
            problems.append("additionalProperties must be false")
        if set(schema["required"]) != set(schema["properties"]):
            problems.append("every property must be required")
        for part in schema["properties"].values():
            problems += schema_problems(part, bounds)
    elif schema["type"] == "array":
        problems += schema_problems(schema["items"], bounds)
    return problems
