"""Balances and stake. Amounts are whole rao (10^-9 TAO); an alpha always costs a TAO."""

from __future__ import annotations

from cgp.chain.embedded.ledger import NOBODY, Draft, Json, View
from cgp.chain.embedded.rejection import RejectedError

ALPHA_PRICE = 10**9
"""Rao per alpha."""
EXISTENTIAL_DEPOSIT = 500
"""Least balance of a living account, in rao."""
FEE = 10_000
"""The fee of a call, in rao."""
FREE_CALLS = frozenset(
    {
        ("SubtensorModule", "commit_timelocked_mechanism_weights"),
        ("SubtensorModule", "serve_axon"),
        ("SubtensorModule", "set_mechanism_weights"),
        ("SubtensorModule", "set_weights"),
    }
)
"""Calls without a fee."""
MINIMUM_STAKE = 2_000_000
"""Least amount of one staking, in rao."""


def balance(view: View, coldkey: str) -> int:
    """Return the free balance."""
    free: int = view.get("System.Account", coldkey)["data"]["free"]
    return free


def credit(draft: Draft, coldkey: str, rao: int) -> None:
    """Add to the free balance."""
    account = draft.get("System.Account", coldkey)
    account["data"]["free"] += rao
    draft.put("System.Account", coldkey, account)


def pay(draft: Draft, coldkey: str, rao: int, error: str = "InsufficientBalance") -> None:
    """Take from the free balance.

    Raises:
        RejectedError: with the name ``error``, if there is too little.
    """
    if balance(draft, coldkey) < rao:
        raise RejectedError(error)
    credit(draft, coldkey, -rao)


def fee_of(module: str, function: str) -> int:
    """Return the fee of a call, in rao."""
    return 0 if (module, function) in FREE_CALLS else FEE


def charge_fee(draft: Draft, signer: str, fee: int) -> int:
    """Take a fee from the signer, or from the coldkey that owns it, as far as it has anything."""
    owner: str = draft.get("Owner", signer)
    payer = signer if owner == NOBODY else owner
    # As far as there is anything: a call is never refused for its fee here.
    fee = min(fee, balance(draft, payer))
    if fee:
        credit(draft, payer, -fee)
    return fee


def transfer(
    draft: Draft, signer: str, *, dest: Json, value: int, keep: int = EXISTENTIAL_DEPOSIT
) -> None:
    """Move free balance, leaving the sender at least ``keep``."""
    receiver = dest["Id"] if isinstance(dest, dict) else dest
    if value < 0:
        raise RejectedError("AmountTooLow")
    if balance(draft, signer) - value < keep:
        raise RejectedError("InsufficientBalance")
    credit(draft, signer, -value)
    credit(draft, receiver, value)


def transfer_allow_death(draft: Draft, signer: str, *, dest: Json, value: int) -> None:
    """Move free balance, down to nothing."""
    transfer(draft, signer, dest=dest, value=value, keep=0)


def transfer_all(draft: Draft, signer: str, *, dest: Json, keep_alive: bool) -> None:
    """Move the whole free balance."""
    keep = EXISTENTIAL_DEPOSIT if keep_alive else 0
    value = max(0, balance(draft, signer) - keep)
    transfer(draft, signer, dest=dest, value=value, keep=keep)


def stake_of(view: View, hotkey: str, netuid: int) -> int:
    """Return all stake on a hotkey."""
    stake: int = view.get("TotalHotkeyAlpha", hotkey, netuid)
    return stake


def change_stake(draft: Draft, hotkey: str, coldkey: str, netuid: int, rao: int) -> None:
    """Change the stake of a coldkey on a hotkey by ``rao``, which may be below 0."""
    draft.put("Alpha", hotkey, coldkey, netuid, draft.get("Alpha", hotkey, coldkey, netuid) + rao)
    total = draft.get("TotalHotkeyAlpha", hotkey, netuid) + rao
    draft.put("TotalHotkeyAlpha", hotkey, netuid, total)


def add_stake(draft: Draft, coldkey: str, *, hotkey: str, netuid: int, amount_staked: int) -> None:
    """Stake free balance on a hotkey, one's own or another's."""
    _require_stakeable(draft, hotkey, netuid, amount_staked)
    pay(draft, coldkey, amount_staked, "NotEnoughBalanceToStake")
    change_stake(draft, hotkey, coldkey, netuid, amount_staked)


def add_stake_limit(
    draft: Draft,
    coldkey: str,
    *,
    hotkey: str,
    netuid: int,
    amount_staked: int,
    limit_price: int,
    allow_partial: bool,
) -> None:
    """Stake, if the price (which is always one TAO here) is within the limit."""
    del allow_partial  # the price does not move, so all of it or nothing is within the limit
    if limit_price < ALPHA_PRICE:
        raise RejectedError("SlippageTooHigh")
    add_stake(draft, coldkey, hotkey=hotkey, netuid=netuid, amount_staked=amount_staked)


def remove_stake(
    draft: Draft, coldkey: str, *, hotkey: str, netuid: int, amount_unstaked: int
) -> None:
    """Take stake back into the free balance."""
    _require_stakeable(draft, hotkey, netuid, amount_unstaked)
    if draft.get("Alpha", hotkey, coldkey, netuid) < amount_unstaked:
        raise RejectedError("NotEnoughStakeToWithdraw")
    change_stake(draft, hotkey, coldkey, netuid, -amount_unstaked)
    credit(draft, coldkey, amount_unstaked)


def remove_stake_limit(
    draft: Draft,
    coldkey: str,
    *,
    hotkey: str,
    netuid: int,
    amount_unstaked: int,
    limit_price: int,
    allow_partial: bool,
) -> None:
    """Take stake back, if the price is within the limit."""
    del allow_partial
    if limit_price > ALPHA_PRICE:
        raise RejectedError("SlippageTooHigh")
    remove_stake(draft, coldkey, hotkey=hotkey, netuid=netuid, amount_unstaked=amount_unstaked)


def _require_stakeable(view: View, hotkey: str, netuid: int, amount: int) -> None:
    if not view.get("NetworksAdded", netuid):
        raise RejectedError("SubnetNotExists")
    if view.get("Owner", hotkey) == NOBODY:
        raise RejectedError("HotKeyAccountNotExists")
    if amount < MINIMUM_STAKE:
        raise RejectedError("AmountTooLow")
