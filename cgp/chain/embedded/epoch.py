"""The end of an epoch: reveal commits, run consensus, pay, renew permits."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cgp.chain.embedded.accounts import change_stake
from cgp.chain.embedded.hyperparameters import RAO, U16
from cgp.chain.embedded.ledger import Draft, View
from cgp.chain.embedded.neurons import hotkeys, owner_uid, registrations
from cgp.chain.embedded.weights import reveal_commits
from cgp.chain.embedded.yuma import Consensus, Floats, Rules, to_shares, yuma

logger = logging.getLogger(__name__)

Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
BLOCK_EMISSION = RAO
"""Alpha (in rao) made in a block."""
OWNER_CUT = 0.18
"""The owner's share of it; miners and validators halve the rest."""
MAX_REPLAYED = 50
"""Most epochs made up for at once: after a longer sleep the older ones are skipped."""
PRUNE_EVERY = 64
"""Epochs between two discards of old versions."""
_ROUNDING = 1e-6
"""Added before cutting to a whole number, so that 65,535 thirds of 3 are not 65,534."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seats:
    """The neurons of a subnet at an epoch, by uid: all arrays have shape (n,). Stake is in rao.

    ``stake`` is 0 where it is below the threshold, except for the owner's.
    """

    keys: Sequence[str]
    stake: Floats
    active: Bools
    permits: Bools
    registered: Integers
    updated: Integers
    owner: int | None

    @property
    def voting_stake(self) -> Floats:
        """The stake that votes: of active neurons with a permit."""
        return np.where(self.active & self.permits, self.stake, 0.0)


def catch_up(draft: Draft, head: int) -> None:
    """Run every epoch that was due up to ``head``, each at its own block, once."""
    netuid = draft.constants.netuid
    tempo: int = draft.get("Tempo", netuid)
    last: int = draft.get("LastEpochBlock", netuid)
    gap = (head - last) // tempo
    # A laptop that slept for a night would replay thousands of epochs before the first read.
    if gap > MAX_REPLAYED:
        # That is as it should be, and asks nothing of the person who comes back.
        logger.info("Skipped %d epochs that nobody was there for", gap - MAX_REPLAYED)
        last += (gap - MAX_REPLAYED) * tempo
    due = last + tempo
    while due <= head:
        draft.block = due
        run_epoch(draft, netuid)
        due += tempo
    draft.schedule_epoch(due)


def run_epoch(draft: Draft, netuid: int) -> None:
    """Run the epoch that is due at the draft's block."""
    index = draft.get("SubnetEpochIndex", netuid) + 1
    # Before consensus: weights that are revealed now count in this epoch.
    reveal_commits(draft, netuid, index)
    seats = _seats(draft, netuid)
    consensus = yuma(
        seats.voting_stake,
        _weights(draft, netuid, seats, index),
        _bonds(draft, netuid, seats),
        Rules(
            kappa=draft.get("Kappa", netuid) / U16,
            moving=draft.get("BondsMovingAverage", netuid) / 1_000_000,
            penalty=draft.get("BondsPenalty", netuid) / U16,
            yuma3=draft.get("Yuma3On", netuid),
        ),
    )
    emission = _pay(draft, netuid, seats, consensus)
    permits = top_stakes(seats.stake, draft.get("MaxAllowedValidators", netuid))
    # The owner validates without stake, in the epoch and after it.
    if seats.owner is not None:
        permits[seats.owner] = True
    _write(draft, netuid, seats, consensus, permits=permits, emission=emission)
    draft.put("SubnetEpochIndex", netuid, index)
    draft.put("LastEpochBlock", netuid, draft.block)
    # The runtime spells this name so.
    draft.put("LastMechansimStepBlock", netuid, draft.block)
    if index % PRUNE_EVERY == 0:
        draft.discard_history()


def stakes(view: View, netuid: int, keys: Sequence[str]) -> Floats:
    """Return the stake by uid, in rao; float64 of shape (n,)."""
    of = {hotkey: rao for (hotkey, net), rao in view.scan("TotalHotkeyAlpha") if net == netuid}
    return np.array([of.get(hotkey, 0) for hotkey in keys], dtype=np.float64)


def top_stakes(stake: Floats, count: int) -> Bools:
    """Return the validators of the next epoch: the ``count`` largest stakes above 0.

    Of equal stakes the higher uids win, as in the pallet's stable ascending sort.
    """
    order = np.argsort(stake, kind="stable")
    permits: Bools = stake > 0
    permits[order[: max(0, len(stake) - count)]] = False
    return permits


