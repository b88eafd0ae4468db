"""What can be wrong with a chain before a neuron even starts."""

from __future__ import annotations

import bittensor as bt


class ChainSetupError(bt.BittensorError):
    """There is no chain, no such subnet, or no such wallet; the message says what to do."""
