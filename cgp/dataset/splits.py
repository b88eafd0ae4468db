"""Splits: decided by the words, so that the same words never stand in two splits."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

from cgp.conversation import Conversation
from cgp.text import normal_form

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

_NUMBER = re.compile(r"(?<=[A-Z])_\d{1,9}\]")
# Hundredths of a percent: 5 % each for validation and test.
_HUNDREDTHS = 10_000
_VALIDATION, _TEST = 500, 500


def text_hash(conversation: Conversation) -> str:
    """Return the SHA-256 (hex) of the turns' text in normal form, without the speakers.

    Letter case, spacing, Unicode form, the names of participants and the numbers of placeholders
    (``[EMAIL_2]``) change nothing.
    """
    text = "\n".join(normal_form(_NUMBER.sub("]", turn.text)) for turn in conversation.turns)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def split_of(digest: str) -> Split:
    """Return the split of a ``text_hash``: 90 % train, 5 % validation, 5 % test."""
    place = int(digest[:16], 16) % _HUNDREDTHS
    if place < _TEST:
        return "test"
    return "validation" if place < _TEST + _VALIDATION else "train"
