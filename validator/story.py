"""The story of a validator: Info lines in the words of the README, and events."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from cgp.conversation import Conversation
from cgp.scoring import NoAnswer, Verdict
from cgp.store import GroundTruthRecord, ScoredAnswer, WindowRecord
from validator.events import (
    ConversationDone,
    ConversationFailed,
    ConversationReserved,
    GroundTruthMade,
    Listener,
    MinerResult,
    WindowScored,
)
from validator.selection import MinerCandidate

logger = logging.getLogger("validator")

_NAMES = 12


class Story:
    """Tells the log and the listeners about conversations."""

    def __init__(self, notify: Listener) -> None:
        self._notify = notify

    def tell_reservation(self, conversation: Conversation) -> None:
        """A conversation is being worked on."""
        names = [conversation.participants[i].name for i in conversation.speakers]
        remainder = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
        logger.info(
            "Reserved conversation ID: %s (%s, %d turns)",
            conversation.id,
            conversation.source,
            len(conversation.turns),
        )
        logger.info("Participants: %s%s", ", ".join(names[:_NAMES]), remainder)
        self._notify(
            ConversationReserved(
                conversation.id, conversation.source, len(conversation.turns), len(names)
            )
        )

    def truth_made(
        self, conversation: Conversation, truth: GroundTruthRecord, windows: Sequence[WindowRecord]
    ) -> None:
        """The ground truth is sealed, the windows are cut (now, or before a restart)."""
        tags = len(truth.metadata.tags)
        done_windows = sum(window.done for window in windows)
        logger.info("Found %d tags in FullConvo (sealed as %s)", tags, truth.seal)
        logger.info(
            "Found %d conversation windows. Sequentially sending to batches of miners%s",
            len(windows),
            f" ({done_windows} done before)" if done_windows else "",
        )
        self._notify(GroundTruthMade(conversation.id, tags, len(windows), done_windows, truth.seal))

    def sending(
        self, conversation: Conversation, window: int, miners: Sequence[MinerCandidate]
    ) -> None:
        """A window goes out."""
        uids = [miner.uid for miner in miners]
        logger.info("Send to conversation %s / %d to miners: %s", conversation.id, window, uids)

    def tell_scores(
        self,
        conversation: Conversation,
        window: int,
        windows: int,
        truth_tags: int,
        answers: Sequence[ScoredAnswer],
        *,
        request_ids: Sequence[str],
    ) -> None:
        """A window's answers are scored and stored; ``request_ids`` are in the miners' logs too."""
        results = tuple(_result(scored_answer) for scored_answer in answers)
        for index, result in enumerate(results):
            logger.info(
                "RESULTS from miner idx: %d uid: %d, tags: %d vector count: %d%s",
                index,
                result.uid,
                result.tags,
                result.vectors,
                f" score: {result.score:.3f}" if result.valid else f" ({_reason(answers[index])})",
                extra={"request_id": request_ids[index]},
            )
        novel = {v.text for a in answers for v in a.score.tags if v.verdict == Verdict.NOVEL}
        logger.info(
            "Scores num: %d num of Unique tags: %d num of full convo tags: %d (%s / %d)",
            len(results),
            len(novel),
            truth_tags,
            conversation.id,
            window,
        )
        self._notify(WindowScored(conversation.id, window, windows, results))

    def tell_end(self, conversation: Conversation, tags: Sequence[str], windows: int) -> None:
        """A conversation is finished."""
        logger.info("Conversation %s done: %d tags", conversation.id, len(tags))
        self._notify(ConversationDone(conversation.id, tuple(tags), windows))

    def tell_failure(self, conversation: Conversation, reason: str, *, final: bool) -> None:
        """An attempt at a conversation failed."""
        logger.error(
            "Conversation %s failed%s: %s",
            conversation.id,
            " for the last time" if final else ", to be tried again",
            reason,
        )
        self._notify(ConversationFailed(conversation.id, reason, final))


def _result(scored_answer: ScoredAnswer) -> MinerResult:
    answer, score = scored_answer.answer, scored_answer.score
    tags, vectors, failure = 0, 0, ""
    if isinstance(answer, NoAnswer):
        failure = answer.kind
    else:
        tags = len(answer.tags)
        vectors = 0 if answer.embeddings is None else len(answer.embeddings)
    return MinerResult(
        uid=scored_answer.uid,
        hotkey=scored_answer.hotkey,
        tags=tags,
        vectors=vectors,
        score=score.value,
        valid=score.valid,
        failure=failure,
        seconds=scored_answer.seconds,
    )


def _reason(scored_answer: ScoredAnswer) -> str:
    return scored_answer.score.reason or "not valid"
