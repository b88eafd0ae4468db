"""The reason of a miner's place on the leaderboard: what became of its tags, in words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from cgp.counts import counted
from cgp.scoring.task import NoAnswer
from cgp.store import Store

NOT_SUPPORTED = "are not supported by the window"
_IN_WORDS = {
    "ground_truth": "speak for the ground truth",
    "novel": "say something new that the window supports",
    "duplicate": "say a thing again",
    "ungrounded": NOT_SUPPORTED,
    "elsewhere": "are about another part of the conversation",
    "generic": "are said, but not what the window is about",
    "surplus": "are too many to count",
}
"""Verdicts on tags in words; another verdict is shown by its own name."""

_LEAST_SHARE = 0.05
_SHOWN = 3


@dataclass(slots=True)
class AnswerRecord:
    """A miner's answers of a store: verdicts on its tags, sums of the terms of valid scores."""

    windows: int = 0
    silent: int = 0
    void: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    terms: Counter[str] = field(default_factory=Counter)

    @property
    def coverage(self) -> float:
        """Mean share of the ground truth that the answers cover; unanswered windows count as 0."""
        return self.terms["coverage"] / self.windows if self.windows else 0.0


def answer_records(store: Store) -> Mapping[str, AnswerRecord]:
    """Return the record of each miner by hotkey, of every window that was scored."""
    records: defaultdict[str, AnswerRecord] = defaultdict(AnswerRecord)
    for status in store.conversation_statuses():
        for window in store.windows_of(status.id):
            for answer in store.answers_of(status.id, window.index):
                record = records[answer.hotkey]
                record.windows += 1
                record.silent += isinstance(answer.answer, NoAnswer)
                record.void += not answer.score.valid and not isinstance(answer.answer, NoAnswer)
                record.verdicts.update(tag.verdict for tag in answer.score.tags)
                record.terms.update(answer.score.components)
    return records


def reason_of(record: AnswerRecord, best: float) -> str:
    """Return why a miner stands where it does; ``best`` is the greatest coverage of all miners."""
    tags = record.verdicts.total()
    parts = [f"covers {record.coverage:.0%} of the ground truth (the best miner: {best:.0%})"]
    if tags:
        shares = [
            f"{count / tags:.0%} {_IN_WORDS.get(verdict, verdict.replace('_', ' '))}"
            for verdict, count in record.verdicts.most_common(_SHOWN)
            if count / tags >= _LEAST_SHARE
        ]
        parts.append(f"of {tags / record.windows:.1f} tags a window {', '.join(shares)}")
    if record.silent:
        parts.append(
            f"{record.silent} of {counted(record.windows, 'window')} unanswered (after failures a miner"
            " is not asked for a while)"
        )
    if record.void:
        parts.append(f"{counted(record.void, 'answer')} void")
    return "; ".join(parts)
