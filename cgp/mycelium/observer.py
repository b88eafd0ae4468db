"""An observer: listens to all groups, checks every message, and keeps the knowledge graph.

It sends nothing. Its graph holds what signed messages say, so it can be handed to others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from cgp.mycelium.errors import MessageRefusedError, TransportError
from cgp.mycelium.graph import KnowledgeGraph
from cgp.mycelium.graph_store import GraphError
from cgp.mycelium.limits import NodeLimit
from cgp.mycelium.messages import Kind, NodeMessage, check_age
from cgp.mycelium.transports import LOBBY, Transport
from cgp.mycelium.updates import Update, UpdateKind
from cgp.mycelium.wire import unseal
from cgp.tagmodel.head import SCHEMA

logger = logging.getLogger(__name__)

_MOST_GROUPS: Final = 64
# Messages a minute, of one node and of all: each is written to the graph.
_MESSAGES: Final = (600, 6000)
_LINES: Final = (60, 60)
_UNKNOWN: Final = ""
FORGET_SECONDS: Final = 3600.0
"""Silence after which a node leaves the graph."""


class Observer:
    """Follows a transport until it is closed. ``most_nodes`` bounds the nodes in the graph."""

    def __init__(
        self,
        transport: Transport,
        graph: KnowledgeGraph,
        wall_clock: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
        *,
        most_nodes: int = 1000,
    ) -> None:
        self._transport = transport
        self._graph = graph
        self._wall_clock = wall_clock
        self._most_nodes = most_nodes
        self._announcements: dict[str, NodeMessage] = {}
        self._updates: dict[str, Update] = {}
        self._topics: OrderedDict[str, None] = OrderedDict()
        self._nodes: OrderedDict[str, None] = OrderedDict()
        self._messages = NodeLimit(*_MESSAGES, clock)
        self._lines = NodeLimit(*_LINES, clock)
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
            except MessageRefusedError as error:
                if self._lines.allows(_UNKNOWN):
                    logger.info("a message was refused: %s", error)
            except GraphError as error:
                # The nodes go on without the graph, and the next message tries again.
                logger.warning("the knowledge graph: %s", error)

    async def _take(self, data: bytes) -> None:
        document = await asyncio.to_thread(unseal, data)
        kind = document.fields.get("kind")
        if document.fields.get("schema") != SCHEMA or not self._messages.allows(document.node):
            return
        if kind == UpdateKind.UPDATE:
            update, last = Update.of(document), self._updates.get(document.node)
            if last is not None and update.time_ms <= last.time_ms:
                return  # sent again, by its author or by anybody else
            self._updates[document.node] = update
        elif kind == Kind.ANNOUNCE:
            announcement = NodeMessage.of(document)
            check_age(announcement.time_ms, int(self._wall_clock() * 1000))
            # Only an announcement makes the observer listen to a group.
            self._announcements[document.node] = announcement
            await self._follow(announcement.group)
        else:
            return
        await self._keep_node(document.node)

    async def _keep_node(self, node: str) -> None:
        """Put a node's last messages into the graph; of too many nodes drop the oldest."""
        now = self._wall_clock()
        self._nodes[node] = None
        self._nodes.move_to_end(node)
        if len(self._nodes) > self._most_nodes:
            oldest, _ = self._nodes.popitem(last=False)
            self._announcements.pop(oldest, None)
            self._updates.pop(oldest, None)
            await self._graph.remove_node(oldest)
        await self._graph.put_node(
            node,
            now,
            self._announcements.get(node),
            self._updates.get(node),
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
