"""Bot and actor as their commands run them: opened from the settings, closed in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cgp.annotators.choose import make_annotator
from cgp.api.server import background_server, bind, serve_until_signal
from cgp.config import Settings
from cgp.durable_files import private_folder
from cgp.embedders.choose import make_embedder
from cgp.mycelium.fediverse.activitypub_transport import ActivityPubTransport
from cgp.mycelium.fediverse.bot_memory import BotMemory, ReplyDraft
from cgp.mycelium.fediverse.catalogue import read_catalogue
from cgp.mycelium.fediverse.errors import AccountError, FediverseError
from cgp.mycelium.fediverse.fetching import FetchLimits
from cgp.mycelium.fediverse.mastodon_account import MastodonAccount
from cgp.mycelium.fediverse.mastodon_bot import MastodonBot
from cgp.mycelium.fediverse.news import BestModel, best_models
from cgp.mycelium.fediverse.quarantine import Quarantine
from cgp.mycelium.fediverse.routes import make_actor_app
from cgp.mycelium.fediverse.service import ActorOptions, ActorService, in_background, open_actor
from cgp.mycelium.fediverse.skills import Skills
from cgp.mycelium.memory import MEMORY_FILE
from cgp.mycelium.node_plan import PLAN_FILE

logger = logging.getLogger(__name__)

FOLDER: Final = "fediverse"
DEFAULT_NAME: Final = "fungus"

_NEWS_SECONDS: Final = 30.0
_SUMMARY: Final = (
    "A node of Mycelium, which improves a tag model together with others and shows nobody its "
    "conversations. Ask me: “tag: TEXT”, “like: TITLE”, “add: TITLE, FIELD”."
)


def tags_of(settings: Settings) -> tuple[str, ...]:
    """Return the hashtags under which posts ask, without ``#``: the own one first."""
    names = [settings.nutrial_tag, *settings.mycelial_tag.split(";")]
    tags = (name.strip().lower().removeprefix("#") for name in names)
    return tuple(dict.fromkeys(filter(None, tags)))


def quarantine_of(settings: Settings) -> Quarantine:
    """Return the quarantine of proposals; the caller closes it."""
    return Quarantine(settings.data_dir / FOLDER / "proposals.sqlite")


@contextlib.asynccontextmanager
async def open_skills(settings: Settings) -> AsyncIterator[Skills]:
    """Open the skills that the settings allow: annotator, catalogue and quarantine.

    Raises:
        CatalogueFileError: if the catalogue cannot be read.
        AnnotationError: as ``make_annotator``.
    """
    async with AsyncExitStack() as stack:
        catalogue = None
        if settings.fediverse.catalogue is not None:
            embedder = await asyncio.to_thread(make_embedder, settings)
            catalogue = await asyncio.to_thread(
                read_catalogue, settings.fediverse.catalogue, embedder
            )
        annotator = await asyncio.to_thread(make_annotator, settings)
        stack.push_async_callback(annotator.close)
        private_folder(settings.data_dir / FOLDER)
        quarantine = quarantine_of(settings)
        stack.push_async_callback(quarantine.close)
        yield Skills(annotator, quarantine, catalogue)


async def run_bot(settings: Settings, node_folder: Path | None = None) -> None:
    """Run the bot until cancelled; with ``node_folder`` it tells of that node's best models.

    Raises:
        AccountError: if address or token are missing or wrong, or of another account than
            ``ACCOUNT_NAME``.
        FediverseError: if the address is unsafe, or ``node_folder`` is no node's.
    """
    section = settings.mastodon
    node_file = _node_file(node_folder)
    if not section.instance_url or section.api_key is None:
        raise AccountError("there is no account for the bot")
    account = MastodonAccount(
        section.instance_url,
        section.api_key.get_secret_value(),
        allow_loopback=settings.fediverse.allow_loopback,
    )
    async with open_skills(settings) as skills, AsyncExitStack() as stack:
        memory = BotMemory(settings.data_dir / FOLDER / "bot.sqlite")
        stack.push_async_callback(memory.close)
        bot = MastodonBot(
            account, memory, skills, tags=tags_of(settings), name=settings.account_name
        )
        await bot.run(
            section.poll_seconds,
            None if node_file is None else _drafts_of(node_file),
        )


