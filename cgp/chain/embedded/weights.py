"""Setting weights: at once, or committed now and revealed at a later epoch.

The checks and their order follow the pallet (``subnets/weights``, ``coinbase/reveal_commits``), the
checks before inclusion its guards ``check_weights`` and ``check_rate_limits``.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cgp.chain.embedded.accounts import stake_of
from cgp.chain.embedded.beacon import has_pulse, last_round
from cgp.chain.embedded.hyperparameters import U16
from cgp.chain.embedded.ledger import Draft, Json, View
from cgp.chain.embedded.neurons import owner_uid, touch
from cgp.chain.embedded.rejection import RejectedError

logger = logging.getLogger(__name__)

COMMIT_REVEAL_VERSION = 4
MAX_UNREVEALED = 10
"""Most commits of one validator in one epoch."""
ESCROW = "EmbeddedChain.WeightsEscrow"
"""Plaintext of committed weights: no process here can wait for the beacon that would decrypt
them.
"""


@dataclass(frozen=True, slots=True)
class Ballot:
    """Weights as a validator submits them: u16 values for uids."""

    uids: Sequence[int]
    values: Sequence[int]
    version_key: int


def set_mechanism_weights(
    draft: Draft,
    hotkey: str,
    *,
    netuid: int,
    mecid: int,
    dests: Sequence[int],
    weights: Sequence[int],
    version_key: int,
) -> None:
    """Set weights at once."""
    ballot = Ballot(dests, weights, version_key)
    _require_mechanism(draft, netuid, mecid)
    # Plain weights would undo what commits are for.
    if draft.get("CommitRevealWeightsEnabled", netuid):
        raise RejectedError("CommitRevealEnabled")
    uid = _check_voter(draft, hotkey, netuid, ballot)
    _check_rate(draft, netuid, uid, "SettingWeightsTooFast")
    _check_ballot(draft, netuid, uid, ballot)
    _store(draft, netuid, uid, ballot)
    touch(draft, netuid, uid)


def set_weights(
    draft: Draft,
    hotkey: str,
    *,
    netuid: int,
    dests: Sequence[int],
    weights: Sequence[int],
    version_key: int,
) -> None:
    """Set weights at once, by the older call."""
    set_mechanism_weights(
        draft, hotkey, netuid=netuid, mecid=0, dests=dests, weights=weights, version_key=version_key
    )


def commit_timelocked_mechanism_weights(
    draft: Draft,
    hotkey: str,
    *,
    netuid: int,
    mecid: int,
    commit: str,
    reveal_round: int,
    commit_reveal_version: int,
    escrow: dict[str, Any] | None = None,
) -> None:
    """Keep a ciphertext until its epoch, and the escrowed plaintext with it."""
    _require_mechanism(draft, netuid, mecid)
    if not draft.get("CommitRevealWeightsEnabled", netuid):
        raise RejectedError("CommitRevealDisabled")
    if commit_reveal_version != COMMIT_REVEAL_VERSION:
        raise RejectedError("IncorrectCommitRevealVersion")
    uid = draft.get("Uids", netuid, hotkey)
    if uid is None:
        raise RejectedError("HotKeyNotRegisteredInSubNet")
    _check_rate(draft, netuid, uid, "CommittingWeightsTooFast")
    epoch = draft.get("SubnetEpochIndex", netuid)
    commits = draft.get("TimelockedWeightCommits", netuid, epoch)
    if sum(commit[0] == hotkey for commit in commits) >= MAX_UNREVEALED:
        raise RejectedError("TooManyUnrevealedCommits")
    entry = [hotkey, draft.block, commit, reveal_round]
    draft.put("TimelockedWeightCommits", netuid, epoch, [*commits, entry])
    if escrow is not None:
        draft.put(ESCROW, netuid, epoch, draft.block, escrow)
    # The rate limit counts from the commit; its reveal does not count again.
    touch(draft, netuid, uid)


def check_plain(draft: Draft, hotkey: str, *, netuid: int, **_: Json) -> None:
    """Refuse weights before inclusion: too little stake, or too early."""
    _check_stake(draft, hotkey, netuid)
    uid = draft.get("Uids", netuid, hotkey)
    if uid is not None and not draft.get("CommitRevealWeightsEnabled", netuid):
        _check_rate(draft, netuid, uid, "SettingWeightsTooFast")


def check_commit(draft: Draft, hotkey: str, *, netuid: int, reveal_round: int, **_: Json) -> None:
    """Refuse a commit before inclusion: too little stake, for a round that is over, or too
    early.
    """
    _check_stake(draft, hotkey, netuid)
    if reveal_round < last_round(draft, draft.now):
        raise RejectedError("InvalidRevealRound")
    uid = draft.get("Uids", netuid, hotkey)
    if uid is not None:
        _check_rate(draft, netuid, uid, "CommittingWeightsTooFast")


def reveal_commits(draft: Draft, netuid: int, epoch: int) -> None:
    """Apply the commits whose one epoch of reveal is ``epoch``, and drop older ones.

    A commit whose pulse is missing waits, as long as the epoch lasts. One that fails the checks now
    (evicted, no permit) or has no escrow is dropped, as on chain.
    """
    due = epoch - draft.get("RevealPeriodEpochs", netuid)
    for (made_in,), commits in draft.scan("TimelockedWeightCommits", netuid):
        if made_in > due:
            continue
        waiting = []
        for commit in commits:
            hotkey, block, _, number = commit
            if made_in == due and not has_pulse(draft, number):
                waiting.append(commit)
                continue
            if made_in == due:
                _reveal(draft, netuid, hotkey, draft.get(ESCROW, netuid, made_in, block))
            else:
                logger.warning("Weights of %s were dropped: no pulse came in time", hotkey)
            draft.delete(ESCROW, netuid, made_in, block)
        if waiting:
            draft.put("TimelockedWeightCommits", netuid, made_in, waiting)
        else:
            draft.delete("TimelockedWeightCommits", netuid, made_in)


def _reveal(draft: Draft, netuid: int, hotkey: str, escrow: dict[str, Any] | None) -> None:
    if escrow is None:
        logger.warning("Weights of %s cannot be revealed: committed without escrow", hotkey)
        return
    ballot = Ballot(**escrow)
    try:
        uid = _check_voter(draft, hotkey, netuid, ballot)
        _check_ballot(draft, netuid, uid, ballot)
    except RejectedError as error:
        logger.warning("Weights of %s were revealed and refused: %s", hotkey, error.name)
        return
    _store(draft, netuid, uid, ballot)


def _require_mechanism(view: View, netuid: int, mecid: int) -> None:
    if mecid != 0 or not view.get("NetworksAdded", netuid):
        raise RejectedError("MechanismDoesNotExist")


def _check_voter(view: View, hotkey: str, netuid: int, ballot: Ballot) -> int:
    if len(ballot.uids) != len(ballot.values):
        raise RejectedError("WeightVecNotEqualSize")
    if len(ballot.uids) > view.get("SubnetworkN", netuid):
        raise RejectedError("UidsLengthExceedUidsInSubNet")
    uid: int | None = view.get("Uids", netuid, hotkey)
    if uid is None:
        raise RejectedError("HotKeyNotRegisteredInSubNet")
    _check_stake(view, hotkey, netuid)
    key = view.get("WeightsVersionKey", netuid)
    if key and ballot.version_key < key:
        raise RejectedError("IncorrectWeightVersionKey")
    return uid


def _check_stake(view: View, hotkey: str, netuid: int) -> None:
    uid = view.get("Uids", netuid, hotkey)
    # The owner needs no stake to set weights.
    if uid is not None and uid == owner_uid(view, netuid):
        return
    if stake_of(view, hotkey, netuid) < view.get("StakeThreshold"):
        raise RejectedError("NotEnoughStakeToSetWeights")


def _check_rate(view: View, netuid: int, uid: int, error: str) -> None:
    last = view.get("LastUpdate", netuid)[uid]
    if last and view.block - last < view.get("WeightsSetRateLimit", netuid):
        raise RejectedError(error)


def _check_ballot(view: View, netuid: int, uid: int, ballot: Ballot) -> None:
    self_only = list(ballot.uids) == [uid]
    owner = uid == owner_uid(view, netuid)
    if not (self_only or owner or view.get("ValidatorPermit", netuid)[uid]):
        raise RejectedError("NeuronNoValidatorPermit")
    if len(set(ballot.uids)) != len(ballot.uids):
        raise RejectedError("DuplicateUids")
    count = view.get("SubnetworkN", netuid)
    if not all(0 <= target < count for target in ballot.uids):
        raise RejectedError("UidVecContainInvalidOne")
    minimum = min(view.get("MinAllowedWeights", netuid), count)
    if not self_only and len(ballot.uids) < minimum:
        raise RejectedError("WeightVecLengthIsLow")
    limit = view.get("MaxWeightsLimit", netuid)
    scaled_values = max_upscaled(ballot.values)
    if (
        not self_only
        and limit < U16
        and max(scaled_values, default=0) * U16 > limit * sum(scaled_values)
    ):
        raise RejectedError("MaxWeightExceeded")


def max_upscaled(values: Sequence[int]) -> list[int]:
    """Scale weights so that the largest becomes 65,535, rounding to the nearest (zeros stay
    zeros).
    """
    top = max(values, default=0) or 1
    return [(2 * value * U16 + top) // (2 * top) for value in values]


def _store(draft: Draft, netuid: int, uid: int, ballot: Ballot) -> None:
    pairs = zip(ballot.uids, max_upscaled(ballot.values), strict=True)
    draft.put("Weights", netuid, uid, [list(pair) for pair in pairs])
