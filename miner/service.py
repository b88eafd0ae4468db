"""A miner: it follows the chain, advertises itself, and answers tasks."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import bittensor as bt

import cgp
from cgp.annotators import Annotator
from cgp.annotators.report import report_of
from cgp.chain import ChainSetupError
from cgp.chain.metagraph import Chain, Metagraph
from cgp.config import Settings
from cgp.connections import ConnectionCounts
from cgp.embedders import Embedder
from cgp.protocol import MAX_REQUEST_BYTES
from cgp.signing import RateLimit, RequestGate, SharedNonces
from cgp.telemetry import (
    DutyName,
    Health,
    Problem,
    Recorder,
    Sample,
    counter_samples,
    duty_details,
    exposition,
    health_samples,
    keep_recording,
    make_recorder,
    supervise,
)
from miner.address import advertised_ip, bind
from miner.answering import Answering, Places
from miner.app import RoutesOf, TaskDesk, make_app, require_room
from miner.condition import Condition
from miner.permits import Permits
from miner.server import serving
from miner.startup import StartupError

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 5.0


class MinerService:
    """A running miner, from ``async with`` to the end of its block.

    The chain, the annotator and the embedder are the caller's to open and to close. Signals are
    left alone, so that any number of miners can run in one event loop. ``routes_of`` adds routes
    to the miner's own.
    """

    def __init__(
        self,
        settings: Settings,
        wallet: bt.Wallet,
        chain: Chain,
        annotator: Annotator,
        embedder: Embedder,
        *,
        routes_of: RoutesOf = lambda _metagraph, _nonces: (),
    ) -> None:
        self._settings = settings
        self._wallet = wallet
        self._chain = chain
        self._annotator = annotator
        self._embedder = embedder
        self._routes_of = routes_of
        self._permits = Permits(chain, minimum_stake=settings.miner.minimum_stake)
        self.condition = Condition(settings)
        self.connections = ConnectionCounts()
        self._places = Places(concurrency=settings.miner.concurrency, capacity=settings.miner.queue)
        keypair = wallet.hotkey
        self._nonces = SharedNonces(settings.data_dir / "nonces.sqlite", str(keypair.ss58_address))
        self._desk = TaskDesk(
            keypair=keypair,
            gate=RequestGate(
                hotkey=keypair.ss58_address,
                permit=self._permits.admit,
                max_bytes=MAX_REQUEST_BYTES,
                rates=RateLimit(settings.miner.requests_per_minute),
                shared=self._nonces,
                room=partial(require_room, self._places),
                on_stale=self.condition.clock.stale,
            ),
            answering=Answering(
                annotator, embedder, places=self._places, max_tags=settings.miner.max_tags
            ),
            embedder_id=embedder.id,
            uid_of=self._permits.uid_of,
            condition=self.condition,
        )
        self._started = time.monotonic()
        self._advertised = ("", 0)
        self._shown = False
        self._stack = AsyncExitStack()
        self.port = 0

    @property
    def hotkey(self) -> str:
        """This miner's hotkey (SS58)."""
        return self._chain.hotkey

    @property
    def uid(self) -> int | None:
        """This miner's uid as the chain last showed it."""
        return self._permits.own_neuron.uid if self._permits.own_neuron else None

    @property
    def url(self) -> str:
        """Where this miner answers on this machine."""
        host = ipaddress.ip_address(self._settings.axon.host)
        if host.is_unspecified:
            host = ipaddress.ip_address("::1" if host.version == 6 else "127.0.0.1")
        return f"http://[{host}]:{self.port}" if host.version == 6 else f"http://{host}:{self.port}"

    async def __aenter__(self) -> Self:
        """Start to serve, then join the subnet, however long the chain is away, then advertise.

        Raises:
            StartupError: if the miner is not registered, cannot listen or has no address to
                advertise.
            bittensor.ChainError: if the chain refuses the advertisement.
        """
        # Whatever fails below, the parts that have started are stopped again; only a full start
        # keeps them.
        async with AsyncExitStack() as stack:
            bound = bind(self._settings.axon)
            self.port = bound.getsockname()[1]
            await stack.enter_async_context(self._nonces)
            more = self._routes_of(lambda: self._permits.metagraph, self._nonces)
            app = make_app(self._desk, self.health, self._metrics, more)
            await stack.enter_async_context(
                serving(app, bound, self._settings.axon, self.connections)
            )
            await self._join()
            recorder = stack.enter_context(make_recorder(self._settings, "miner", self.hotkey))
            self._desk.recorder = recorder
            for duty in (self._keep_looking(), self._follow_chain(), self._record(recorder)):
                running = asyncio.create_task(duty)
                stack.push_async_callback(_cancel, running)
            # Pushed last, so it runs first: the health page says that the miner stops while it
            # does.
            stack.callback(setattr, self.condition, "stopping", True)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop accepting and finish requests in flight, within a limit."""
        await self._stack.aclose()

    async def _join(self) -> None:
        """Read the metagraph for the first time, find ourselves in it, and advertise."""
        fatal = (ChainSetupError, StartupError, bt.ChainError)
        sync = self.condition.duties[DutyName.SYNC]
        self.condition.starting = f"reading the metagraph from {self._chain.endpoint}"

        async def join() -> None:
            graph = await self._permits.refresh()
            sync.note_success()
            self._say_subnet(graph)
            _require_registration(graph, self._settings, self.hotkey)
            await self._advertise()

        await supervise(sync, join, fatal=fatal, defect=_is_defect)
        self.condition.starting = ""

    def _say_subnet(self, graph: Metagraph) -> None:
        logger.info(
            "Subnet %d of %s is called %r on chain; its owner is hotkey %s, coldkey %s",
            graph.netuid,
            self._settings.subtensor.network,
            graph.name,
            graph.owner_hotkey,
            graph.owner_coldkey,
        )

    async def _advertise(self) -> None:
        axon = self._settings.axon
        is_local_chain = self._settings.subtensor.network == "local"
        ip = advertised_ip(axon, is_local_chain=is_local_chain)
        port = axon.external_port or self.port
        self._advertised = (ip, port)
        await self._stay_advertised()
        logger.info(
            "Mining on %s, netuid %d, as uid %s, hotkey %s: serving %s:%d, annotator %s, embedder %s",
            self._settings.subtensor.network,
            self._chain.netuid,
            self.uid,
            self.hotkey,
            ip,
            port,
            self._annotator.name,
            self._embedder.id,
        )

    async def _stay_advertised(self) -> None:
        """Advertise, unless the chain shows it already or wants to be asked again later.

        Where the chain shows another address after it has shown ours, another process advertises
        the same hotkey: the one that started last is left to it, or the two would go on for ever.
        """
        own_neuron, condition = self._permits.own_neuron, self.condition
        condition.registered = own_neuron is not None
        if own_neuron is None:
            logger.error("%s", _registration_remedy(self._settings, self.hotkey))
            return
        ip, port = self._advertised
        if own_neuron.axon == (f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"):
            self._shown, condition.replaced_by = True, ""
            return
        if self._shown and own_neuron.axon is not None:
            if condition.replaced_by != own_neuron.axon:
                logger.critical(
                    "Another process with this hotkey advertises %s: standing by", own_neuron.axon
                )
            condition.replaced_by = own_neuron.axon
            return
        try:
            await self._chain.serve(ip, port)
        except bt.ChainError as error:
            if error.code != bt.ErrorCode.RATE_LIMITED:
                raise
            logger.warning(
                "The chain takes no new address yet (%s); trying again in %g s",
                error,
                self._settings.miner.refresh_seconds,
            )

    async def _follow_chain(self) -> None:
        """Read the metagraph again and again, and advertise again where the chain
        lost the address.
        """
        sync = self.condition.duties[DutyName.SYNC]

        async def follow() -> None:
            while True:
                await asyncio.sleep(self._settings.miner.refresh_seconds)
                await self._permits.refresh()
                await self._stay_advertised()
                sync.note_success()

        await supervise(sync, follow, defect=_is_defect)

    async def _keep_looking(self) -> None:
        """See again and again whether our own port takes connections."""
        serve = self.condition.duties[DutyName.SERVE]

        async def look() -> None:
            url = urlsplit(self.url)
            while True:
                async with asyncio.timeout(_LOOK_SECONDS):
                    # A real connection: a server that hangs still looks alive from inside its
                    # process.
                    _, writer = await asyncio.open_connection(url.hostname, url.port)
                writer.close()
                serve.note_success()
                await asyncio.sleep(_LOOK_SECONDS)

        await supervise(serve, look, defect=_is_defect)

    async def _record(self, recorder: Recorder) -> None:
        duty = self.condition.duties[DutyName.TELEMETRY]
        await supervise(duty, lambda: keep_recording(recorder, duty, self.health))

    def health(self) -> Health:
        """Return the miner's health."""
        metagraph, age = self._permits.metagraph, self._permits.age_seconds
        details = {
            "version": cgp.__version__,
            "netuid": self._chain.netuid,
            "hotkey": self.hotkey,
            "uid": self.uid,
            "annotator": self._annotator.name,
            "annotations": [self._annotations()],
            "embedder": self._embedder.id,
            "uptime_seconds": round(time.monotonic() - self._started, 1),
            "queue": {
                "running": self._places.running,
                "waiting": self._places.waiting,
                "concurrency": self._places.concurrency,
                "capacity": self._places.capacity,
            },
            "tasks": {
                "answered": self._desk.answers,
                "known_windows": self._desk.cache_hits,
                "refused": {str(code): n for code, n in sorted(self._desk.refusals.items())},
            },
            "connections": {
                "open": self.connections.open.total(),
                "refused": self.connections.too_many,
                "too_slow": self.connections.too_slow,
                "too_large": self.connections.too_large,
            },
            "chain": {
                "endpoint": self._chain.endpoint,
                "block": metagraph.block if metagraph else None,
                "age_seconds": round(age, 1) if age is not None else None,
                "callers": self._permits.callers,
            },
            "duties": duty_details(self.condition.duties),
        }
        return Health((*self.condition.problems(), *self._nonce_problems()), details)

    def _nonce_problems(self) -> Iterator[Problem]:
        if self._nonces.error:
            yield Problem(
                "nonces",
                f"accepted requests cannot be remembered: {self._nonces.error}",
                "make room on the disk of DATA_DIR, and see that this user may write there",
            )

    def _annotations(self) -> dict[str, Any]:
        """Return the annotator's report. The page is public, so reasons stay on this machine."""
        report = report_of(self._annotator)
        is_local_chain = self._settings.subtensor.network == "local"
        return (report if is_local_chain else replace(report, last_failure=None)).to_json()

    def _metrics(self) -> str | None:
        health = self.health()
        queue, connections = health.details["queue"], health.details["connections"]
        return exposition(
            [
                *health_samples(health),
                Sample("cgp_miner_answers_total", "Tasks answered", self._desk.answers),
                Sample(
                    "cgp_miner_known_windows_total", "Of them from memory", self._desk.cache_hits
                ),
                *counter_samples(
                    "cgp_miner_refused_total", "Requests refused", "status", self._desk.refusals
                ),
                *counter_samples("cgp_miner_queue", "Windows in the queue", "place", queue),
                *counter_samples("cgp_miner_connections", "Connections", "state", connections),
            ]
        )


def _is_defect(error: BaseException) -> bool:
    """Tell if an error is unforeseen; the others say all in their message."""
    return not isinstance(error, (bt.BittensorError, StartupError, OSError))


def _require_registration(metagraph: Metagraph, settings: Settings, hotkey: str) -> None:
    if hotkey not in metagraph.by_hotkey:
        raise StartupError(_registration_remedy(settings, hotkey))


def _registration_remedy(settings: Settings, hotkey: str) -> str:
    network, wallet = settings.subtensor.network, settings.wallet
    advice = f"hotkey {hotkey} is not registered on netuid {settings.netuid} of {network}"
    if network == "local":
        return (
            f"{advice} (the embedded chain in {settings.chain_file}); `cgp localnet` makes a chain "
            "with registered miners"
        )
    return (
        f"{advice}; register it: btcli -n {network} -w {wallet.name} -H {wallet.hotkey} "
        f"subnets register --netuid {settings.netuid}"
    )


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
