"""The end of an epoch: reveal what is due, run consensus, pay, renew permits."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cgp.chain.embedded.accounts import change_stake
from cgp.chain.embedded.hyperparameters import RAO, U16
from cgp.chain.embedded.ledger import Draft, View
from cgp.chain.embedded.neurons import hotkeys
from cgp.chain.embedded.weights import reveal_commits
from cgp.chain.embedded.yuma import Consensus, Floats, yuma

logger = logging.getLogger(__name__)

Bools = npt.NDArray[np.bool_]
BLOCK_EMISSION = RAO
"""Alpha (in rao) made in a block."""
OWNER_CUT = 0.18
"""The owner's share of it; miners and validators halve the rest."""
MAX_REPLAYED = 50
"""Most epochs made up for at once: after a longer sleep the older ones are skipped."""
PRUNE_EVERY = 64
"""Epochs between two discards of old versions."""


def catch_up(draft: Draft, head: int) -> None:
    """Run every epoch that was due up to ``head``, each at its own block, once."""
    netuid = draft.constants.netuid
    tempo: int = draft.get("Tempo", netuid)
    last: int = draft.get("LastEpochBlock", netuid)
    missed = (head - last) // tempo
    if missed > MAX_REPLAYED:
        logger.warning("Skipped %d epochs that nobody was there for", missed - MAX_REPLAYED)
        last += (missed - MAX_REPLAYED) * tempo
    due = last + tempo
    while due <= head:
        draft.block = due
        run_epoch(draft, netuid)
        due += tempo
    draft.schedule_epoch(due)


def run_epoch(draft: Draft, netuid: int) -> None:
    """Run the epoch that is due at the draft's block."""
    index = draft.get("SubnetEpochIndex", netuid) + 1
    draft.put("SubnetEpochIndex", netuid, index)
    reveal_commits(draft, netuid, index)
    keys = hotkeys(draft, netuid)
    stake = stakes(draft, netuid, keys)
    active, voting = _voters(draft, netuid, stake)
    weights = _weights(draft, netuid, keys, voting)
    consensus = yuma(
        np.where(voting, stake, 0.0),
        weights,
        _matrix(draft, "Bonds", netuid, len(keys)),
        kappa=draft.get("Kappa", netuid) / U16,
        moving=draft.get("BondsMovingAverage", netuid) / 1_000_000,
    )
    emission = _pay(draft, netuid, keys, consensus)
    _write(draft, netuid, consensus, active, emission)
    permits = permitted(
        stake, draft.get("MaxAllowedValidators", netuid), draft.get("StakeThreshold", netuid)
    )
    draft.put("ValidatorPermit", netuid, permits.tolist())
    draft.put("LastEpochBlock", netuid, draft.block)
    if index % PRUNE_EVERY == 0:
        draft.discard_history()


def stakes(view: View, netuid: int, keys: Sequence[str]) -> Floats:
    """Return the stake by uid, in rao; float64 of shape (n,)."""
    of = {hotkey: rao for (hotkey, net), rao in view.scan("TotalHotkeyAlpha") if net == netuid}
    return np.array([of.get(hotkey, 0) for hotkey in keys], dtype=np.float64)


def permitted(stake: Floats, most: int, threshold: float) -> Bools:
    """Return who may validate: the ``most`` largest stakes of at least ``threshold`` (and above 0)."""
    order = np.argsort(-stake, kind="stable")[:most]
    permits = np.zeros(len(stake), dtype=np.bool_)
    permits[order] = (stake[order] >= threshold) & (stake[order] > 0)
    return permits


def _voters(view: View, netuid: int, stake: Floats) -> tuple[Bools, Bools]:
    cutoff = view.get("ActivityCutoff", netuid)
    updated = np.array(view.get("LastUpdate", netuid), dtype=np.int64)
    permits = np.array(view.get("ValidatorPermit", netuid), dtype=np.bool_)
    active = view.block - updated <= cutoff
    return active, active & permits & (stake > 0)


