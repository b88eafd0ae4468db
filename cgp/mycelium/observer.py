"""An observer: listens to all groups, checks every message, and keeps the knowledge graph.

It sends nothing. Its graph holds what signed messages say, so it can be handed to others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeVar

from cgp.mycelium.errors import RefusedError, TransportError
from cgp.mycelium.graph import KnowledgeGraph
from cgp.mycelium.graph_store import GraphError
from cgp.mycelium.messages import Kind, Message, check_age
from cgp.mycelium.transports import LOBBY, Transport
from cgp.mycelium.updates import Update, UpdateKind
from cgp.mycelium.wire import unseal
from cgp.tagmodel.head import SCHEMA

logger = logging.getLogger(__name__)

T = TypeVar("T")

_MOST_NODES: Final = 1000
_MOST_GROUPS: Final = 64
FORGET_SECONDS: Final = 3600.0
"""Silence after which a node leaves the graph."""


class Observer:
    """Follows a transport until it is closed."""

    def __init__(
        self,
        transport: Transport,
        graph: KnowledgeGraph,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._transport = transport
        self._graph = graph
        self._wall_clock = wall_clock
        self._announcements: OrderedDict[str, Message] = OrderedDict()
        self._updates: OrderedDict[str, Update] = OrderedDict()
        self._topics: OrderedDict[str, None] = OrderedDict()
        self._forgot_at = 0.0

    async def run(self) -> None:
        """Keep the graph until the transport is closed."""
        await self._transport.listen(LOBBY)
        while True:
            try:
                delivery = await self._transport.receive()
            except TransportError:
                return
            try:
                await self._take(delivery.message)
            except RefusedError as error:
                logger.info("a message was refused: %s", error)
            except GraphError as error:
                # The nodes go on without the graph, and the next message tries again.
                logger.warning("the knowledge graph: %s", error)

    async def _take(self, data: bytes) -> None:
        document = await asyncio.to_thread(unseal, data)
        kind = document.fields.get("kind")
        if document.fields.get("schema") != SCHEMA:
            return
        if kind == UpdateKind.UPDATE:
            _keep(self._updates, document.node, Update.of(document))
        elif kind == Kind.ANNOUNCE:
            announcement = Message.of(document)
            check_age(announcement.time_ms, int(self._wall_clock() * 1000))
            # Only an announcement makes the observer listen to a group.
            _keep(self._announcements, document.node, announcement)
            await self._follow(announcement.group)
        else:
            return
        now = self._wall_clock()
        await self._graph.put_node(
            document.node,
            now,
            self._announcements.get(document.node),
            self._updates.get(document.node),
        )
        if now - self._forgot_at > FORGET_SECONDS / 10:
            self._forgot_at = now
            await self._graph.forget(now - FORGET_SECONDS)

    async def _follow(self, group: str) -> None:
        if group in self._topics:
            return
        self._topics[group] = None
        await self._transport.listen(group)
        if len(self._topics) > _MOST_GROUPS:
            await self._transport.ignore(self._topics.popitem(last=False)[0])


def _keep(shelf: OrderedDict[str, T], node: str, value: T) -> None:
    """Keep a node's latest; of too many nodes the one silent for longest is dropped."""
    shelf[node] = value
    shelf.move_to_end(node)
    if len(shelf) > _MOST_NODES:
        shelf.popitem(last=False)
