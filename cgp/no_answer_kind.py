"""Kinds of a missing answer: the words that the wire, the store and scoring share."""

from __future__ import annotations

from enum import StrEnum


class NoAnswerKind(StrEnum):
    """Reason why a miner gave no answer that can be scored. Each is scored zero at full weight."""

    TIMEOUT = "timeout"
    """No whole answer came within the deadline."""
    UNREACHABLE = "unreachable"
    """No connection, or the miner rests after too many failures."""
    REFUSED = "refused"
    """The miner answered with an HTTP status other than 200."""
    MALFORMED = "malformed"
    """The answer breaks the protocol."""
    TOO_LARGE = "too_large"
    """The answer has more bytes than the protocol allows."""
    UNSIGNED = "unsigned"
    """The answer has no signature of the miner."""
    WRONG_TASK = "wrong_task"
    """The answer is to another task."""
