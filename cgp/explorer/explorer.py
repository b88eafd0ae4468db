"""The store, the index and the feed behind the pages, and the way of a request to them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar

import aiohttp
from fastapi import Depends, HTTPException, Request

from cgp.api.access import client_of
from cgp.bounded_bodies import body_within
from cgp.embedders import Embedder
from cgp.explorer.genome_map import MapMaker
from cgp.explorer.health_document import AWAY, health_document
from cgp.explorer.incentive_view import ClusterReader
from cgp.explorer.index_memo import IndexMemo
from cgp.explorer.live_feed import LiveFeed
from cgp.explorer.network import Snapshot, snapshot_of
from cgp.explorer.pace import Paced
from cgp.explorer.store_counts import StoreCounts
from cgp.explorer.store_reads import ExplorerStore
from cgp.miner_names import MinerNames
from cgp.privacy import Gate, RedactionPolicy
from cgp.search import GenomeIndex, IndexReader, SearchError
from cgp.signing import RateLimit
from cgp.store import Gates, State

logger = logging.getLogger(__name__)

T = TypeVar("T")

HEALTH_SECONDS = 2.0
"""Time that a validator's health page has to answer."""

_MOST_HEALTH_BYTES = 1 << 20


@dataclass
class Explorer:
    """The store, the index and the live feed behind the pages.

    ``health_url`` is the address of a validator's health page, empty for none. ``operator`` lets
    the pages show hidden gold windows. The store and the index stay the caller's to close.
    ``memo`` keeps answers about single things, ``orders`` the few that are about the whole index.
    """

    store: ExplorerStore
    index: IndexReader
    embedder: Embedder
    policy: RedactionPolicy
    data_dir: Path
    reads_per_minute: float
    health_url: str = ""
    operator: bool = False
    names: MinerNames = field(init=False)
    counts: StoreCounts = field(init=False)
    gates: Gates = field(init=False)
    feed: LiveFeed = field(init=False)
    maps: MapMaker = field(init=False)
    memo: IndexMemo = field(default_factory=IndexMemo)
    orders: IndexMemo = field(default_factory=IndexMemo)
    state_counts: Paced[Mapping[State, int]] = field(init=False)
    source_quality: Paced[Mapping[str, float]] = field(init=False)
    clusters: ClusterReader = field(init=False)
    reads_by: RateLimit = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the privacy gate, the live feed and the rate of readers."""
        self.maps = MapMaker(self.read_index)
        self.names = MinerNames(self.data_dir)
        self.counts = StoreCounts(self.store)
        self.state_counts = Paced(self.store.count_conversations)
        self.source_quality = Paced(self.store.mean_quality_by_source)
        self.gates = Gates(self.store, self.policy)
        self.feed = LiveFeed(self._snapshot, self._health)
        self.clusters = ClusterReader(self.store, self.embedder)
        self.reads_by = RateLimit(self.reads_per_minute)

    def gate(self, conversation_id: str) -> Gate:
        """Return a conversation's gate.

        Raises:
            HTTPException: 404 if there is no such conversation.
        """
        gate = self.gates.of(conversation_id)
        if gate is None:
            raise HTTPException(404)
        return gate

    def read_index(self, read: Callable[[GenomeIndex], T]) -> T | None:
        """Return the result of ``read`` on the index; None if no index can be read.

        An index that is damaged while the pages are served counts as none: they go on without it,
        and say so.
        """
        try:
            with self.index.index() as index:
                return read(index)
        except SearchError as error:
            logger.debug("The pages have no index: %s", error)
            return None

    async def _snapshot(self) -> Snapshot:
        return await asyncio.to_thread(snapshot_of, self.store, self.counts, self.names)

    async def _health(self) -> Mapping[str, Any] | None:
        """Return the document of the validator's health page; its own status where it is away."""
        # A health page says 503 where something is wrong, and its document says what: both are
        # read.
        if not self.health_url:
            return None
        timeout = aiohttp.ClientTimeout(total=HEALTH_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(self.health_url) as response,
            ):
                return health_document(await body_within(response, _MOST_HEALTH_BYTES) or b"")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return {"status": AWAY}


# On the event loop, where all counts are kept: the counts of rates are not for several threads.
async def explorer_of(request: Request) -> Explorer:
    """Return the explorer of the application that got ``request``; count the reader's request.

    Raises:
        HTTPException: 429 if the reader's address asks too often.
    """
    explorer = request.app.state.explorer
    assert isinstance(explorer, Explorer)
    reader = client_of(request)
    if wait := explorer.reads_by.wait(reader):
        raise HTTPException(429, headers={"Retry-After": str(max(1, round(wait)))})
    explorer.reads_by.count(reader)
    return explorer


ExplorerState = Annotated[Explorer, Depends(explorer_of)]
