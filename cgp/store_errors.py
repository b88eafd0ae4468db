"""Errors of the store, apart from it: the API's client raises them without a database library."""

from __future__ import annotations

from cgp.errors import CgpError


class StoreError(
    CgpError,
    RuntimeError,
    code="store.unusable",
    remedy="check DATABASE_URL and DATA_DIR, or run cgp state",
):
    """The store cannot carry out a call; the message gives the reason and the remedy."""


class LeaseLost(  # noqa: N818 - the holder stops; it is not a defect
    StoreError,
    code="store.lease_lost",
    remedy="stop the work on this conversation: another holder has it",
):
    """Another holder has the conversation now, or it is finished: stop working on it."""


class HolderReplacedError(
    StoreError, code="store.holder_replaced", remedy="run one process for each holder"
):
    """Another process has started to work as this holder: stop."""
