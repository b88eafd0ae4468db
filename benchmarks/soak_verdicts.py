"""Verdicts of the soak: one for each thing that must hold, from the stores, the chain and the logs."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from soak_subjects import HARMLESS, Life, Told, ValidatorUnderTest
from verdicts import Verdict

from cgp.scoring import Answer, NoAnswer
from cgp.store import Store

MOST_LOSS = 0.05
REASON_CHARACTERS = 30
"""Of a reason as much is shown as tells its kind."""
MOST_SLOPE = 1.0
"""Growth of memory after warming up, in MB a minute."""
WARM_UP_SECONDS = 90.0
LEAST_LIFE_SECONDS = 120.0
"""Shortest time after warming up from which a slope can be told."""


@dataclass(frozen=True)
class StoreReport:
    """What a validator's store says after the run."""

    conversations: int
    not_done: int
    done_twice: int
    unanswered: int
    weights: int
    to_owner: int
    stretches: int
    missed: int
    loss: float
    reasons: Counter[str]
    """Answers that miners which were never faulted lost, by the reason that the store keeps."""


@dataclass(frozen=True)
class Agreement:
    """How far the validators agree: what their weights have in common, and the chain's trust in each."""

    weights: float
    validator_trust: Sequence[float]


def read_store(
    validator: ValidatorUnderTest, owner_uid: int, spared: Sequence[str], patience: float
) -> StoreReport:
    """Read what became of a validator's conversations, miners and weights.

    ``spared`` are the hotkeys of miners that were never faulted. ``patience`` is the time (s) within
    which a ready validator sets weights.
    """
    store = Store(validator.url)
    try:
        statuses = list(store.conversation_statuses())
        asked: Counter[str] = Counter()
        lost: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        unanswered = 0
        for status in statuses:
            for window in store.windows_of(status.id):
                answers = store.answers_of(status.id, window.index)
                unanswered += not any(isinstance(a.answer, Answer) for a in answers)
                for scored in answers:
                    asked[scored.hotkey] += 1
                    lost[scored.hotkey] += not scored.score.valid
                    if not scored.score.valid and scored.hotkey in spared:
                        reasons[_reason(scored.answer)] += 1
        with sqlite3.connect(validator.folder / "store.sqlite") as connection:
            rows = connection.execute("SELECT set_at, weights, success FROM weights").fetchall()
        connection.close()
    finally:
        store.close()
    taken = [at for at, _, success in rows if success]
    stretches, missed = count_stretches(validator, taken, patience)
    done = Counter(re.findall(r"Conversation (\S+) done: ", validator.log.read_text()))
    return StoreReport(
        conversations=len(statuses),
        not_done=sum(status.state != "done" or status.attempts > 0 for status in statuses),
        done_twice=sum(count > 1 for count in done.values()),
        unanswered=unanswered,
        weights=len(taken),
        to_owner=sum(json.loads(w).get(str(owner_uid), 0) > 0 for _, w, ok in rows if ok),
        stretches=stretches,
        missed=missed,
        loss=max((lost[h] / asked[h] for h in spared if asked[h]), default=0.0),
        reasons=reasons,
    )


def _reason(answer: Answer | NoAnswer) -> str:
    """Return why an answer counted for nothing: late ones can be told from refused or resting ones."""
    if isinstance(answer, NoAnswer):
        return f"{answer.kind} ({answer.detail[:REASON_CHARACTERS]})"
    return "invalid"


def count_stretches(
    validator: ValidatorUnderTest, taken: Sequence[float], patience: float
) -> tuple[int, int]:
    """Return the stretches of readiness, each long enough for weights, and those without any.

    ``taken`` are the times (s since the epoch) at which the chain took weights.
    """
    offset = time.time() - time.monotonic()
    stretches, missed, since = 0, 0, None
    for at, names in validator.seen:
        if names != set():
            since = None
            continue
        since = since or at
        if at - since > patience:
            span = (since + offset, at + offset)
            stretches += 1
            missed += not any(span[0] <= moment <= span[1] for moment in taken)
            since = at
    return stretches, missed