def _weights(view: View, netuid: int, keys: Sequence[str], voting: Bools) -> Floats:
    """Read the matrix without the weights of others than voters, on oneself, and on former holders."""
    matrix = _matrix(view, "Weights", netuid, len(keys))
    updated = np.array(view.get("LastUpdate", netuid), dtype=np.int64)
    seated = np.zeros(len(keys), dtype=np.int64)
    for (uid,), block in view.scan("BlockAtRegistration", netuid):
        seated[uid] = block
    matrix[~voting] = 0.0
    matrix[updated[:, None] <= seated[None, :]] = 0.0
    owner = view.get("Uids", netuid, view.get("SubnetOwnerHotkey", netuid))
    on_itself = np.eye(len(keys), dtype=np.bool_)
    if owner is not None:
        on_itself[owner, owner] = False  # the owner may burn by weighting itself
    matrix[on_itself] = 0.0
    return matrix


def _matrix(view: View, item: str, netuid: int, size: int) -> Floats:
    matrix = np.zeros((size, size))
    for (uid,), row in view.scan(item, netuid):
        for target, value in row:
            matrix[uid, target] = value / U16
    return matrix


def _pay(draft: Draft, netuid: int, keys: Sequence[str], consensus: Consensus) -> list[int]:
    """Mint an epoch's alpha onto the hotkeys' stake; return what each uid was due, in rao.

    Without weights there is nothing to pay for, and what the owner's uid earned as a miner is burned.
    A validator's dividends go to the coldkey that owns it; other coldkeys that stake on it get none.
    """
    since = draft.block - draft.get("LastEpochBlock", netuid)
    total = since * BLOCK_EMISSION
    half = round(total * (1 - OWNER_CUT) / 2)
    mined = apportion(half, consensus.incentive)
    validated = apportion(half, consensus.dividends)
    owner = draft.get("SubnetOwnerHotkey", netuid)
    for hotkey, miner_share, validator_share in zip(keys, mined, validated, strict=True):
        rao = validator_share + (0 if hotkey == owner else miner_share)
        if rao:
            change_stake(draft, hotkey, draft.get("Owner", hotkey), netuid, rao)
    if sum(mined):
        change_stake(draft, owner, draft.get("Owner", owner), netuid, total - 2 * half)
    return [miner + validator for miner, validator in zip(mined, validated, strict=True)]


def apportion(total: int, shares: Floats) -> list[int]:
    """Split a whole number by shares that sum to 1 (or to 0: nothing), leaving no remainder."""
    if shares.sum() <= 0:
        return [0] * len(shares)
    parts = [int(part) for part in np.floor(total * shares)]
    parts[int(np.argmax(shares))] += total - sum(parts)
    return parts


def _write(
    draft: Draft, netuid: int, consensus: Consensus, active: Bools, emission: list[int]
) -> None:
    vectors = {
        "Consensus": consensus.consensus,
        "Dividends": consensus.dividends,
        "Incentive": consensus.incentive,
        "Rank": consensus.rank,
        "Trust": consensus.trust,
        "ValidatorTrust": consensus.validator_trust,
        "PruningScores": consensus.incentive,
    }
    for item, values in vectors.items():
        draft.put(item, netuid, _u16(values).tolist())
    draft.put("Active", netuid, active.tolist())
    draft.put("Emission", netuid, emission)
    bonds = _u16(consensus.bonds)
    kept = {uid for (uid,), _ in draft.scan("Bonds", netuid)}
    for uid in kept | set(np.flatnonzero(bonds.any(axis=1)).tolist()):
        targets = np.flatnonzero(bonds[uid]).tolist()
        draft.put("Bonds", netuid, uid, [[target, int(bonds[uid, target])] for target in targets])


def _u16(values: Floats) -> npt.NDArray[np.int64]:
    return np.rint(np.clip(values, 0.0, 1.0) * U16).astype(np.int64)
