"""The chain: neurons, the addresses at which they serve, and the weights that they get.

A neuron needs ``open_chain`` and nothing else. A local network needs a few steps more, in this
order::

    create_wallet(folder, "validator", "default")                # quiet: prints no mnemonic
    genesis(chain_file, netuid=18, owner_hotkey=..., owner_coldkey=..., balances={coldkey: tao})
    async with embedded_client(chain_file) as client:
        uid = await register(client, wallet, netuid=18)          # pays the burn, gets a uid
        await add_stake(client, wallet, netuid=18, tao=5_000)    # a permit comes with the next
        epoch

On real networks ``btcli`` makes wallets, registers and stakes.
"""

from cgp.chain.embedded.genesis import chain_exists, genesis
from cgp.chain.embedded.hyperparameters import Hyperparameters
from cgp.chain.embedded.profiles import FAST, MAINNET, PROFILES, Profile, ProfileName
from cgp.chain.errors import ChainAwayError, ChainMismatchError, ChainSetupError
from cgp.chain.localnet import (
    add_stake,
    advance,
    block_seconds,
    embedded_client,
    has_waiting_commits,
    register,
)
from cgp.chain.metagraph import Chain, Commitment, Metagraph, Neuron, SubnetRules, WeightsOutcome
from cgp.chain.networks import is_public, open_chain
from cgp.chain.patient import Endpoint, PatientChain
from cgp.chain.wallets import create_wallet, open_wallet

__all__ = [
    "FAST",
    "MAINNET",
    "PROFILES",
    "Chain",
    "ChainAwayError",
    "ChainMismatchError",
    "ChainSetupError",
    "Commitment",
    "Endpoint",
    "Hyperparameters",
    "Metagraph",
    "Neuron",
    "PatientChain",
    "Profile",
    "ProfileName",
    "SubnetRules",
    "WeightsOutcome",
    "add_stake",
    "advance",
    "block_seconds",
    "chain_exists",
    "create_wallet",
    "embedded_client",
    "genesis",
    "has_waiting_commits",
    "is_public",
    "open_chain",
    "open_wallet",
    "register",
]
