"""The whole store: its parts over one database."""

from __future__ import annotations

from cgp.store.annotations import Annotations
from cgp.store.corpus import Corpus
from cgp.store.forgetting import Forgetting
from cgp.store.gold import GoldWindows
from cgp.store.ground_truths import GroundTruths
from cgp.store.growth import Growth
from cgp.store.leases import Leases
from cgp.store.maintenance import Maintenance
from cgp.store.redactions import Redactions
from cgp.store.weights import WeightsLog


class Store(
    Forgetting,
    Growth,
    Corpus,
    Leases,
    GroundTruths,
    Annotations,
    GoldWindows,
    Redactions,
    WeightsLog,
    Maintenance,
):
    """Everything that is kept, at ``url`` (a SQLAlchemy URL; see ``Settings.store_url``).

    Each method is one transaction, safe to call from several threads and processes, and blocks:
    from a coroutine call it through ``SerialWorker``.

    Raises:
        StoreError: if the database cannot be opened, is newer than the program, or is another
            program's.
    """
