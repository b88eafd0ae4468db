"""The caller's side: headers that prove the sender, the receiver and the time of one request."""

from __future__ import annotations

import bittensor as bt
from bittensor.signing import Signer


def sign_request(
    keypair: Signer,
    *,
    method: str,
    path: str,
    body: bytes,
    receiver: str,
    now_ns: int | None = None,
) -> dict[str, str]:
    """Return the ``btauth/1`` headers of one request; a retry needs new ones.

    ``path`` is the request target as it goes over the wire (``yarl.URL.raw_path_qs``), ``receiver``
    the hotkey (SS58) of the miner. Send ``body`` as it is (aiohttp: ``data=``, never ``json=``).
    ``now_ns`` is the time in nanoseconds since the epoch, the machine's where it is None.

    Raises:
        TypeError: for a ``Wallet``: the SDK would read its key file at each call, 30 times slower.
        ValueError: for a key that is not sr25519.
    """
    check_keypair(keypair)
    return bt.http_auth.sign(
        keypair,
        method=method,
        path=path,
        body=body,
        receiver_ss58=receiver,
        nonce_ns=now_ns,
    )


def check_keypair(keypair: Signer) -> None:
    """Raise unless ``keypair`` is an sr25519 keypair (``wallet.hotkey``), see ``sign_request``."""
    if isinstance(keypair, bt.Wallet):
        raise TypeError("sign with wallet.hotkey, not with the wallet")
    if keypair.crypto_type != bt.CRYPTO_SR25519:
        raise ValueError(f"hotkeys of this subnet are sr25519, not type {keypair.crypto_type}")
