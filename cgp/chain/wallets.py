"""Wallets of a local network."""

from __future__ import annotations

from pathlib import Path

import bittensor as bt


def create_wallet(path: Path, name: str, hotkey: str = "default") -> bt.Wallet:
    """Return the wallet ``name``/``hotkey`` in the folder ``path``, making the keys it lacks.

    Keys are written unencrypted, for a network on this machine only: a wallet that holds anything of
    value is made with ``btcli``. Mnemonics are neither printed nor kept.
    """
    wallet = bt.Wallet(name, hotkey, str(path))
    if not wallet.coldkeypub_file.exists_on_device():
        wallet.create_new_coldkey(use_password=False, suppress=True)
    if not wallet.hotkey_file.exists_on_device():
        wallet.create_new_hotkey(use_password=False, suppress=True)
    return wallet
