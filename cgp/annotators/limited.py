"""An annotator that gives fewer tags than it is asked for."""

from __future__ import annotations

from cgp.annotators.annotator import Annotator
from cgp.annotators.report import AnnotatorReport, report_of
from cgp.conversation import Conversation
from cgp.metadata import Metadata


class LimitedAnnotator:
    """Asks ``annotator`` for at most ``max_tags`` tags, however many its caller would take."""

    def __init__(self, annotator: Annotator, max_tags: int) -> None:
        self._annotator = annotator
        self._max_tags = max_tags

    @property
    def name(self) -> str:
        """The other annotator's name."""
        return self._annotator.name

    async def annotate(
        self, conversation: Conversation, *, max_tags: int, purpose: str = "window"
    ) -> Metadata:
        """Annotate with the smaller limit; see ``Annotator.annotate``."""
        limit = min(max_tags, self._max_tags)
        return await self._annotator.annotate(conversation, max_tags=limit, purpose=purpose)

    def report(self) -> AnnotatorReport:
        """Return the other annotator's report."""
        return report_of(self._annotator)

    async def close(self) -> None:
        """Close the other annotator."""
        await self._annotator.close()
