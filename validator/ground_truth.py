"""Making a conversation's ground truth: annotate all of it, combine the passes, seal."""

from __future__ import annotations

from cgp.annotators import Annotator
from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.embedders import Embedder
from cgp.metadata import Metadata
from cgp.scoring import combine_passes, seal
from cgp.store import GroundTruthRecord, SerialWorker
from cgp.windows import WindowPlan
from validator.selection import draw


class GroundTruthMaker:
    """Makes ground truths, sealed and ready to be stored."""

    def __init__(
        self,
        settings: Settings,
        annotator: Annotator,
        embedder: Embedder,
        rule_version: str,
        worker: SerialWorker,
    ) -> None:
        self._settings = settings
        self._annotator = annotator
        self._embedder = embedder
        self._rule_version = rule_version
        self._worker = worker

    async def make(self, conversation: Conversation) -> GroundTruthRecord:
        """Annotate the whole conversation, once per pass, and seal what comes of it.

        Raises:
            AnnotationError: if the annotator cannot annotate.
        """
        chosen = self._settings.validator
        passes = [
            await self._annotator.annotate(
                conversation, max_tags=chosen.max_tags, purpose="ground_truth"
            )
            for _ in range(chosen.ground_truth_passes)
        ]
        truth = await self._worker(combine_passes, passes, self._embedder)
        return self._sealed(conversation, truth)

    def _sealed(self, conversation: Conversation, truth: Metadata) -> GroundTruthRecord:
        seed = draw(self._settings.validator.seed, conversation.content_hash)
        sealed = seal(
            truth,
            conversation=conversation.content_hash,
            model=self._annotator.name,
            plan=WindowPlan.of(self._settings.window),
            version=self._rule_version,
            seed=seed,
        )
        return GroundTruthRecord(
            seal=sealed.digest,
            document=sealed.document,
            annotator=self._annotator.name,
            embedder=self._embedder.id,
            rule_version=self._rule_version,
            seed=seed,
        )