def cutoff_blocks(view: View, netuid: int) -> int:
    """Return the blocks without new weights after which a validator counts as gone."""
    factor: int = view.get("ActivityCutoffFactorMilli", netuid)
    tempo: int = view.get("Tempo", netuid)
    return -(-factor * tempo // 1_000)


def _seats(view: View, netuid: int) -> _Seats:
    keys = hotkeys(view, netuid)
    owner = owner_uid(view, netuid)
    stake = stakes(view, netuid, keys)
    poor = stake < view.get("StakeThreshold")
    permits = np.array(view.get("ValidatorPermit", netuid), dtype=np.bool_)
    if owner is not None:
        poor[owner] = False
        permits[owner] = True
    update_blocks = np.array(view.get("LastUpdate", netuid), dtype=np.int64)
    return _Seats(
        keys=keys,
        stake=np.where(poor, 0.0, stake),
        active=update_blocks + cutoff_blocks(view, netuid) >= view.block,
        permits=permits,
        registered=np.array(registrations(view, netuid, len(keys)), dtype=np.int64),
        updated=update_blocks,
        owner=owner,
    )


def _weights(view: View, netuid: int, seats: _Seats, epoch: int) -> Floats:
    """Read the matrix without the weights of others than validators, on oneself, and on former
    holders.

    A validator whose commit still waits has seen no neuron that came after the commit: its older
    weights on that uid were for the former holder.
    """
    matrix = _matrix(view, "Weights", netuid, len(seats.keys))
    matrix[~seats.permits] = 0.0
    on_itself = np.eye(len(seats.keys), dtype=np.bool_)
    if seats.owner is not None:
        on_itself[seats.owner, seats.owner] = False  # the owner may burn by weighting itself
    matrix[on_itself] = 0.0
    # Weights that are older than a neuron were for the former holder of its uid.
    matrix[seats.updated[:, None] <= seats.registered[None, :]] = 0.0
    if view.get("CommitRevealWeightsEnabled", netuid):
        waiting = _commit_blocks(view, netuid, seats, epoch)
        matrix[waiting[:, None] < seats.registered[None, :]] = 0.0
    return matrix


def _commit_blocks(view: View, netuid: int, seats: _Seats, epoch: int) -> Integers:
    """Return the block of each uid's earliest commit that waits; the largest number for none."""
    blocks = np.full(len(seats.keys), np.iinfo(np.int64).max)
    uid_of = {hotkey: uid for uid, hotkey in enumerate(seats.keys)}
    oldest = epoch - view.get("RevealPeriodEpochs", netuid)
    for (made_in,), commits in view.scan("TimelockedWeightCommits", netuid):
        for hotkey, block, *_ in commits if made_in >= oldest else ():
            if (uid := uid_of.get(hotkey)) is not None:
                blocks[uid] = min(blocks[uid], block)
    return blocks


def _bonds(view: View, netuid: int, seats: _Seats) -> Floats:
    """Read the bonds, without bonds to neurons that came after the last epoch."""
    bonds = _matrix(view, "Bonds", netuid, len(seats.keys))
    bonds[:, seats.registered > view.get("LastMechansimStepBlock", netuid)] = 0.0
    return bonds


def _matrix(view: View, item: str, netuid: int, size: int) -> Floats:
    matrix = np.zeros((size, size))
    for (uid,), row in view.scan(item, netuid):
        for target, value in row:
            matrix[uid, target] = value / U16
    return matrix


def _pay(draft: Draft, netuid: int, seats: _Seats, consensus: Consensus) -> list[int]:
    """Mint an epoch's alpha onto the hotkeys' stake; return the emission of each uid, in rao.

    The miner's share of the owner's uid is burned. Where no weights count, validators are paid by
    their stake alone, with the miners' half too. A validator's dividends go to the coldkey that
    owns it; other coldkeys that stake on it get none.
    """
    since = draft.block - draft.get("LastEpochBlock", netuid)
    total = since * BLOCK_EMISSION
    half = round(total * (1 - OWNER_CUT) / 2)
    miner_shares = apportion(half, consensus.incentive)
    if consensus.incentive.any() or consensus.dividends.any():
        validator_shares = apportion(half, consensus.dividends)
    else:
        voting = seats.voting_stake
        validator_shares = apportion(2 * half, to_shares(voting if voting.any() else seats.stake))
    owner = draft.get("SubnetOwnerHotkey", netuid)
    for hotkey, miner_share, validator_share in zip(
        seats.keys, miner_shares, validator_shares, strict=True
    ):
        rao = validator_share + (0 if hotkey == owner else miner_share)
        if rao:
            change_stake(draft, hotkey, draft.get("Owner", hotkey), netuid, rao)
    change_stake(draft, owner, draft.get("Owner", owner), netuid, total - 2 * half)
    return [
        miner + validator for miner, validator in zip(miner_shares, validator_shares, strict=True)
    ]


def apportion(total: int, shares: Floats) -> list[int]:
    """Split a whole number by shares that sum to 1 (or to 0: nothing), leaving no remainder."""
    if shares.sum() <= 0:
        return [0] * len(shares)
    parts = [int(part) for part in np.floor(total * shares)]
    # The remainder of rounding goes to the largest share.
    parts[int(np.argmax(shares))] += total - sum(parts)
    return parts


def _write(
    draft: Draft,
    netuid: int,
    seats: _Seats,
    consensus: Consensus,
    *,
    permits: Bools,
    emission: list[int],
) -> None:
    vectors = {
        "Consensus": consensus.consensus,
        "Dividends": consensus.dividends,
        "Incentive": consensus.incentive,
        "StakeWeight": to_shares(seats.stake),
        "ValidatorTrust": consensus.validator_trust,
    }
    for item, values in vectors.items():
        draft.put(item, netuid, as_u16(values).tolist())
    draft.put("Active", netuid, seats.active.tolist())
    draft.put("Emission", netuid, emission)
    draft.put("ValidatorPermit", netuid, permits.tolist())
    # Bonds are kept as long as the permit is.
    bonds = as_u16(np.where(permits[:, None], consensus.bonds, 0.0))
    rows = {uid for (uid,), _ in draft.scan("Bonds", netuid)}
    for uid in rows | set(np.flatnonzero(bonds.any(axis=1)).tolist()):
        targets = np.flatnonzero(bonds[uid]).tolist()
        draft.put("Bonds", netuid, uid, [[target, int(bonds[uid, target])] for target in targets])


def as_u16(values: Floats) -> Integers:
    """Return shares (0..1) as fractions of 65,535, cut as the chain's fixed-point numbers are."""
    cut: Integers = np.floor(np.clip(values, 0.0, 1.0) * U16 + _ROUNDING).astype(np.int64)
    return cut
