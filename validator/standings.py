"""The validator's memory of its miners: standings by hotkey, recent answers, clone clusters.

The memory equals the store: a window's changes are computed (``after``), committed with
the window, and only then taken over (``accept``).
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cgp.embedders import Embedder
from cgp.scoring import (
    Answer,
    AnswerRecord,
    Identity,
    ScoringSettings,
    Standing,
    clone_clusters,
    observe,
    peer_terms,
    record_of,
    update,
)
from cgp.scoring.settings import DEFAULTS
from cgp.store import StandingChanges, StandingRecord, Store
from validator.judging import WindowScores
from validator.replies import Reply
from validator.selection import MinerCandidate

logger = logging.getLogger("validator")

HISTORY_WINDOWS = 256
"""Windows whose answers are remembered to compare miners with one another."""
REBUILT_WINDOWS = 20
"""Windows that a miner was asked about before its standing under a new rule says something: an
honest one has 0.95 of its final standing then (``cgp redteam``, "honest newcomer")."""
REBUILT_SHARE = 0.5
"""Share of the miners with an earlier standing that must have such a new one. More would let
miners that answer to nobody hold up the pay of all."""


@dataclass(frozen=True)
class EarlierStandings:
    """The miners that had a standing under an earlier version of the scoring rule.

    ``rule_version`` is the latest of those. It may have been in use for an hour, so that the
    weights on chain rest on one before it: the miners are those of all, each by its hotkey and the
    block at which it registered.
    """

    rule_version: str
    registrations: frozenset[tuple[str, int]]

    @classmethod
    def load(cls, store: Store, validator: str, rule_version: str) -> EarlierStandings | None:
        """Return a validator's standings of other versions; None where it has none.

        Blocks: reads the store.
        """
        own = (v.rule_version for v in store.validators() if v.hotkey == validator)
        versions = [version for version in own if version != rule_version]
        if not versions:
            return None
        records = (r for version in versions for r in store.standings_of(validator, version))
        return cls(versions[0], frozenset((r.hotkey, r.registered_at) for r in records))


@dataclass(frozen=True)
class Changes:
    """Changes of one window: new standings, and the records of its valid answers."""

    window: str
    standings: Mapping[str, Standing]
    records: Mapping[str, AnswerRecord]

    def record_of(self, hotkey: str) -> str:
        """Return the record of a hotkey's answer as it is stored, empty where there is none."""
        record = self.records.get(hotkey)
        return record.to_json() if record else ""

    def to_store(self, rule_version: str) -> StandingChanges:
        """Return the changes as they are stored."""
        return StandingChanges(
            rule_version,
            tuple(
                StandingRecord(s.hotkey, s.registered_at, s.to_json())
                for s in self.standings.values()
            ),
        )


