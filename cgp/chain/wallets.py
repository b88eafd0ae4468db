"""Wallets: a neuron's own, and the wallets of a local network."""

from __future__ import annotations

from pathlib import Path

import bittensor as bt
from bittensor.sp_core import KeyfileError

from cgp.chain.errors import ChainSetupError
from cgp.config import WalletSettings


def create_wallet(path: Path, name: str, hotkey: str = "default") -> bt.Wallet:
    """Return the wallet ``name``/``hotkey`` in the folder ``path``, making the keys it lacks.

    Keys are written unencrypted, for a network on this machine only: a wallet that holds anything
    of value is made with ``btcli``. Mnemonics are neither printed nor kept.
    """
    wallet = bt.Wallet(name, hotkey, str(path))
    if not wallet.coldkeypub_file.exists_on_device():
        wallet.create_new_coldkey(use_password=False, suppress=True)
    if not wallet.hotkey_file.exists_on_device():
        wallet.create_new_hotkey(use_password=False, suppress=True)
    return wallet


def open_wallet(settings: WalletSettings) -> bt.Wallet:
    """Return a neuron's wallet, its hotkey unlocked; the coldkey is not needed.

    Raises:
        ChainSetupError: if there is no usable hotkey; the message names the remedy.
    """
    wallet = bt.Wallet(settings.name, settings.hotkey, str(settings.path.expanduser()))
    # The SDK reads the key file only when the key is asked for.
    try:
        _ = wallet.hotkey
    except EOFError as error:
        raise ChainSetupError(
            f"hotkey {settings.hotkey!r} of wallet {settings.name!r} is encrypted, and there is no terminal to "
            "ask for its password: a neuron that runs on its own needs an unencrypted hotkey (the coldkey "
            "stays encrypted, and elsewhere)"
        ) from error
    except (KeyfileError, OSError) as error:
        raise ChainSetupError(
            f"no usable hotkey {settings.hotkey!r} of wallet {settings.name!r} in {settings.path}: {error}; "
            "make one with btcli, or name another with --wallet.name, --wallet.hotkey, --wallet.path"
        ) from error
    return wallet
