"""The API at work: store, permits, rates, and a uvicorn server around the application."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import signal
import socket
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from cgp.api.app import make_app
from cgp.api.desk import Desk
from cgp.api.identity import api_address
from cgp.api.messages import MAX_BODY_BYTES
from cgp.api.queries import ApiStore
from cgp.api.validators import NamedValidators, SubnetValidators, Validators, named_validators
from cgp.chain import open_chain, open_wallet
from cgp.config import ApiSettings, Settings
from cgp.connections import ConnectionCounts, guarded_protocol
from cgp.durable_files import private_folder
from cgp.embedders.choose import make_embedder
from cgp.privacy import STANDARD, RedactionPolicy, policy_of
from cgp.search import IndexReader
from cgp.signing import RateLimit, RequestGate, SharedNonces

logger = logging.getLogger(__name__)

# Connections that the kernel holds while the process is busy for a moment.
_BACKLOG = 512
_KEEP_ALIVE_SECONDS = 30
# Most answers take milliseconds; systemd and Docker kill a process some ten seconds after the
# signal.
_GRACE_SECONDS = 10


def make_desk(
    store: ApiStore,
    address: str,
    validators: Validators,
    settings: ApiSettings,
    *,
    index: IndexReader,
    policy: RedactionPolicy = STANDARD,
    nonces: SharedNonces | None = None,
) -> Desk:
    """Return the desk of an API over an open ``store``; makes the table of keys.

    ``nonces`` remembers requests beyond a restart, and for all processes of this API.
    """
    store.create_key_table()
    gate = RequestGate(
        hotkey=address,
        permit=validators.check,
        max_bytes=MAX_BODY_BYTES,
        rates=RateLimit(settings.pushes_per_minute),
        shared=nonces,
    )
    return Desk(
        store=store,
        address=address,
        gate=gate,
        reads_by=RateLimit(settings.reads_per_minute),
        imports_by=RateLimit(settings.imports_per_minute),
        index=index,
        policy=policy,
    )


@contextlib.asynccontextmanager
async def opened_validators(settings: Settings) -> AsyncIterator[Validators]:
    """Open the validators with access: the ones that ``api.validators`` names, else the subnet's.

    Raises:
        ValueError: if a name is not a hotkey.
        ChainSetupError, bittensor.BittensorError: if the chain cannot be opened or read.
    """
    if settings.api.validators.strip():
        yield named_validators(settings.api.validators)
        return
    async with open_chain(settings, open_wallet(settings.wallet)) as chain:
        api_settings = settings.api
        validators = SubnetValidators(
            chain,
            minimum_stake=api_settings.minimum_stake,
            refresh_seconds=api_settings.refresh_seconds,
        )
        await validators.refresh()
        following = asyncio.create_task(validators.follow())
        try:
            yield validators
        finally:
            following.cancel()
            await asyncio.wait([following])


Extension = Callable[[FastAPI, Desk, Settings], AbstractContextManager[None]]
"""Adds to the application while the context lasts; the explorer's pages come by one."""


async def serve_api(
    settings: Settings, extend: Extension | None = None, *, read_only: bool = False
) -> None:
    """Serve until SIGTERM or SIGINT, with what ``extend`` adds to the application.

    ``read_only`` lets no validator in, needs neither a wallet nor a chain, and upgrades no store.

    Raises:
        OSError: if the address is taken.
        StoreError, ValueError, ChainSetupError, bittensor.BittensorError: if it cannot start.
    """
    nobody = contextlib.nullcontext(NamedValidators(frozenset()))
    async with nobody if read_only else opened_validators(settings) as validators:
        private_folder(settings.data_dir)
        store = await asyncio.to_thread(ApiStore, settings.store_url, upgrades=not read_only)
        with contextlib.closing(store):
            address = api_address(settings.data_dir)
            policy = await asyncio.to_thread(policy_of, settings)
            embedder = await asyncio.to_thread(make_embedder, settings)
            index = IndexReader(settings.index_dir, embedder)
            async with SharedNonces(settings.data_dir / "nonces.sqlite", address) as nonces:
                desk_parts = make_desk(
                    store,
                    address,
                    validators,
                    settings.api,
                    index=index,
                    policy=policy,
                    nonces=nonces,
                )
                with contextlib.closing(desk_parts) as desk:
                    desk.ahead.wake()
                    bound = bind(settings.api.host, settings.api.port)
                    _announce(bound, validators, address, pages=extend is not None)
                    app = make_app(desk, trusted_hosts(settings.api))
                    if extend is None:
                        # Without the explorer's pages the description is all that a person can see.
                        app.add_api_route("/", _to_docs, include_in_schema=False)
                    with extend(app, desk, settings) if extend else contextlib.nullcontext():
                        await serve_until_signal(app, bound, settings.api.trusted_proxies)