class Standings:
    """Standings and recent answers, under one version of the scoring rule.

    ``lock`` is held from the computing of changes to their taking over, and while regrouping.
    """

    def __init__(
        self,
        standings: Iterable[Standing],
        history: Iterable[AnswerRecord],
        embedder: Embedder,
        scoring: ScoringSettings = DEFAULTS,
        earlier: EarlierStandings | None = None,
    ) -> None:
        self._standings = {standing.hotkey: standing for standing in standings}
        self._history: OrderedDict[str, list[AnswerRecord]] = OrderedDict()
        for record in history:
            self._history.setdefault(record.window, []).append(record)
        self._embedder = embedder
        self.earlier = earlier
        """Standings of the version before, None where there was none."""
        self.scoring = scoring
        """The constants of the scoring rule whose scores the standings rest on."""
        self._clusters: Mapping[str, int] = {}
        self.lock = asyncio.Lock()

    @classmethod
    def load(
        cls,
        store: Store,
        validator: str,
        rule_version: str,
        embedder: Embedder,
        scoring: ScoringSettings = DEFAULTS,
    ) -> Standings:
        """Return a validator's memory. Blocks: reads the store."""
        standing_records = store.standings_of(validator, rule_version)
        records = store.peer_history(validator, HISTORY_WINDOWS)
        earlier = EarlierStandings.load(store, validator, rule_version)
        if earlier is not None and not standing_records:
            logger.warning(
                "Scoring is %s now: standings begin anew, and those of %s are kept aside. The "
                "weights on chain stay until half of the %d miners that had a standing were asked "
                "about %d windows each, or until the weights grow old",
                rule_version,
                earlier.rule_version,
                len(earlier.registrations),
                REBUILT_WINDOWS,
            )
        return cls(
            (Standing.from_json(record.standing) for record in standing_records),
            (AnswerRecord.from_json(text) for text in records),
            embedder,
            scoring,
            earlier,
        )

    def replace_by(self, store_memory: Standings) -> None:
        """Take over the memory of ``store_memory``: that of the store, after a failure left its
        state open.
        """
        self._standings, self._history = (
            dict(store_memory._standings),
            OrderedDict(store_memory._history),
        )
        self.earlier = store_memory.earlier

    @property
    def by_hotkey(self) -> Mapping[str, Standing]:
        """The standings by hotkey."""
        return self._standings

    def are_rebuilt(self, miners: Iterable[MinerCandidate]) -> bool:
        """Tell if enough of the miners have a standing again after a new version.

        Weights from a few answers would take the pay of all who were not asked yet.
        """
        if self.earlier is None:
            return True
        waiting = [
            miner.hotkey
            for miner in miners
            if (miner.hotkey, miner.registered_at) in self.earlier.registrations
        ]
        counts = (self._standings[h].asked for h in waiting if h in self._standings)
        ready = sum(count >= REBUILT_WINDOWS for count in counts)
        return ready >= REBUILT_SHARE * len(waiting)

    @property
    def clusters(self) -> Mapping[str, int]:
        """The number of each hotkey's clone cluster, as of the last ``regroup``."""
        return self._clusters

    def regroup(self, identities: Mapping[str, Identity]) -> Mapping[str, int]:
        """Find the clusters of clones anew from recent answers and from the identities behind
        miners.
        """
        history = (record for records in self._history.values() for record in records)
        self._clusters = clone_clusters(history, self._embedder, identities, self.scoring)
        return self._clusters

    def after(
        self,
        window: str,
        replies: Sequence[Reply],
        scores: WindowScores,
        block: int,
    ) -> Changes:
        """Return the changes by the scores of a window; nothing changes yet."""
        records = {
            reply.miner.hotkey: record_of(
                reply.miner.hotkey, window, reply.answer, self.scoring, score=score
            )
            for reply, score in zip(replies, scores.scores, strict=True)
            if isinstance(reply.answer, Answer) and score.valid
        }
        agreement = self._agreement(window, records)
        observations = (
            observe(
                reply.miner.hotkey,
                reply.miner.registered_at,
                score,
                scores.reference,
                block,
                peer=agreement.get(reply.miner.hotkey),
                peer_weight=self.scoring.peers.weight,
            )
            for reply, score in zip(replies, scores.scores, strict=True)
        )
        standings = {
            o.hotkey: update(self._standings.get(o.hotkey), o, self.scoring.standings)
            for o in observations
        }
        return Changes(window, standings, records)

    def after_gold(self, replies: Sequence[Reply], scores: WindowScores, block: int) -> Changes:
        """Return the changes by the scores of a hidden gold window; nothing changes yet.

        Agreement with other miners has no part in it, and the answers are not remembered for it.
        """
        settings = self.scoring.standings
        observations = (
            observe(
                reply.miner.hotkey,
                reply.miner.registered_at,
                score,
                scores.reference,
                block,
                weight=settings.gold_weight,
            )
            for reply, score in zip(replies, scores.scores, strict=True)
        )
        standings = {
            o.hotkey: update(self._standings.get(o.hotkey), o, settings) for o in observations
        }
        return Changes("", standings, {})

    def accept(self, changes: Changes) -> None:
        """Take over committed changes."""
        self._standings.update(changes.standings)
        if changes.records:
            self._history[changes.window] = list(changes.records.values())
        # The oldest windows leave: a miner is compared by its answers of late.
        while len(self._history) > HISTORY_WINDOWS:
            self._history.popitem(last=False)

    def _agreement(self, window: str, records: Mapping[str, AnswerRecord]) -> Mapping[str, float]:
        past = [
            record
            for records_of_window in self._history.values()
            for record in records_of_window
            # The window itself may be in the history already, and must not count twice.
            if record.hotkey in records and record.window != window
        ]
        return peer_terms(
            window, [*past, *records.values()], self._clusters, self._embedder, self.scoring
        )
