"""Errors of a chain: it is not there, it does not answer, it does not fit."""

from __future__ import annotations

import bittensor as bt

from cgp.errors import CgpError


class ChainSetupError(
    CgpError,
    bt.BittensorError,
    code="chain.setup",
    remedy="check the chain, the netuid and the wallet (cgp doctor)",
):
    """There is no chain, no such subnet, or no such wallet; the message names the remedy."""


class ChainAwayError(
    CgpError,
    bt.BittensorError,
    code="chain.away",
    remedy="see whether the endpoint can be reached from here; name others with SUBTENSOR_ENDPOINTS",
):
    """The chain did not answer in time; the message names the endpoint. It may answer the next
    time.
    """


class ChainMismatchError(
    CgpError,
    bt.BittensorError,
    code="chain.mismatch",
    remedy="update this program; if it is the newest, the endpoint runs an old runtime: name another",
):
    """The chain answers, but its runtime does not fit the SDK; the message names the remedy."""
