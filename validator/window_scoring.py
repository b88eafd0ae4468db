"""From the replies to a window to scores and standings, stored in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from cgp.scoring import ScoringTask
from cgp.store import ScoredAnswer, SerialWorker, WindowRecord, WindowResult
from validator.conversation_work import ConversationWork
from validator.judging import WindowJudge, WindowScores
from validator.replies import Reply, scored_answer
from validator.selection import draw
from validator.source import ConversationSource
from validator.standings import Standings
from validator.subnet import Subnet


@dataclass(frozen=True)
class WindowScoring:
    """Judges replies, folds the scores into the standings, and commits both at ``source``."""

    judge: WindowJudge
    standings: Standings
    source: ConversationSource
    database: SerialWorker
    subnet: Subnet
    asked_tags: int

    async def score(
        self, work: ConversationWork, window: WindowRecord, replies: tuple[Reply, ...]
    ) -> list[ScoredAnswer]:
        """Score the replies to a window and store them; return the answers with their scores.

        Raises:
            LeaseLost: if somebody else holds the conversation now.
        """
        scores = await self._judge(work, window, replies)
        # Held from reading the standings to storing them: two windows at once must not fold into
        # the same ones.
        async with self.standings.lock:
            changes = await self.database(
                self.standings.after,
                f"{work.conversation.id}/{window.index}",
                replies,
                scores,
                self.subnet.metagraph.block,
            )
            answers = [
                scored_answer(reply, score, peer_record=changes.record_of(reply.miner.hotkey))
                for reply, score in zip(replies, scores.scores, strict=True)
            ]
            result = WindowResult(
                index=window.index,
                seed=draw(work.truth.seed, window.index),
                background=work.background.references,
                answers=answers,
                changes=changes.to_store(self.judge.version),
            )
            # Only changes that are stored are taken over, so that memory and store never differ.
            if await self.source.commit_window(work.lease, result):
                self.standings.accept(changes)
        return answers

    async def _judge(
        self, work: ConversationWork, window: WindowRecord, replies: tuple[Reply, ...]
    ) -> WindowScores:
        task = ScoringTask(
            window=work.conversation.excerpt(window.start, window.stop),
            ground_truth=work.truth.metadata.shift(-window.start),
            background=work.background.windows,
            share=(window.stop - window.start) / len(work.conversation.turns),
        )
        return await self.judge.judge(task, [reply.answer for reply in replies], self.asked_tags)
