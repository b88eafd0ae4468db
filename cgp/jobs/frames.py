"""Frames: the numbered parts of an answer on their way from a worker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

MAX_FRAME_BYTES: Final = 1 << 20


class FrameKind(StrEnum):
    """Kind of a frame. Every job ends with exactly one of END, ERROR and BUSY."""

    BEAT = "beat"
    """The worker is still at it."""
    DATA = "data"
    """A part of the answer."""
    END = "end"
    """The answer is whole."""
    ERROR = "error"
    """The backend failed; the content says how."""
    BUSY = "busy"
    """The worker has no free slot, or takes no more jobs; nothing was begun."""


LAST: Final = frozenset({FrameKind.END, FrameKind.ERROR, FrameKind.BUSY})
"""Kinds of frames after which none follows."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. Numbers count from 0 without gaps, so that a lost frame is noticed."""

    number: int
    kind: FrameKind
    content: Mapping[str, Any] = field(default_factory=dict)
    size: int = field(default=0, compare=False)
    """Bytes on the wire, of a frame that came."""

    def encode(self) -> bytes:
        """Return the frame as it goes over the wire."""
        document = {"n": self.number, "k": self.kind, "c": self.content}
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a frame.

        Raises:
            ValueError: if it is none, or larger than ``MAX_FRAME_BYTES``.
        """
        if len(data) > MAX_FRAME_BYTES:
            raise ValueError(f"a frame has at most {MAX_FRAME_BYTES} bytes")
        document = json.loads(data)
        if not isinstance(document, dict) or not isinstance(document.get("c"), dict):
            raise ValueError("a frame is an object with a content")
        number = document.get("n")
        if not isinstance(number, int) or isinstance(number, bool):
            raise ValueError("a frame has a number")
        return cls(number, FrameKind(str(document.get("k"))), document["c"], len(data))
