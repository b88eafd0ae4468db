"""Errors of talk."""

from __future__ import annotations

from cgp.errors import CgpError


class TalkError(CgpError, ValueError, code="talk.failed", remedy="mend what the message names"):
    """Base of the errors of talk."""


class PairsError(
    TalkError,
    code="talk.pairs",
    remedy='a file is [{"question": "...", "answer": "..."}, ...] or [["question", "answer"], ...]',
):
    """A file of questions and answers has rows that are none; nothing of it is learned."""


class TalkFileError(TalkError, code="talk.file", remedy="write it with cgp fractal teach"):
    """A file is not a talk model, or one of another release."""


class EmptyMessageError(TalkError, code="talk.empty", remedy="write some words"):
    """A message has no word."""


class PartnerError(
    TalkError,
    code="talk.partner",
    remedy="start the partner's server, and name a model that it has",
):
    """The partner of a conversation cannot be asked."""
