"""Real keys: made in memory, as no key of these tests needs a file."""

import bittensor as bt
import pytest
from bittensor.sp_core import Keypair


@pytest.fixture(scope="session")
def keys():
    """A validator, a miner and a stranger."""
    names = ("validator", "miner", "stranger")
    return {name: Keypair.create_from_uri(f"//{name}", bt.CRYPTO_SR25519) for name in names}