def slope(life: Life) -> float | None:
    """Return the growth of a process's memory (MB a minute) after warming up; None for a short life."""
    if life.ready_at is None:
        return None
    kept = [(t, m) for t, m in life.memory if t > life.ready_at + WARM_UP_SECONDS]
    if not kept or kept[-1][0] - kept[0][0] < LEAST_LIFE_SECONDS:
        return None
    mean_t = sum(t for t, _ in kept) / len(kept)
    mean_m = sum(m for _, m in kept) / len(kept)
    over = sum((t - mean_t) * (m - mean_m) for t, m in kept)
    return 60 * over / sum((t - mean_t) ** 2 for t, _ in kept)


def judge(
    stores: Sequence[StoreReport],
    validators: Sequence[ValidatorUnderTest],
    told: Sequence[Told],
    agreement: Agreement,
    logs: Sequence[Path],
) -> Iterator[Verdict]:
    """Yield a verdict for each thing that must hold."""
    conversations = sum(s.conversations for s in stores)
    not_done, twice = sum(s.not_done for s in stores), sum(s.done_twice for s in stores)
    unanswered = sum(s.unanswered for s in stores)
    yield Verdict(
        "every conversation ends exactly once and with answers",
        f"{conversations - not_done} of {conversations} done, {twice} done twice, "
        f"{unanswered} windows without an answer",
        "all, none, none",
        conversations > 0 and not (not_done or twice or unanswered),
    )
    to_owner, weights = sum(s.to_owner for s in stores), sum(s.weights for s in stores)
    yield Verdict(
        "no weight to the owner",
        f"{to_owner} of {weights} weights set",
        "none",
        not to_owner and weights > 0,
    )
    loss = max(s.loss for s in stores)
    reasons = sum((s.reasons for s in stores), Counter[str]())
    shown = ", ".join(f"{reason}: {count}" for reason, count in reasons.most_common())
    yield Verdict(
        "share lost by a miner that was not faulted",
        f"{loss:.1%} at most; answers lost by all of them: {shown or 'none'}",
        f"at most {MOST_LOSS:.0%}",
        loss <= MOST_LOSS,
    )
    stretches, missed = sum(s.stretches for s in stores), sum(s.missed for s in stores)
    yield Verdict(
        "weights set in every window in which the validator was ready",
        f"{stretches - missed} of {stretches}",
        "all",
        not missed,
    )
    trust = ", ".join(f"{value:.3f}" for value in agreement.validator_trust)
    yield Verdict(
        "agreement of the validators",
        f"{agreement.weights:.3f} of their weights in common, validator trust {trust}",
        "reported",
        holds=True,
    )
    yield _judge_memory(validators)
    tracebacks = [log.name for log in logs if "Traceback" in log.read_text()]
    yield Verdict("logs with a traceback", f"{tracebacks or 'none'}", "none", not tracebacks)
    yield _judge_health(told)


def _judge_memory(validators: Sequence[ValidatorUnderTest]) -> Verdict:
    slopes = [s for v in validators for life in v.lives if (s := slope(life)) is not None]
    shown = ", ".join(f"{s:+.2f}" for s in slopes)
    return Verdict(
        "memory of processes that lived long enough, MB a minute after warming up",
        shown or f"not told: none was ready for {WARM_UP_SECONDS + LEAST_LIFE_SECONDS:.0f} s",
        f"at most {MOST_SLOPE:g}",
        all(s <= MOST_SLOPE for s in slopes),
    )


def _judge_health(told: Sequence[Told]) -> Verdict:
    judged = [t for t in told if t.fault not in HARMLESS]
    missed = [f"{t.validator}: {t.fault}" for t in judged if t.seconds is None]
    slowest = max((t.seconds for t in judged if t.seconds is not None), default=0.0)
    starting = sum(t.while_starting for t in judged)
    return Verdict(
        "health told the truth within 10 s of each fault",
        f"{len(judged) - len(missed)} of {len(judged)}, the slowest after {slowest:.1f} s, "
        f"{starting} while it was starting; not told: {missed or 'none'}",
        "all",
        not missed,
    )
