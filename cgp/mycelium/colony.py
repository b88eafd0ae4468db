"""A colony: nodes of one machine as processes, their NATS server, an observer and the page.

Each node is started again where it ends by itself, after longer pauses where it ends again and
again. The colony ends on a signal, or when each node has closed the rounds that were asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from cgp.api.server import background_server, bind
from cgp.backoff import pause_after
from cgp.child_process import end, start_apart
from cgp.durable_files import open_private, private_folder
from cgp.jobs.errors import JobsError
from cgp.jobs.nats_server import NatsServer, ServerPlace, nats_server
from cgp.jobs.users import Role, User, own_seed, public_key_of
from cgp.mycelium.errors import FolderInUseError
from cgp.mycelium.graph import KnowledgeGraph
from cgp.mycelium.graph_store import GraphStore, OxigraphStore, SparqlPlace
from cgp.mycelium.memory import MEMORY_FILE, rows_of
from cgp.mycelium.nats_transport import NatsTransport
from cgp.mycelium.node_plan import NodePlan
from cgp.mycelium.node_process import nats_seed
from cgp.mycelium.observer import Observer
from cgp.mycelium.pages import MyceliumPages, add_mycelium_pages

logger = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 0.3
_RESTART_SECONDS: Final = 0.5
_MOST_RESTART_SECONDS: Final = 30.0
_RECONNECT_SECONDS: Final = 10.0
# A node that ran for so long was not a misfit: its next start does not wait.
_STEADY_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 15.0


@dataclass(frozen=True)
class ColonyPlan:
    """Nodes to run, where they meet, and when it is over.

    ``nats_url`` is empty for a server of the colony's own. ``rounds`` is the number of rounds that
    each node closes before the end, rounds of earlier runs not counted; 0 for no end. ``sparql`` is
    the server of the knowledge graph, None for the embedded one.
    """

    folder: Path
    nodes: Sequence[NodePlan]
    nats_url: str = ""
    place: ServerPlace = field(default_factory=ServerPlace)
    host: str = "127.0.0.1"
    port: int = 0
    rounds: int = 0
    sparql: SparqlPlace | None = None

    def updates_left(self) -> int:
        """Return the least number of updates that the budget of a node still allows."""
        return min(node.updates_left(self.folder / node.name) for node in self.nodes)

    def rounds_to_close(self) -> int | None:
        """Return the number of rounds after which it is over, None for no end.

        Where nobody else can join, a budget of privacy ends the rounds.
        """
        if not self.rounds:
            return None
        others_may_join = self.nats_url or any(node.activitypub for node in self.nodes)
        if others_may_join or not any(node.epsilon for node in self.nodes):
            return self.rounds
        return min(self.rounds, self.updates_left())


class Colony:
    """A colony that runs. ``rounds_before`` counts each node's rounds of earlier runs, by name."""

    def __init__(
        self, plan: ColonyPlan, nats_url: str, page_url: str, server: NatsServer | None
    ) -> None:
        self.plan = plan
        self.nats_url = nats_url
        self.page_url = page_url
        self.server = server
        self.starts = 0
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.rounds_before = self.closed_rounds()
        self._goal = plan.rounds_to_close()

    def folder_of(self, node: NodePlan) -> Path:
        """Return the folder of a node."""
        return self.plan.folder / node.name

    def process_id(self, name: str) -> int:
        """Return the process id of a node."""
        return self._processes[name].pid

    def start(self) -> None:
        """Start all nodes."""
        for node in self.plan.nodes:
            replace(node, nats_url=self.nats_url).write(self.folder_of(node))
            self._tasks.append(asyncio.create_task(self._supervise(node)))

    async def stop(self) -> None:
        """End all nodes."""
        await _stop(self._tasks)

    async def _supervise(self, node: NodePlan) -> None:
        """Run a node's process, again and again, until cancelled."""
        folder = self.folder_of(node)
        short_runs = 0
        while True:
            started = time.monotonic()
            # Appended to: the log of the process that was killed says why.
            log = os.fdopen(open_private(folder / "node.log", os.O_WRONLY | os.O_APPEND), "ab")
            with log:
                process = await start_apart(
                    sys.executable, "-m", "cgp.mycelium.node_process", str(folder), log=log
                )
            self._processes[node.name] = process
            self.starts += 1
            try:
                status = await process.wait()
            except asyncio.CancelledError:
                await end(process, _STOP_SECONDS)
                raise
            if time.monotonic() - started > _STEADY_SECONDS:
                short_runs = 0
            pause = pause_after(short_runs, first=_RESTART_SECONDS, longest=_MOST_RESTART_SECONDS)
            short_runs += 1
            logger.warning(
                "%s ended with status %d and is started again in %.1f s; see %s",
                node.name, status, pause, folder / "node.log",
            )  # fmt: skip
            await asyncio.sleep(pause)

    def closed_rounds(self) -> dict[str, int]:
        """Count the rounds that each node has closed, in this run and earlier ones."""
        counts = {}
        for node in self.plan.nodes:
            path = self.folder_of(node) / MEMORY_FILE
            rows = rows_of(path, "SELECT count(*) AS n FROM rounds")
            counts[node.name] = rows[0]["n"] if rows else 0
        return counts

    def rounds_of_this_run(self) -> int:
        """Return how many rounds each node has closed at least since the colony began."""
        closed = self.closed_rounds()
        return min(closed[name] - before for name, before in self.rounds_before.items())

    async def until_over(self) -> None:
        """Wait until each node has closed the rounds that the plan asks for and a budget allows.

        Raises:
            OSError: if a node's process cannot be started.
            NodeFileError: if a node's file cannot be read.
        """
        # Rounds are closed in other processes: their files are looked at.
        while self._goal is None or self.rounds_of_this_run() < self._goal:
            for task in self._tasks:
                if task.done():
                    task.result()
            await asyncio.sleep(_LOOK_SECONDS)