async def _to_docs() -> RedirectResponse:
    return RedirectResponse("/docs")


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals alone: uvicorn would raise them again after a shutdown in good order."""
        yield


def is_loopback(host: str) -> bool:
    """Tell if an address to bind is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def trusted_hosts(settings: ApiSettings) -> list[str]:
    """Return the names that the API answers to: the settings' names, else the bound address's."""
    names = [name.strip() for name in settings.trusted_hosts.split(",") if name.strip()]
    return names or names_of(settings.host)


def names_of(host: str) -> list[str]:
    """Return the names that a server bound to ``host`` answers to.

    Bound to every address of the machine, or to one of IPv6, it answers to any name.
    """
    # Bound to every interface, the server cannot know the names that it is reached by.
    if host in {"0.0.0.0", ""} or ":" in host:  # noqa: S104 - compared, not bound
        return ["*"]
    return [host, "localhost", "127.0.0.1"]


async def serve_until_signal(
    app: FastAPI,
    bound: socket.socket,
    trusted_proxies: str = "",
    limits: ServerLimits | None = None,
    tls: TlsFiles | None = None,
) -> None:
    """Serve ``app`` until SIGTERM or SIGINT, then finish requests in flight."""
    server = _Server(server_config(app, trusted_proxies, limits, tls))
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)

    def stop(number: signal.Signals) -> None:
        # Streams never end by themselves, and the server waits for what is in flight.
        for end_streams in app.state.at_exit:
            end_streams()
        server.handle_exit(number, None)

    for number in signals:
        loop.add_signal_handler(number, stop, number)
    try:
        await server.serve(sockets=[bound])
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


@contextlib.asynccontextmanager
async def background_server(
    app: FastAPI,
    bound: socket.socket,
    trusted_proxies: str = "",
    limits: ServerLimits | None = None,
) -> AsyncIterator[None]:
    """Serve ``app`` while the context lasts, and finish requests in flight after it."""
    server = _Server(server_config(app, trusted_proxies, limits))
    task = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        # Connections wait in the socket's queue from the beginning on.
        yield
    finally:
        server.should_exit = True
        await task


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        OSError: if the address is taken or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        # The system's own words do not name the host, or not as somebody wrote it.
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise OSError(errno.EADDRNOTAVAIL, f"{host} is no address of this machine") from None
        raise
    # Connections inherit it. asyncio does not set it for them, as their protocol number is 0; small
    # parts of a stream would then wait 40 ms for the other side's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@dataclass(frozen=True, slots=True)
class ServerLimits:
    """Most connections at once, of all addresses together and of one."""

    connections: int = 512
    per_address: int = 256


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Certificate and private key with which a server speaks TLS."""

    certificate: Path
    key_file: Path


def server_config(
    app: FastAPI,
    trusted_proxies: str = "",
    limits: ServerLimits | None = None,
    tls: TlsFiles | None = None,
) -> uvicorn.Config:
    """Return the configuration of uvicorn for the API and for the chat gateway.

    A caller's address is read from ``X-Forwarded-For`` only where one of the ``trusted_proxies``
    (addresses, with commas) connects: anybody on this machine could write that header.
    """
    limits = limits or ServerLimits()
    return uvicorn.Config(
        app,
        ssl_certfile=None if tls is None else tls.certificate,
        ssl_keyfile=None if tls is None else tls.key_file,
        http=guarded_protocol(limits.per_address, ConnectionCounts()),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies.strip()),
        forwarded_allow_ips=trusted_proxies.strip() or [],
        limit_concurrency=limits.connections,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


def _announce(bound: socket.socket, validators: Validators, address: str, *, pages: bool) -> None:
    host, port = bound.getsockname()[:2]
    served = "Pages and API" if pages else "API"
    logger.info("%s at http://%s:%d (/docs describes the API)", served, host, port)
    logger.info(
        "May read: everybody who reaches this address. May take conversations to validate: %s%s",
        validators.in_words,
        f", by requests signed for {address}" if validators.in_words != "nobody" else "",
    )