def _node_file(folder: Path | None) -> Path | None:
    """Return the file of the node whose best models are told of, None where there is none."""
    if folder is None or (folder / PLAN_FILE).exists() or (folder / MEMORY_FILE).exists():
        return None if folder is None else folder / MEMORY_FILE
    # Else nothing would ever be told, without a word.
    raise FediverseError(
        f"{folder} is no folder of a node: --node names one of `cgp mycelium up`, such as "
        "data/mycelium/node-1"
    )


def _drafts_of(node_file: Path) -> Callable[[], Awaitable[list[ReplyDraft]]]:
    async def drafts() -> list[ReplyDraft]:
        models = await asyncio.to_thread(best_models, node_file)
        # The youngest alone: after a long pause the others are history.
        return [ReplyDraft(model.key, "", "public", model.text) for model in models[-1:]]

    return drafts


def actor_options(settings: Settings) -> ActorOptions:
    """Return the properties of the actor.

    Raises:
        FediverseError: if its address is not set.
    """
    if not settings.fediverse.base_url:
        raise FediverseError(
            "FEDIVERSE_BASE_URL is not set (nor --base-url): other servers must know where the actor is"
        )
    return ActorOptions(
        settings.fediverse.base_url,
        settings.account_name or DEFAULT_NAME,
        _SUMMARY,
        tags_of(settings),
        FetchLimits(allow_loopback=settings.fediverse.allow_loopback),
    )


@contextlib.asynccontextmanager
async def actor_at_work(
    settings: Settings, skills: Skills | None = None, node_folder: Path | None = None
) -> AsyncIterator[ActorService]:
    """Open the actor, follow the peers of the settings, and tell of a node's best models.

    The caller serves ``make_actor_app(service)`` at ``FEDIVERSE_HOST`` and ``FEDIVERSE_PORT``. A
    node takes ``service.transport`` as its transport.

    Raises:
        FediverseError, ValueError: if address, name or key are wrong.
    """
    options = actor_options(settings)
    folder = private_folder(settings.data_dir / FOLDER)
    peers = [peer.strip() for peer in settings.fediverse.peers.split(",") if peer.strip()]
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(open_actor(folder, options, skills=skills))
        await stack.enter_async_context(in_background(service.follow_all(peers)))
        if node_folder is not None:
            news = _publish_news(service, node_folder / MEMORY_FILE)
            await stack.enter_async_context(in_background(news))
        yield service


@dataclass(frozen=True, slots=True)
class _Desk:
    """An open actor, and the socket that others reach it by."""

    service: ActorService
    listener: socket.socket


@contextlib.asynccontextmanager
async def _open_desk(settings: Settings, node_folder: Path | None) -> AsyncIterator[_Desk]:
    actor_options(settings)
    # The address is taken before anything is opened: the most likely fault comes first.
    listener = bind(settings.fediverse.host, settings.fediverse.port)
    with contextlib.closing(listener):
        async with (
            open_skills(settings) as skills,
            actor_at_work(settings, skills, node_folder) as service,
        ):
            logger.info("Actor %s at %s", service.actor.handle, service.actor.id)
            yield _Desk(service, listener)


@contextlib.asynccontextmanager
async def activitypub_transport(
    settings: Settings, node_folder: Path | None = None
) -> AsyncIterator[ActivityPubTransport]:
    """Serve the actor beside a node, and give the node its transport.

    Raises:
        OSError: if the address to bind is taken.
        FediverseError, ValueError, AnnotationError: as ``actor_at_work`` and ``open_skills``.
    """
    async with (
        _open_desk(settings, node_folder) as desk,
        background_server(
            make_actor_app(desk.service), desk.listener, settings.fediverse.trusted_proxies
        ),
    ):
        yield desk.service.transport


async def serve_actor(settings: Settings, node_folder: Path | None = None) -> None:
    """Serve the actor until SIGTERM or SIGINT. Raises as ``activitypub_transport``."""
    _node_file(node_folder)
    async with _open_desk(settings, node_folder) as desk:
        app = make_actor_app(desk.service)
        await serve_until_signal(app, desk.listener, settings.fediverse.trusted_proxies)


async def _publish_news(service: ActorService, node_file: Path) -> None:
    while True:
        models: list[BestModel] = await asyncio.to_thread(best_models, node_file)
        for model in models[-1:]:
            await service.publish(model.text, key=model.key)
        await asyncio.sleep(_NEWS_SECONDS)
