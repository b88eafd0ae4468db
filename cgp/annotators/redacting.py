"""An annotator that shows another one no personal data."""

from __future__ import annotations

import asyncio

from cgp.annotators.annotator import Annotator
from cgp.conversation import Conversation
from cgp.metadata import Metadata
from cgp.privacy import RedactionPolicy, redact


class RedactingAnnotator:
    """Redacts each conversation before ``annotator`` (a model somewhere else) sees it.

    The metadata speaks of the redacted conversation: placeholders are not put back.
    """

    def __init__(self, annotator: Annotator, policy: RedactionPolicy) -> None:
        self._annotator = annotator
        self._policy = policy

    @property
    def name(self) -> str:
        """The other annotator's name."""
        return self._annotator.name

    async def annotate(
        self, conversation: Conversation, *, max_tags: int, purpose: str = "window"
    ) -> Metadata:
        """Redact, then annotate; see ``Annotator.annotate``."""
        redaction = await asyncio.to_thread(redact, conversation, self._policy)
        return await self._annotator.annotate(
            redaction.conversation, max_tags=max_tags, purpose=purpose
        )

    async def close(self) -> None:
        """Close the other annotator."""
        await self._annotator.close()
