"""The gateway's process: NATS, keys, memory and HTTP, opened in order and closed in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

from fastapi import FastAPI

from cgp.api.identity import api_address
from cgp.api.keys import ApiKeys
from cgp.api.server import ServerLimits, TlsFiles, bind, is_loopback, serve_until_signal
from cgp.api.validators import named_validators
from cgp.chat.access import Access, DailyTokens
from cgp.chat.app import make_app
from cgp.chat.desk import Desk
from cgp.chat.dispatch import Dispatcher
from cgp.chat.enrolment import Enrolments
from cgp.chat.errors import OpenToOthersError
from cgp.chat.keeping import ChatKeeper
from cgp.chat.pages import ChatPages, add_chat_pages
from cgp.chat.spot_checks import SpotChecks
from cgp.chat_models import ModelFiles, models_folder
from cgp.config import Settings
from cgp.durable_files import private_folder
from cgp.jobs import Jobs, Timing
from cgp.jobs.nats_server import ServerPlace, nats_server
from cgp.jobs.users import authorization, own_seed, public_key_of
from cgp.retrieval import open_retriever, own_profile
from cgp.retrieval.library import Library
from cgp.signing import RateLimit, RequestGate, SharedNonces

logger = logging.getLogger(__name__)

# A worker that falls silent tells nothing, so it is looked for.
_TICK_SECONDS = 1.0
_KEYS_SECONDS = 10.0
# Streams stay open, and a whole house may come from one address.
LIMITS = ServerLimits(connections=2048, per_address=1536)
_ENROLMENTS_PER_MINUTE = 60
_ENROLMENT_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Gateway:
    """An open gateway: its application, its listening socket and its address."""

    app: FastAPI
    bound: socket.socket
    desk: Desk

    @property
    def url(self) -> str:
        """Address of the gateway."""
        host, port = self.bound.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"


@contextlib.asynccontextmanager
async def opened_gateway(
    settings: Settings, *, asks_for_keys: bool = True, timing: Timing | None = None
) -> AsyncIterator[Gateway]:
    """Open a gateway, with a NATS server of its own unless ``nats.url`` names another.

    Raises:
        OpenToOthersError: if others would reach it without TLS or without keys.
        ValueError: if it has only one of certificate and key.
        JobsError: if the NATS server does not start or lets it in.
        OSError, StoreError: if an address is taken or the store cannot be opened.
    """
    _require_safe_access(settings, asks_for_keys=asks_for_keys)
    private_folder(settings.data_dir)
    async with AsyncExitStack() as stack:
        # First, so that a port that is taken is told before a NATS server is started.
        bound = stack.enter_context(bind(settings.gateway.host, settings.gateway.port))
        line = await stack.enter_async_context(_opened_line(settings, timing))
        desk = await stack.enter_async_context(
            _opened_desk(settings, line, asks_for_keys=asks_for_keys)
        )
        await line.jobs.listen(desk.dispatcher.places.wake)
        stack.push_async_callback(_stop, asyncio.create_task(_tick(desk)))
        yield Gateway(_application(settings, desk), bound, desk)


@dataclass(frozen=True, slots=True)
class _Line:
    """A gateway's line to its workers: the connection, its address, and who may dial in."""

    jobs: Jobs
    url: str
    enrolments: Enrolments


@contextlib.asynccontextmanager
async def _opened_line(settings: Settings, timing: Timing | None) -> AsyncIterator[_Line]:
    """Open the NATS server, unless another is named, and the gateway's connection to it."""
    folder = settings.data_dir / "gateway"
    seed = own_seed(folder / "gateway.seed")
    enrolments = Enrolments(folder / "workers.json", public_key_of(seed))
    async with AsyncExitStack() as stack:
        url, trust = settings.nats.url, None
        if not url:
            section = settings.nats
            place = ServerPlace(section.host, section.port, section.certificate, section.key_file)
            server = await stack.enter_async_context(
                nats_server(settings.data_dir / "nats", place, enrolments.users())
            )
            enrolments.server, url, trust = server, server.url, server.trust
        jobs = await stack.enter_async_context(
            Jobs.connect(url, seed, name="gateway", timing=timing, tls=trust)
        )
        yield _Line(jobs, url, enrolments)


