"""From a redacted conversation to work on it: truth, seal, windows and background."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from cgp.embedders import Embedder
from cgp.privacy import RedactionPolicy
from cgp.store import GroundTruthRecord, Lease, SerialWorker, Store, WindowRecord
from cgp.windows import cut
from validator.background import background_of
from validator.conversation_work import ConversationWork
from validator.ground_truth import GroundTruthMaker
from validator.model_trust import ModelTrust
from validator.source import ConversationSource
from validator.stopping import unless_stopped


@dataclass(frozen=True)
class Sealing:
    """Makes ground truths and seals them at ``source``, or takes them from the store.

    ``database`` runs the store's calls. ``model`` learns that the model's answers are of use. No
    truth is begun once ``stopping`` is set. ``background_windows`` of other conversations,
    redacted by ``policy``, go with the windows.
    """

    store: Store
    database: SerialWorker
    source: ConversationSource
    truths: GroundTruthMaker
    model: ModelTrust
    embedder: Embedder
    policy: RedactionPolicy
    background_windows: int
    stopping: asyncio.Event

    async def truth_of(self, lease: Lease) -> GroundTruthRecord:
        """Return the sealed ground truth, from the store or made now.

        Raises:
            StoppedError: if the validator stops first.
            AnnotationError: if there is no ground truth.
            LeaseLost: if somebody else holds the conversation now.
        """
        conversation = lease.conversation
        # A truth that is sealed stays, also after a restart: miners may have answered to it
        # already.
        earlier = await self.database(self.store.ground_truth, conversation.id)
        if earlier is not None:
            return earlier
        truth = await unless_stopped(self.stopping, self.truths.make(conversation))
        self.model.usable()
        tree = await asyncio.to_thread(cut, conversation, truth.plan, self.embedder)
        cuts = [(window.start, window.stop) for window in tree.leaves()]
        return await self.source.seal(lease, truth, cuts)

    async def windows_of(self, lease: Lease) -> list[WindowRecord]:
        """Return the windows of a conversation as they stand now."""
        return await self.database(self.store.windows_of, lease.conversation.id)

    async def work_on(
        self, lease: Lease, truth: GroundTruthRecord, windows: int
    ) -> ConversationWork:
        """Return the work on a conversation of so many ``windows``."""
        background = await self.database(
            background_of,
            self.store,
            lease.conversation,
            truth.plan,
            self.background_windows,
            truth.seed,
            policy=self.policy,
        )
        return ConversationWork(lease, truth, background, windows)
