"""The one-command network: embedded chain, a validator and miners as processes, on one machine."""

from cgp.localnet.miners import OWN_WALLET, Miner, miners_of
from cgp.localnet.network import LocalnetOptions, run_localnet
from cgp.localnet.pages import Web
from cgp.localnet.processes import LocalnetError
from cgp.localnet.progress import Progress
from cgp.localnet.setup import REMAINS, Folder, folder_in
from cgp.localnet.summary import ConversationSummary, MinerSummary, Summary

__all__ = [
    "OWN_WALLET",
    "REMAINS",
    "ConversationSummary",
    "Folder",
    "LocalnetError",
    "LocalnetOptions",
    "Miner",
    "MinerSummary",
    "Progress",
    "Summary",
    "Web",
    "folder_in",
    "miners_of",
    "run_localnet",
]
