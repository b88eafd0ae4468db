"""The annotator protocol, which every backend follows (embedded, OpenAI-compatible, Anthropic)."""

from __future__ import annotations

from typing import Protocol

from cgp.conversation import Conversation
from cgp.errors import CgpError
from cgp.metadata import Metadata


class AnnotationError(
    CgpError,
    RuntimeError,
    code="annotator.failed",
    remedy="docs/annotators.md says how to name an annotator and its key",
):
    """An annotator could not annotate; the message gives the reason and the remedy."""


class Annotator(Protocol):
    """Turns a window or a whole conversation into metadata."""

    @property
    def name(self) -> str:
        """Backend, model and version, such as ``embedded/1``: stored with its annotations."""
        ...

    async def annotate(
        self, conversation: Conversation, *, max_tags: int, purpose: str = "window"
    ) -> Metadata:
        """Return at most ``max_tags`` tags, best first, and a profile per speaker.

        Claims cite turns counted from the first turn of ``conversation``. ``purpose`` (``window``,
        ``ground_truth``, ...) is the call's purpose: accounts and budgets are kept by it. The
        call can be cancelled and never blocks the event loop.

        Raises:
            AnnotationError: if there is no usable result.
        """
        ...

    async def close(self) -> None:
        """Release connections and workers. Idempotent."""
        ...
