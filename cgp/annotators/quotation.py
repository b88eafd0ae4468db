r"""Conversations as quoted data: text that cannot leave its quotation.

A quotation is a block of lines between ``<conversation NONCE>`` and ``</conversation NONCE>``.
Every line in it is one JSON value. Inside the JSON strings each character that could open or
close a block, end a line, spell a chat template's control token (``<|...|>``, ``[INST]``) or hide
from a reader is written as a ``\uXXXX`` escape. So a block holds no ``<``, ``>``, ``[`` or ``]``
but JSON's own brackets, one line stays one line, and decoding the lines gives the conversation
back unchanged. The nonce is taken from the content's hash: it is the same for the same content
(answers can be cached), and a text that held it would have to hold its own hash.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

# Besides these: every character that is not visible (see _hidden).
_STRUCTURAL = frozenset("<>[]{}&`")
_PERHAPS_UNSAFE = re.compile(r"[^A-Za-z0-9 .,;:!?'()-]")
_LINE = re.compile(r"^</?conversation [0-9a-f]{32}>$", re.MULTILINE)


def quote(values: Sequence[Any]) -> str:
    """Return the block that quotes JSON values (of plain lists, numbers and
    strings), one a line.
    """
    lines = [_encode(value) for value in values]
    nonce = hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()[:32]
    return "\n".join([f"<conversation {nonce}>", *lines, f"</conversation {nonce}>"])


def quote_plainly(lines: Iterable[tuple[str, str]]) -> str:
    """Return turns as lines ``name: text``, for models too small to read quoted JSON.

    Nothing in a line can end it or spell a control token: such characters become spaces. A text
    can still repeat a line of the prompt, so answers to it count by their words alone.
    """
    return "\n".join(f"{_plain(name)}: {_plain(text)}" for name, text in lines)


def unquote(prompt: str) -> tuple[str, list[Any], str]:
    """Return the text before the one block in ``prompt``, the values it quotes, and the text after.

    Raises:
        ValueError: if there is not exactly one block with equal nonces.
    """
    marks = list(_LINE.finditer(prompt))
    if len(marks) != 2 or marks[1].group() != marks[0].group().replace("<", "</"):
        raise ValueError(f"expected one quoted block, found {len(marks)} block marks")
    body = prompt[marks[0].end() + 1 : marks[1].start()]
    values = [json.loads(line) for line in body.split("\n") if line]
    return prompt[: marks[0].start()], values, prompt[marks[1].end() :]


def _encode(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return JSON whose strings hold no structural and no hidden character."""
    if isinstance(value, str):
        return f'"{_escape(value)}"'
    if isinstance(value, Sequence):
        return f"[{', '.join(_encode(item) for item in value)}]"
    return json.dumps(value, allow_nan=False)


def _plain(text: str) -> str:
    characters = (" " if c in _STRUCTURAL or c == "|" or _is_hidden(c) else c for c in text)
    return " ".join("".join(characters).split())


def quoted_length(text: str) -> int:
    """Return the number of characters that ``text`` takes up in a quotation."""
    return len(_escape(text)) + 2


def _escape(text: str) -> str:
    return _PERHAPS_UNSAFE.sub(lambda match: _escape_character(match.group()), text)


@lru_cache(maxsize=4096)
def _escape_character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character in _STRUCTURAL or _is_hidden(character):
        units = character.encode("utf-16-be", "surrogatepass")
        return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
    return character


def _is_hidden(character: str) -> bool:
    """Tell whether a character is invisible, ends a line, or is another form of a
    structural one.
    """
    if unicodedata.category(character) in {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}:
        return True
    if character.isascii() or character.isalnum():
        return False
    return any(c in _STRUCTURAL for c in unicodedata.normalize("NFKC", character))
