"""Runtime APIs: whole records that the SDK asks the chain to put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cgp.chain.embedded.accounts import ALPHA_PRICE
from cgp.chain.embedded.hyperparameters import RULES, U16
from cgp.chain.embedded.ledger import View
from cgp.chain.embedded.neurons import burn, hotkeys, registrations

_NOWHERE = {
    "block": 0,
    "version": 0,
    "ip": 0,
    "port": 0,
    "ip_type": 4,
    "protocol": 0,
    "placeholder1": 0,
    "placeholder2": 0,
}
SUBNET_NAME = "embedded"


def metagraph(view: View, netuid: int) -> dict[str, Any] | None:
    """Return the whole subnet, per uid in lists: scores as u16, amounts in rao; None if there is
    none.
    """
    if not view.get("NetworksAdded", netuid):
        return None
    keys = hotkeys(view, netuid)
    stake = _stakes(view, netuid, keys)
    last = view.get("LastEpochBlock", netuid)
    return {
        "netuid": netuid,
        "name": SUBNET_NAME,
        "symbol": view.get("TokenSymbol", netuid),
        "identity": None,
        "block": view.block,
        "tempo": view.get("Tempo", netuid),
        "last_step": last,
        "blocks_since_last_step": view.block - last,
        "owner_hotkey": view.get("SubnetOwnerHotkey", netuid),
        "owner_coldkey": view.get("SubnetOwner", netuid),
        "network_registered_at": view.get("NetworkRegisteredAt", netuid),
        "num_uids": len(keys),
        "max_uids": view.get("MaxAllowedUids", netuid),
        # A pool so deep that its price stays one TAO.
        "tao_in": 10**15,
        "alpha_in": 10**15,
        "moving_price": {"bits": 2**32},
        "hotkeys": keys,
        "coldkeys": _coldkeys(view, keys),
        "identities": [None] * len(keys),
        "axons": _axons(view, netuid, keys),
        "active": view.get("Active", netuid),
        "validator_permit": view.get("ValidatorPermit", netuid),
        "last_update": view.get("LastUpdate", netuid),
        "block_at_registration": registrations(view, netuid, len(keys)),
        "consensus": view.get("Consensus", netuid),
        "incentives": view.get("Incentive", netuid),
        "dividends": view.get("Dividends", netuid),
        "emission": view.get("Emission", netuid),
        "alpha_stake": stake,
        "tao_stake": [0] * len(keys),
        "total_stake": stake,
    }


def neurons_lite(view: View, netuid: int) -> list[dict[str, Any]]:
    """Return a record per uid, without weights and bonds."""
    graph = metagraph(view, netuid)
    if graph is None:
        return []
    columns = {
        "hotkey": "hotkeys",
        "coldkey": "coldkeys",
        "axon_info": "axons",
        "active": "active",
        "validator_permit": "validator_permit",
        "last_update": "last_update",
        "consensus": "consensus",
        "incentive": "incentives",
        "dividends": "dividends",
        "emission": "emission",
    }
    return [
        {name: graph[column][uid] for name, column in columns.items()}
        | {"uid": uid, "netuid": netuid, "rank": 0, "trust": 0, "pruning_score": U16}
        | {"stake": [(graph["coldkeys"][uid], graph["total_stake"][uid])]}
        for uid in range(graph["num_uids"])
    ]


def neurons(view: View, netuid: int) -> list[dict[str, Any]]:
    """Return a record per uid, with weights and bonds."""
    weights = {uid: row for (uid,), row in view.scan("Weights", netuid)}
    bonds = {uid: row for (uid,), row in view.scan("Bonds", netuid)}
    return [
        record | {"weights": weights.get(record["uid"], []), "bonds": bonds.get(record["uid"], [])}
        for record in neurons_lite(view, netuid)
    ]


def hyperparameters(view: View, netuid: int) -> list[dict[str, Any]] | None:
    """Return every hyperparameter by name, its value tagged with its type."""
    if not view.get("NetworksAdded", netuid):
        return None
    values = {
        name: view.get(rule.item) if rule.of_network else view.get(rule.item, netuid)
        for name, rule in RULES.items()
    }
    values["burn"] = burn(view, netuid)
    return [{"name": name, "value": {RULES[name].tag: value}} for name, value in values.items()]


def next_epoch(view: View, netuid: int) -> int | None:
    """Return the block at which the next epoch is due."""
    tempo = view.get("Tempo", netuid)
    return view.get("LastEpochBlock", netuid) + tempo if tempo else None


def alpha_price(view: View, netuid: int) -> int:  # noqa: ARG001 - the same on every subnet and block
    """Return the price of an alpha in rao."""
    return ALPHA_PRICE


def sim_swap_tao(view: View, netuid: int, tao: int) -> dict[str, int]:  # noqa: ARG001 - as above
    """Return the proceeds of staking ``tao`` rao."""
    return {"tao_amount": tao, "alpha_amount": tao, "tao_fee": 0, "alpha_fee": 0}


def sim_swap_alpha(view: View, netuid: int, alpha: int) -> dict[str, int]:  # noqa: ARG001 - as above
    """Return the proceeds of unstaking ``alpha`` rao."""
    return {"tao_amount": alpha, "alpha_amount": alpha, "tao_fee": 0, "alpha_fee": 0}


APIS: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("SubnetInfoRuntimeApi", "get_metagraph"): metagraph,
    ("SubnetInfoRuntimeApi", "get_subnet_hyperparams_v3"): hyperparameters,
    ("SubnetInfoRuntimeApi", "get_next_epoch_start_block"): next_epoch,
    ("NeuronInfoRuntimeApi", "get_neurons_lite"): neurons_lite,
    ("NeuronInfoRuntimeApi", "get_neurons"): neurons,
    ("SwapRuntimeApi", "current_alpha_price"): alpha_price,
    ("SwapRuntimeApi", "sim_swap_tao_for_alpha"): sim_swap_tao,
    ("SwapRuntimeApi", "sim_swap_alpha_for_tao"): sim_swap_alpha,
}


def _coldkeys(view: View, keys: Sequence[str]) -> list[str]:
    owners = {hotkey: coldkey for (hotkey,), coldkey in view.scan("Owner")}
    return [owners[hotkey] for hotkey in keys]


def _axons(view: View, netuid: int, keys: Sequence[str]) -> list[dict[str, int]]:
    endpoints = {hotkey: axon for (hotkey,), axon in view.scan("Axons", netuid)}
    return [endpoints.get(hotkey, _NOWHERE) for hotkey in keys]


def _stakes(view: View, netuid: int, keys: Sequence[str]) -> list[int]:
    of = {hotkey: rao for (hotkey, net), rao in view.scan("TotalHotkeyAlpha") if net == netuid}
    return [of.get(hotkey, 0) for hotkey in keys]
