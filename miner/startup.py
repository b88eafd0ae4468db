"""Why a miner does not start."""

from __future__ import annotations


class StartupError(RuntimeError):
    """The miner cannot start; the message says why and what to do about it."""
