"""The one JSON object in a model's answer, however it is dressed.

Models put JSON in code fences, think aloud before it (``<think>``), add remarks after it, leave
trailing commas, or are cut off by the limit on their answer. Each of these is read; the work is
linear in the length of the answer, up to the number of candidate objects tried.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from cgp.annotators.errors import UnusableAnswerError

MAX_ANSWER_CHARACTERS = 200_000
_MAX_CANDIDATES = 20
_MAX_UNFINISHED = 3
_MAX_DEPTH = 20
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\Z)|[{}\[\],]', re.DOTALL)
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")


def read_object(text: str) -> dict[str, Any]:
    """Return the JSON object with ``tags`` in ``text``, or else the last object.

    Raises:
        UnusableAnswerError: if there is none; the message quotes nothing of the answer.
    """
    if len(text) > MAX_ANSWER_CHARACTERS:
        raise UnusableAnswerError(f"it had more than {MAX_ANSWER_CHARACTERS} characters")
    text = _THOUGHTS.sub("", text).strip()
    if not text:
        raise UnusableAnswerError("it was empty")
    found = _objects(text)
    if not found:
        raise UnusableAnswerError("it held no complete JSON object")
    with_tags = [candidate for candidate in found if "tags" in candidate]
    return with_tags[-1] if with_tags else found[-1]


def _objects(text: str) -> list[dict[str, Any]]:
    """Return the outermost JSON objects in ``text``, in order."""
    found: list[dict[str, Any]] = []
    position = unfinished = 0
    for _ in range(_MAX_CANDIDATES):
        start = text.find("{", position)
        if start < 0 or unfinished == _MAX_UNFINISHED:
            break
        extent = _extent(text, start)
        unfinished += extent is None
        whole = _completed(text, start) if extent is None else text[start:extent]
        value = _decode(whole)
        if value is None:
            position = start + 1
        else:
            found.append(value)
            position = len(text) if extent is None else extent
    return found


def _decode(text: str) -> dict[str, Any] | None:
    for candidate in (text, _TRAILING_COMMA.sub("", text)):
        try:
            # strict=False: models put raw line breaks into strings.
            value: object = json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    return None


def _extent(text: str, start: int) -> int | None:
    """Return the position after the object that opens at ``start``, or ``None`` if it is cut off."""
    depth = 0
    for position, character in _outside_strings(text, start):
        depth += (character in "{[") - (character in "}]")
        if depth == 0:
            return position + 1
    return None


def _completed(text: str, start: int) -> str:
    """Return the cut-off object at ``start`` up to its last whole item, with the brackets closed."""
    closing: list[str] = []
    stop, closed_by = start, ""
    for position, character in _outside_strings(text, start):
        if character in "{[":
            closing.append("}" if character == "{" else "]")
            if len(closing) > _MAX_DEPTH:
                break
        elif character in "}]" and closing:
            closing.pop()
            stop, closed_by = position + 1, "".join(reversed(closing))
        elif character == "," and closing and closing[-1] == "]":
            stop, closed_by = position, "".join(reversed(closing))
    return text[start:stop] + closed_by


def _outside_strings(text: str, start: int) -> Iterator[tuple[int, str]]:
    """Yield the brackets and commas of ``text`` from ``start`` on that are not inside a string."""
    for match in _TOKENS.finditer(text, start):
        if not match.group().startswith('"'):
            yield match.start(), match.group()
