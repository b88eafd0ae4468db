"""The whole store: its parts over one database."""

from __future__ import annotations

from cgp.store.conversations import Conversations
from cgp.store.corpus import Corpus
from cgp.store.gold import GoldWindows
from cgp.store.ground_truths import GroundTruths
from cgp.store.growth import Growth
from cgp.store.leases import Leases
from cgp.store.maintenance import Maintenance
from cgp.store.redactions import Redactions
from cgp.store.results import Results
from cgp.store.weights import WeightsLog


class Store(
    Conversations,
    Growth,
    Corpus,
    Leases,
    GroundTruths,
    Results,
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
