"""The explicit first step: a new chain file with one subnet, its owner and some balances."""

from __future__ import annotations

import os
import secrets
import tempfile
import time
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from bittensor import sp_core

from cgp.chain.embedded.hyperparameters import RAO, RULES, Hyperparameters
from cgp.chain.embedded.ledger import BUSY_SECONDS, SCHEMA, Constants, Draft, connect
from cgp.chain.embedded.neurons import append_neuron, bind_owner, set_burn
from cgp.chain.embedded.profiles import FAST
from cgp.chain.errors import ChainSetupError
from cgp.durable_files import private_file
from cgp.sqlite_files import transaction, write_ahead


def chain_exists(path: Path) -> bool:
    """Tell whether there is a chain file at ``path``."""
    return path.is_file()


def genesis(
    path: Path,
    *,
    netuid: int,
    owner_hotkey: str,
    owner_coldkey: str,
    balances: Mapping[str, float],
    block_seconds: float = 1.0,
    hyperparameters: Hyperparameters | None = None,
    allow_loopback: bool = True,
) -> None:
    """Make a chain file; the owner's hotkey becomes uid 0.

    Args:
        path: the file, on a local disk (SQLite's WAL needs one).
        netuid: the only subnet's number.
        owner_hotkey: SS58; it can never be evicted.
        owner_coldkey: SS58; it may change hyperparameters.
        balances: TAO by coldkey (SS58). Registration, stake and fees are paid from them.
        block_seconds: how long a block takes.
        hyperparameters: the subnet's rules (default: the fast profile).
        allow_loopback: whether neurons may serve on 127.0.0.1, which real chains refuse.

    Raises:
        ChainSetupError: if there is a file already, or a value makes no sense.
    """
    _check(path, netuid, block_seconds, [owner_hotkey, owner_coldkey, *balances])
    constants = Constants(netuid, secrets.token_hex(32), time.time(), block_seconds, allow_loopback)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Made beside its place and linked there whole, so that no process sees half a chain.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".genesis-") as folder:
        whole = private_file(Path(folder) / "chain.sqlite")
        _write(
            whole,
            constants,
            owner_hotkey=owner_hotkey,
            owner_coldkey=owner_coldkey,
            balances=balances,
            rules=hyperparameters or FAST.rules,
        )
        try:
            os.link(whole, path)  # all of it or nothing, and never over another's file
        except FileExistsError as error:
            raise ChainSetupError(_exists(path)) from error


def _write(
    path: Path,
    constants: Constants,
    *,
    owner_hotkey: str,
    owner_coldkey: str,
    balances: Mapping[str, float],
    rules: Hyperparameters,
) -> None:
    connection = connect(path)
    try:
        write_ahead(connection, busy_seconds=BUSY_SECONDS)
        connection.executescript(SCHEMA)
        with transaction(connection):
            connection.execute(
                "INSERT INTO chain VALUES (?, ?, ?, ?, ?, 1, 1, ?, 0)",
                (
                    constants.netuid,
                    constants.genesis,
                    constants.started_at,
                    constants.block_seconds,
                    constants.allow_loopback,
                    1 + rules.tempo,
                ),
            )
            draft = Draft(connection, 1, constants, constants.started_at)
            _write_subnet(draft, owner_hotkey, owner_coldkey, rules)
            for coldkey, tao in balances.items():
                account = draft.get("System.Account", coldkey)
                account["data"]["free"] = round(tao * RAO)
                draft.put("System.Account", coldkey, account)
    finally:
        connection.close()


def _write_subnet(draft: Draft, hotkey: str, coldkey: str, rules: Hyperparameters) -> None:
    netuid = draft.constants.netuid
    for field in fields(rules):
        rule = RULES[field.name]
        key = () if rule.of_network else (netuid,)
        draft.put(rule.item, *key, getattr(rules, field.name))
    set_burn(draft, netuid, rules.burn)
    draft.put("NetworksAdded", netuid, True)
    draft.put("NetworkRegisteredAt", netuid, draft.block)
    draft.put("LastEpochBlock", netuid, draft.block)
    draft.put("SubnetOwner", netuid, coldkey)
    draft.put("SubnetOwnerHotkey", netuid, hotkey)
    draft.put("TokenSymbol", netuid, "α")
    bind_owner(draft, hotkey, coldkey)
    append_neuron(draft, netuid, hotkey)


def _check(path: Path, netuid: int, block_seconds: float, addresses: list[str]) -> None:
    if path.exists():
        raise ChainSetupError(_exists(path))
    if not 1 <= netuid <= 4095:
        raise ChainSetupError(f"netuid {netuid} is not allowed: 1 to 4095")
    if not 0.01 <= block_seconds <= 86_400:
        raise ChainSetupError(f"block_seconds {block_seconds} is not allowed: 0.01 to 86400")
    for address in addresses:
        try:
            sp_core.ss58_decode(address)
        except ValueError as error:
            raise ChainSetupError(f"{address!r} is not an SS58 address: {error}") from error


def _exists(path: Path) -> str:
    return f"there is a file at {path} already; a chain is begun once: remove it to begin anew"
