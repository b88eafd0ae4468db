"""An annotator that goes on with another one when the first cannot."""

from __future__ import annotations

import logging

from cgp.annotators.annotator import AnnotationError, Annotator
from cgp.annotators.report import Tally
from cgp.conversation import Conversation
from cgp.metadata import Metadata

logger = logging.getLogger(__name__)


class FallbackAnnotator:
    """Asks ``first``; where that raises ``AnnotationError``, asks ``second``.

    The name holds both names, so that a stored name says that either may have made it. The change
    of state is logged once in each direction, not once per call; ``tally`` counts each call.
    """

    def __init__(self, first: Annotator, second: Annotator, tally: Tally | None = None) -> None:
        self._first = first
        self._second = second
        self._tally = tally or Tally()
        self._fell_back = False

    @property
    def name(self) -> str:
        """Both names, e.g. ``openai/gpt-5.4-mini@1a2b3c4d|embedded/1``."""
        return f"{self._first.name}|{self._second.name}"

    async def annotate(
        self, conversation: Conversation, *, max_tags: int, purpose: str = "window"
    ) -> Metadata:
        """Annotate with the first annotator that can.

        Raises:
            AnnotationError: if neither can.
        """
        try:
            metadata = await self._first.annotate(conversation, max_tags=max_tags, purpose=purpose)
        except AnnotationError as error:
            level = logging.DEBUG if self._fell_back else logging.WARNING
            logger.log(level, "%s: going on with %s", error, self._second.name)
            self._fell_back = True
            self._tally.fell_back += 1
            self._tally.last_failure = str(error)
            return await self._second.annotate(conversation, max_tags=max_tags, purpose=purpose)
        if self._fell_back:
            logger.info("%s answers again", self._first.name)
            self._fell_back = False
        return metadata

    async def close(self) -> None:
        """Close both annotators."""
        try:
            await self._first.close()
        finally:
            await self._second.close()
