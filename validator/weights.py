"""Setting weights: standings to rewards to the chain, whenever the chain allows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

import bittensor as bt

from cgp.chain.metagraph import Chain, Metagraph, WeightsOutcome
from cgp.scoring import Standing, rewards, still_registered, weights
from cgp.store import SerialWorker, Store, WeightsRecord
from cgp.telemetry import Duty
from validator.events import Listener, WeightsSet
from validator.further_rewards import FurtherRewards
from validator.holding import Holding
from validator.standings import Standings
from validator.subnet import Subnet

logger = logging.getLogger("validator")

RENEW_BLOCKS = 1_000
"""Age at which unchanged weights are set again (some 3 hours): a chain takes a validator that has
set none for ``activity_cutoff`` blocks (5,000) for gone.
"""

_WAIT_CODES = frozenset({"RATE_LIMITED"})


class Weights:
    """Sets weights from the standings. ``version_key`` is the subnet's.

    ``further`` are rewards beside those for answers, None where the operator turned none on.
    """

    def __init__(
        self,
        chain: Chain,
        *,
        subnet: Subnet,
        standings: Standings,
        holding: Holding,
        store: Store,
        database: SerialWorker,
        notify: Listener,
        version_key: int,
        further: FurtherRewards | None = None,
    ) -> None:
        self._chain = chain
        self._subnet = subnet
        self._standings = standings
        self._holding = holding
        self._store = store
        self._database = database
        self._notify = notify
        self._version_key = version_key
        self._further = further
        self._lock = asyncio.Lock()
        self._set_with: Mapping[str, Standing] | None = None
        self._last: WeightsSet | None = None
        self._not_before = 0
        self._standing_by = False

    @property
    def due(self) -> bool:
        """True if there are standings that the last weights do not hold yet, or the weights grow
        old.

        Nothing is due while the validator holds for a fault of its own.
        """
        if self._holding.fault is not None or self._standing_by:
            return False
        standings = self._standings.by_hotkey
        return bool(standings) and (dict(standings) != self._set_with or self._growing_old)

    @property
    def _waits_for_standings(self) -> bool:
        """True while the standings of a new scoring rule say too little, and the chain has weights
        of the rule before that do not grow old.
        """
        is_rebuilt = self._standings.are_rebuilt(self._subnet.candidates)
        return not (self.are_on_chain or self._growing_old or is_rebuilt)

    @property
    def _growing_old(self) -> bool:
        neuron = self._subnet.own_neuron
        return (
            neuron is not None and self._subnet.metagraph.block - neuron.last_update >= RENEW_BLOCKS
        )

    @property
    def are_on_chain(self) -> bool:
        """True if the chain has taken weights since the start."""
        return self._set_with is not None

    def stand_by(self) -> None:
        """Set no weights any more: another process does, with the same hotkey."""
        self._standing_by = True

    @property
    def status(self) -> dict[str, object]:
        """The last attempt, for the health page."""
        if self._last is None:
            return {"taken": False}
        return {
            "taken": self.are_on_chain,
            "block": self._last.block,
            "success": self._last.success,
            "code": self._last.code,
        }

    async def keep_setting(self, pause: float, duty: Duty) -> None:
        """Set weights for ever, as often as the chain allows; look again after
        ``pause`` seconds.
        """
        while True:
            if (
                not self.due
                or self._waits_for_standings
                or not await self._is_allowed()
                or (outcome := await self.set_now()) is None
                or outcome.success
            ):
                duty.note_success()
            elif outcome.code in _WAIT_CODES:
                # The chain knew better than our count of blocks, so it is asked again.
                self._not_before = 0
                duty.note_success()
            else:
                duty.note_failure(f"the chain refuses weights ({outcome.code}): {outcome.message}")
            await asyncio.sleep(pause)

    async def attempt(self) -> bool:
        """Wait until the chain allows it, then set weights; return whether there is no more to do.

        A chain that is away is logged, like one that refuses: the next attempt may succeed.
        """
        try:
            blocks = await self._chain.blocks_until_weights()
            if blocks > 0:
                logger.debug("Weights can be set in %d blocks", blocks)
                await self._chain.wait_for_block(await self._chain.block() + blocks)
            outcome = await self.set_now()
        except bt.BittensorError as error:
            logger.warning("Weights not set: %s", error)
            return False
        return outcome is None or outcome.success

    async def _is_allowed(self) -> bool:
        """Tell if the chain would take weights now.

        The chain is asked once in each interval: its own limit says when to ask again, and the
        blocks until then are counted on the metagraph that is read anyway.
        """
        if self._subnet.metagraph.block < self._not_before:
            return False
        if (blocks := await self._chain.blocks_until_weights()) > 0:
            logger.debug("Weights can be set in %d blocks", blocks)
            self._not_before = self._subnet.metagraph.block + blocks
        return blocks == 0

    async def set_now(self) -> WeightsOutcome | None:
        """Set weights now; None where there are none to set, or the validator holds them."""
        async with self._lock:
            return await self._set()

    async def _set(self) -> WeightsOutcome | None:
        metagraph = await self._subnet.refresh()
        async with self._standings.lock:
            standings = dict(self._standings.by_hotkey)
            shares = await self._database(self._shares, metagraph)
        # Again: a hold may have begun while the metagraph was read.
        if self._holding.fault is not None:
            return None
        if not any(standing.answered for standing in standings.values()):
            # The owner's uid gets the weight that nobody earned, never what nobody could earn.
            logger.warning("No weights to set: no miner has answered yet")
            return None
        uids = _uids(metagraph)
        vector: Mapping[int, float] = weights(shares, uids, _owner_uid(metagraph))
        if not vector:
            logger.warning("No weights to set: nobody earned any, and the subnet owner has no uid")
            return None
        if self._further is not None:
            vector = await self._further.mixed_into(vector, uids)
        outcome = await self._chain.set_weights(vector, self._version_key)
        if outcome.success:
            self._set_with = standings
        await self._tell(metagraph, shares, vector, outcome)
        return outcome

    def _shares(self, metagraph: Metagraph) -> dict[str, float]:
        """Return each hotkey's share of the reward. Clones share a seat; a hotkey that left gets
        none.
        """
        registered_at = {n.hotkey: n.registered_at for n in metagraph.neurons}
        standings = still_registered(self._standings.by_hotkey, registered_at)
        clusters = self._standings.regroup(self._subnet.identities)
        return rewards(standings, clusters, self._standings.scoring.rewards)

    async def _tell(
        self,
        metagraph: Metagraph,
        shares: Mapping[str, float],
        vector: Mapping[int, float],
        outcome: WeightsOutcome,
    ) -> None:
        on_chain: Mapping[int, float] = {}
        if outcome.success:
            neuron = self._subnet.own_neuron
            on_chain = await self._chain.weights_of(neuron.uid) if neuron else {}
            rounded_weights = {uid: round(weight, 4) for uid, weight in vector.items()}
            logger.info("Weights set at block %d: %s", metagraph.block, rounded_weights)
            if on_chain:
                rounded_weights = {uid: round(weight, 4) for uid, weight in on_chain.items()}
                logger.info("Weights read back from the chain: %s", rounded_weights)
            else:
                logger.info("Weights are committed; the chain reveals them later")
        else:
            level = logging.INFO if outcome.code in _WAIT_CODES else logging.WARNING
            logger.log(level, "Weights not set (%s): %s", outcome.code, outcome.message)
        record = WeightsRecord(
            metagraph.block, shares, vector, outcome.success, outcome.code, outcome.message
        )
        await self._database(self._store.log_weights, self._chain.hotkey, record)
        self._last = WeightsSet(
            metagraph.block, shares, vector, outcome.success, outcome.code, dict(on_chain)
        )
        self._notify(self._last)


def _uids(metagraph: Metagraph) -> dict[str, int]:
    return {neuron.hotkey: neuron.uid for neuron in metagraph.neurons}


def _owner_uid(metagraph: Metagraph) -> int | None:
    owner = metagraph.by_hotkey.get(metagraph.owner_hotkey or "")
    return owner.uid if owner else None