@contextlib.asynccontextmanager
async def _opened_desk(
    settings: Settings, line: _Line, *, asks_for_keys: bool
) -> AsyncIterator[Desk]:
    """Open what answers requests: workers' places, keys, memory, and the check of signatures."""
    section = settings.gateway
    dispatcher = Dispatcher(
        line.jobs,
        section,
        clock=time.monotonic,
        rng=random.Random(),  # noqa: S311 - no secret
    )
    async with AsyncExitStack() as stack:
        spot_checks = SpotChecks(
            dispatcher,
            section.spot_share,
            random.SystemRandom(),  # a worker must not guess which job is compared
        )
        stack.push_async_callback(spot_checks.close)
        # Keys and kept chats are in the store; without them the gateway needs no store at all.
        keys = None
        keeps_local = section.keep_chats and not asks_for_keys
        if asks_for_keys or keeps_local:
            keys = await asyncio.to_thread(ApiKeys, settings.store_url)
            stack.callback(keys.close)
            await asyncio.to_thread(keys.create_key_table)
        address = api_address(settings.data_dir)
        nonces = await stack.enter_async_context(
            SharedNonces(settings.data_dir / "nonces.sqlite", address)
        )
        gate = RequestGate(
            hotkey=address,
            permit=named_validators(section.hotkeys).check,
            max_bytes=_ENROLMENT_BYTES,
            rates=RateLimit(_ENROLMENTS_PER_MINUTE),
            shared=nonces,
        )
        retriever = await asyncio.to_thread(open_retriever, settings)
        stack.callback(retriever.close)
        yield Desk(
            section,
            line.jobs,
            dispatcher,
            Access(keys if asks_for_keys else None, keeps_local),
            line.enrolments,
            gate,
            DailyTokens(section.daily_tokens, time.time),
            line.url,
            retriever,
            lambda participant: own_profile(settings, participant),
            ChatKeeper(keys) if keys is not None else None,
            spot_checks,
        )


def _application(settings: Settings, desk: Desk) -> FastAPI:
    """Return the gateway's application: the API, and the pages for people."""
    app = make_app(desk, _hosts(settings))
    pages = ChatPages(
        desk,
        ModelFiles(models_folder(settings.data_dir)).present,
        lambda: Library.of(settings).entries(),
    )
    add_chat_pages(app, pages)
    return app


async def serve_gateway(settings: Settings, *, asks_for_keys: bool = True) -> None:
    """Serve until SIGTERM or SIGINT. Raises as ``opened_gateway``."""
    async with opened_gateway(settings, asks_for_keys=asks_for_keys) as gateway:
        logger.info("Gateway at %s/v1, jobs over %s", gateway.url, gateway.desk.nats_url)
        if not await has_a_key(gateway.desk):
            logger.warning(
                "Nobody has a key, so nobody is let in: cgp keys create NAME --scope chat --scope"
                " worker (or start it again with --no-keys)"
            )
        await serve_until_signal(gateway.app, gateway.bound, limits=LIMITS, tls=tls_of(settings))


def cluster_users(settings: Settings) -> str:
    """Return the part ``authorization`` for the configuration of a NATS cluster.

    Raises:
        ValueError: if the file of workers cannot be read.
    """
    folder = settings.data_dir / "gateway"
    seed = own_seed(folder / "gateway.seed")
    return authorization(Enrolments(folder / "workers.json", public_key_of(seed)).users())


def _require_safe_access(settings: Settings, *, asks_for_keys: bool) -> None:
    """Check that a gateway that others reach asks for keys and encrypts.

    Raises:
        OpenToOthersError: if it does not.
        ValueError: if it has only one of certificate and key.
    """
    section = settings.gateway
    if (section.certificate is None) != (section.key_file is None):
        raise ValueError("GATEWAY_CERTIFICATE and GATEWAY_KEY_FILE go together")
    if is_loopback(section.host):
        return
    if not asks_for_keys:
        raise OpenToOthersError(
            f"--no-keys: others reach {section.host}, and anybody could use your workers"
        )
    if section.certificate is None:
        raise OpenToOthersError(
            f"others reach {section.host}, and prompts would go in clear: set GATEWAY_CERTIFICATE and "
            "GATEWAY_KEY_FILE, or GATEWAY_HOST=127.0.0.1 behind a proxy with TLS"
        )


def _hosts(settings: Settings) -> list[str]:
    section = settings.gateway
    # On loopback other names are another site's trick (DNS rebinding), unless a proxy is in front:
    # then every request has a key, which a page of another site has not.
    if is_loopback(section.host):
        return ["127.0.0.1", "localhost", "[::1]", section.host]
    return ["*"]


async def _tick(desk: Desk) -> None:
    """Notice workers that fell silent, and keys that were revoked."""
    checked_at = time.monotonic()
    while True:
        await asyncio.sleep(_TICK_SECONDS)
        desk.dispatcher.places.wake()
        if desk.access.keys is not None and time.monotonic() - checked_at > _KEYS_SECONDS:
            checked_at = time.monotonic()
            try:
                keys = await asyncio.to_thread(desk.access.keys.keys)
                now = time.time()
                await desk.enrolments.keep_keys(k.id for k in keys if k.state(now) == "active")
            except Exception:
                # The store may be away for a while; the next turn tries again.
                logger.exception("keys of workers could not be checked")


async def has_a_key(desk: Desk) -> bool:
    """Tell whether a caller can be let in: by a key, or because none is asked for."""
    if desk.access.keys is None:
        return True
    now = time.time()
    return any(k.state(now) == "active" for k in await asyncio.to_thread(desk.access.keys.keys))


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def tls_of(settings: Settings) -> TlsFiles | None:
    """Return the gateway's certificate and key, None where it serves plain HTTP."""
    section = settings.gateway
    if section.certificate is None or section.key_file is None:
        return None
    return TlsFiles(section.certificate, section.key_file)
