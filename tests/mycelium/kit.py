"""Nodes' keys and updates for the tests of Mycelium."""

from functools import cache

import numpy as np
from bittensor import CRYPTO_ED25519
from bittensor.sp_core import Keypair

from cgp.mycelium.updates import Update
from cgp.tagmodel.head import INPUTS

PARENT = "0" * 64


@cache
def hotkey(name):
    return Keypair.create_from_uri(f"//{name}")


@cache
def own_key(name):
    return Keypair.create_from_uri(f"//{name}", crypto_type=CRYPTO_ED25519)


def head(seed=0, scale=1.0):
    return (np.random.default_rng(seed).normal(size=INPUTS + 1) * scale).astype(np.float32)


def update(**changes):
    fields = {
        "group": "harbour",
        "round": 3,
        "head": head(),
        "weight": 12,
        "parent": PARENT,
        "time_ms": 1_800_000_000_000,
        "lineage": ("1" * 64, "2" * 64),
        "settings": {"pull": 3_000_000},
    }
    return Update(**fields | changes)