@contextlib.asynccontextmanager
async def running_colony(plan: ColonyPlan) -> AsyncIterator[Colony]:
    """Run a colony while the context lasts.

    Raises:
        FolderInUseError: if another process runs a colony in the folder.
        JobsError: if the NATS server cannot be started or reached.
        GraphError: if the knowledge graph cannot be opened.
        OSError: if an address is taken or a folder cannot be written.
    """
    private_folder(plan.folder)
    async with AsyncExitStack() as stack:
        # First, since it fails where the page's address is wrong or taken.
        bound = bind(plan.host, plan.port)
        stack.callback(bound.close)
        stack.enter_context(_folder_lock(plan.folder))
        seeds = [own_seed(plan.folder / "observer.seed")]
        for node in plan.nodes:
            private_folder(plan.folder / node.name)
            seeds.append(nats_seed(plan.folder / node.name))
        url, server = plan.nats_url, None
        if not url:
            users = [User(public_key_of(seed), Role.NODE) for seed in seeds]
            server = await stack.enter_async_context(
                nats_server(plan.folder / "nats", plan.place, users)
            )
            url = server.url
        store: GraphStore = (
            plan.sparql.store() if plan.sparql else OxigraphStore(plan.folder / "graph")
        )
        stack.push_async_callback(store.close)
        graph = KnowledgeGraph(store)
        transport = await NatsTransport.connect(url, seeds[0], name="observer")
        observing = asyncio.create_task(_observe(transport, graph, url, seeds[0]))
        stack.push_async_callback(_stop, [observing])
        app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        add_mycelium_pages(app, MyceliumPages(plan.folder, graph, store), plan.host)
        await stack.enter_async_context(background_server(app, bound))
        colony = Colony(plan, url, f"{_url(bound)}/mycelium", server)
        # Last, when everything that nodes need is there.
        stack.push_async_callback(colony.stop)
        colony.start()
        yield colony


@contextlib.contextmanager
def _folder_lock(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone: a second one would put its server in place of ours.

    Raises:
        FolderInUseError: if another process holds it.
    """
    with os.fdopen(open_private(folder / "colony.lock", os.O_RDWR), "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderInUseError(f"another process runs the nodes of {folder}") from None
        yield


async def _observe(transport: NatsTransport, graph: KnowledgeGraph, url: str, seed: str) -> None:
    """Keep the graph; where the server shuts the observer out, ask it again and again."""
    while True:
        try:
            await Observer(transport, graph).run()
        finally:
            await transport.close()
        while transport.is_closed:
            await asyncio.sleep(_RECONNECT_SECONDS)
            try:
                transport = await NatsTransport.connect(url, seed, name="observer")
            except JobsError as error:
                logger.warning("the knowledge graph gets no news: %s", error)


async def _stop(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for result in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(result, Exception):
            logger.error("a part of the colony failed before the end", exc_info=result)


def _url(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
