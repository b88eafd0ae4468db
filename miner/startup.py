"""Why a miner does not start."""

from __future__ import annotations

from cgp.errors import CgpError


class StartupError(CgpError, RuntimeError, code="miner.startup", remedy="run cgp doctor"):
    """The miner cannot start; the message gives the reason and the remedy."""
