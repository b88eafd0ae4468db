"""The store: conversations, leases, ground truths, answers, scores, profiles, standings, weights.

SQLite (WAL) by default, PostgreSQL by its URL; shared by any number of processes. Vectors are not
kept here: the embedder that is named with each ground truth recomputes them from the tags.
"""

from cgp.mining import MinedWindow
from cgp.store.annotations import AnnotatedConversation
from cgp.store.conversations import (
    DONE,
    FAILED,
    ConversationStatus,
    ImportCounts,
    State,
    WindowReference,
)
from cgp.store.corpus import StoredConversation
from cgp.store.gates import Gates
from cgp.store.gold import Exposure, GoldAsk, GoldCounts, GoldRecord, GoldTask, GoldUse
from cgp.store.ground_truths import GroundTruthRecord, WindowRecord
from cgp.store.incoming import Taken
from cgp.store.leases import Lease
from cgp.store.qualities import QualityRecord
from cgp.store.redacting_ahead import RedactingAhead
from cgp.store.results import ConversationResult, ScoredAnswer, WindowResult
from cgp.store.standings import StandingChanges, StandingRecord
from cgp.store.store import Store
from cgp.store.weights import WeightsRecord
from cgp.store.worker import SerialWorker
from cgp.store_errors import HolderReplacedError, LeaseLost, StoreError

__all__ = [
    "DONE",
    "FAILED",
    "AnnotatedConversation",
    "ConversationResult",
    "ConversationStatus",
    "Exposure",
    "Gates",
    "GoldAsk",
    "GoldCounts",
    "GoldRecord",
    "GoldTask",
    "GoldUse",
    "GroundTruthRecord",
    "HolderReplacedError",
    "ImportCounts",
    "Lease",
    "LeaseLost",
    "MinedWindow",
    "QualityRecord",
    "RedactingAhead",
    "ScoredAnswer",
    "SerialWorker",
    "StandingChanges",
    "StandingRecord",
    "State",
    "Store",
    "StoreError",
    "StoredConversation",
    "Taken",
    "WeightsRecord",
    "WindowRecord",
    "WindowReference",
    "WindowResult",
]
