"""What can be wrong with a chain: it is not there, it does not answer, it does not fit."""

from __future__ import annotations

import bittensor as bt


class ChainSetupError(bt.BittensorError):
    """There is no chain, no such subnet, or no such wallet; the message says what to do."""


class ChainAwayError(bt.BittensorError):
    """The chain did not answer in time; the message names the endpoint. It may answer the next time."""


class ChainMismatchError(bt.BittensorError):
    """The chain answers, but its runtime does not fit the SDK; the message says what to do."""
