"""The one-command network: embedded chain, a validator and miners as processes, on one machine."""

from cgp.localnet.miners import Miner, miners_of
from cgp.localnet.network import LocalnetOptions, run_localnet
from cgp.localnet.processes import LocalnetError
from cgp.localnet.progress import Progress
from cgp.localnet.summary import ConversationSummary, MinerSummary, Summary

__all__ = [
    "ConversationSummary",
    "LocalnetError",
    "LocalnetOptions",
    "Miner",
    "MinerSummary",
    "Progress",
    "Summary",
    "miners_of",
    "run_localnet",
]
