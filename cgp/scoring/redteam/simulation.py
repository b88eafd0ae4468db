"""Many windows of a small subnet: scores become standings, standings rewards, as in the validator.

Only the validator's own functions compute anything here: agreement, standings, clusters and
rewards. The simulation adds the miners, and the times at which rewards are paid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cgp.embedders import Embedder
from cgp.scoring.peers import AnswerRecord, clone_clusters, peer_terms
from cgp.scoring.redteam.playing import Round, Seat, hotkey_of
from cgp.scoring.redteam.strategy import Strategy
from cgp.scoring.rewards import rewards
from cgp.scoring.settings import ScoringSettings
from cgp.scoring.standings import Observation, Standing, observe, update

EPOCH = 25
"""Windows between two payments."""
START = 25
"""Windows before the first payment (no more than a third of all)."""
HISTORY = 40
"""Latest windows whose answers a validator compares to find clones."""
RECENT = 5
"""Latest windows whose answers a validator compares to find agreement."""
PANEL = 8
"""Miners whose answers to a window are compared for agreement: the miners of one fan-out."""


@dataclass(frozen=True)
class SimulationResult:
    """Result of a simulated subnet of some strategies.

    ``income`` is each seat's mean share of the reward over all payments, ``observations`` its
    results in order; ``standings`` and ``clusters`` are by hotkey, after the last window.
    """

    income: Mapping[Seat, float]
    observations: Mapping[Seat, Sequence[Observation]]
    standings: Mapping[str, Standing]
    clusters: Mapping[str, int]

    def total(self, strategy: Strategy) -> float:
        """Return the income of all the seats of a strategy."""
        return sum(self.income[strategy.name, seat] for seat in range(strategy.seats))


def simulate(
    rounds: Sequence[Round],
    strategies: Iterable[Strategy],
    embedder: Embedder,
    settings: ScoringSettings,
) -> SimulationResult:
    """Run a subnet in which every seat of ``strategies`` is asked about every window.

    A window goes to all in panels of at most ``PANEL`` miners; agreement is taken within a panel.
    """
    subnet = _Subnet(tuple(strategies), embedder, settings)
    start = min(START, len(rounds) // 3)
    for number, game in enumerate(rounds):
        subnet.observe(number, game)
        count = number + 1
        if count >= start and ((count - start) % EPOCH == 0 or count == len(rounds)):
            subnet.pay()
    return subnet.outcome()


class _Subnet:
    """The state of one simulated validator."""

    def __init__(
        self, strategies: Sequence[Strategy], embedder: Embedder, settings: ScoringSettings
    ) -> None:
        self._strategies = strategies
        self._embedder = embedder
        self._settings = settings
        self._history: list[list[AnswerRecord]] = []
        self._standings: dict[str, Standing] = {}
        self._clusters: dict[str, int] = {}
        self._paid: dict[Seat, float] = defaultdict(float)
        self._payments = 0
        self._observations: dict[Seat, list[Observation]] = defaultdict(list)
        self._hotkeys: dict[Seat, str] = {}

    def observe(self, number: int, game: Round) -> None:
        """Take one window's scores into the standings."""
        self._register(number)
        self._history.append(
            [
                replace(game.records[seat], hotkey=hotkey)
                for seat, hotkey in self._hotkeys.items()
                if seat in game.records
            ]
        )
        recent = [record for window in self._history[-RECENT:] for record in window]
        terms = self._terms(number, game.name, recent)
        for seat, hotkey in self._hotkeys.items():
            observation = observe(
                hotkey,
                0,
                game.scores[seat],
                game.reference,
                number,
                peer=terms.get(hotkey),
                peer_weight=self._settings.peers.weight,
            )
            self._observations[seat].append(observation)
            self._standings[hotkey] = update(
                self._standings.get(hotkey), observation, self._settings.standings
            )

    def _terms(
        self, number: int, window: str, recent: Sequence[AnswerRecord]
    ) -> Mapping[str, float]:
        """Return each hotkey's agreement with the others of its panel; panels
        change every window.
        """
        hotkeys = list(self._hotkeys.values())
        order = np.random.default_rng(number).permutation(len(hotkeys))
        panels = -(-len(hotkeys) // PANEL)
        panel_of = {hotkeys[i]: place % panels for place, i in enumerate(order.tolist())}
        members: list[list[AnswerRecord]] = [[] for _ in range(panels)]
        for record in recent:
            if record.hotkey in panel_of:
                members[panel_of[record.hotkey]].append(record)
        terms: dict[str, float] = {}
        for records in members:
            terms |= peer_terms(window, records, self._clusters, self._embedder, self._settings)
        return terms

    def _register(self, number: int) -> None:
        """Give every seat its hotkey for this window; a seat that resets leaves its
        old one behind.
        """
        for strategy in self._strategies:
            generation = number // strategy.lifetime if strategy.lifetime else 0
            for seat in range(strategy.seats):
                hotkey = hotkey_of(strategy.name, seat, generation)
                old_hotkey = self._hotkeys.get((strategy.name, seat))
                # A new registration leaves its old standing behind, as on chain.
                if old_hotkey not in (None, hotkey):
                    self._standings.pop(old_hotkey, None)
                self._hotkeys[strategy.name, seat] = hotkey

    def pay(self) -> None:
        """Find clones and pay the rewards of this epoch."""
        history = [record for window in self._history[-HISTORY:] for record in window]
        self._clusters = clone_clusters(history, self._embedder, settings=self._settings)
        shares = rewards(self._standings, self._clusters, self._settings.rewards)
        for seat, hotkey in self._hotkeys.items():
            self._paid[seat] += shares[hotkey]
        self._payments += 1

    def outcome(self) -> SimulationResult:
        """Return the result of the simulation."""
        return SimulationResult(
            income={seat: self._paid[seat] / max(1, self._payments) for seat in self._hotkeys},
            observations=self._observations,
            standings=self._standings,
            clusters=self._clusters,
        )
