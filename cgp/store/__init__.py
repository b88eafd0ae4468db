"""The store: conversations, leases, ground truths, answers, scores, standings, weights.

SQLite (WAL) by default; shared by any number of processes.
"""

from cgp.store.conversations import Added, ConversationStatus, State, WindowReference
from cgp.store.database import StoreError
from cgp.store.ground_truths import GroundTruthRecord, WindowRecord
from cgp.store.leases import Lease, LeaseLost
from cgp.store.results import ScoredAnswer, WindowResult
from cgp.store.standings import StandingChanges, StandingRecord
from cgp.store.store import Store
from cgp.store.weights import WeightsRecord
from cgp.store.worker import SerialWorker

__all__ = [
    "Added",
    "ConversationStatus",
    "GroundTruthRecord",
    "Lease",
    "LeaseLost",
    "ScoredAnswer",
    "SerialWorker",
    "StandingChanges",
    "StandingRecord",
    "State",
    "Store",
    "StoreError",
    "WeightsRecord",
    "WindowRecord",
    "WindowReference",
    "WindowResult",
]
