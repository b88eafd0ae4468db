"""The one JSON object in a model's answer, however it is dressed.

Models answer with a bare array, put JSON in code fences, think aloud before it (``<think>``), add
remarks after it, leave trailing commas, or are cut off by the limit on their answer. Each of
these is read; the work is linear in the length of the answer, up to the number of candidate
objects tried.
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
# What a model writes before a plain list: "Tags:", "Here are the topics:".
_HEADING = re.compile(r"^[^\n:]{0,60}:[ \t]*\n?")
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")


def read_object(text: str, *, plain_list: bool = False) -> dict[str, Any]:
    """Return the JSON object with ``tags`` in ``text``, or else an array as its tags, or an object.

    Of several the last counts. With ``plain_list`` an answer without any JSON is read as the tags
    themselves, one a line.

    Raises:
        UnusableAnswerError: if there is none; the message quotes nothing of the answer.
    """
    if len(text) > MAX_ANSWER_CHARACTERS:
        raise UnusableAnswerError(f"it had more than {MAX_ANSWER_CHARACTERS} characters")
    visible = _THOUGHTS.sub("", text).strip()
    if not visible:
        raise UnusableAnswerError("it held only white space" if text.isspace() else "it was empty")
    objects: list[dict[str, Any]] = _values(visible, "{")
    with_tags = [candidate for candidate in objects if "tags" in candidate]
    if with_tags:
        return with_tags[-1]
    if arrays := _values(visible, "["):
        return {"tags": arrays[-1]}
    if objects:
        return objects[-1]
    if plain_list:
        return {"tags": _HEADING.sub("", visible)}
    raise UnusableAnswerError("it held no complete JSON object")


def _values(text: str, opening: str) -> list[Any]:
    """Return the outermost JSON objects (``{``) or arrays (``[``) in ``text``, in order."""
    kind = dict if opening == "{" else list
    values: list[Any] = []
    position = fragments = 0
    for _ in range(_MAX_CANDIDATES):
        start = text.find(opening, position)
        if start < 0 or fragments == _MAX_UNFINISHED:
            break
        extent = _extent(text, start)
        fragments += extent is None
        whole = _closed_text(text, start) if extent is None else text[start:extent]
        value = _decode(whole, kind)
        if value is None:
            position = start + 1
        else:
            values.append(value)
            position = len(text) if extent is None else extent
    return values


def _decode(text: str, kind: type) -> Any | None:  # noqa: ANN401 - an object or an array
    for candidate in (text, _TRAILING_COMMA.sub("", text)):
        try:
            # strict=False: models put raw line breaks into strings.
            value: object = json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, kind):
            return value
    return None


def _extent(text: str, start: int) -> int | None:
    """Return the position after the object that opens at ``start``, or ``None`` if
    it is cut off.
    """
    depth = 0
    for position, character in _outside_strings(text, start):
        depth += (character in "{[") - (character in "}]")
        if depth == 0:
            return position + 1
    return None


def _closed_text(text: str, start: int) -> str:
    """Return the cut-off object at ``start`` up to its last whole item, with the
    brackets closed.
    """
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
