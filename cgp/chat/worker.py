"""A worker's process: it enrols at its gateway, dials NATS, and answers until it is stopped."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from bittensor.signing import Signer

from cgp.backoff import pause_after
from cgp.chat.backends.backend import Backend
from cgp.chat.backends.extractive import Extractive
from cgp.chat.backends.llama_cpp import LlamaCpp, LlamaCppPlan
from cgp.chat.backends.openai_server import OpenAIServer
from cgp.chat.backends.retrieving import Retrieving
from cgp.chat.errors import AwayError, WorkerError
from cgp.chat_models import ModelFileError, ModelFiles, models_folder
from cgp.config import Settings
from cgp.jobs import Audience, Jobs, JobsError, Offer, Timing
from cgp.jobs.users import own_seed, owner_token, public_key_of
from cgp.retrieval import Level, open_retriever
from cgp.signing import sign_request

logger = logging.getLogger(__name__)

_ENROL_SECONDS: Final = 10.0
# A local server takes a while to load another model, and asking it costs next to nothing.
_MODELS_SECONDS: Final = 30.0
_FIRST_WAIT_SECONDS: Final = 0.5
_LONGEST_WAIT_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Post:
    """Place that a gateway gave to a worker: the owner's name, and the NATS server's address."""

    owner: str
    nats_url: str


def make_backend(settings: Settings) -> Backend:
    """Return the backend that the settings name.

    Raises:
        RetrievalError: if the index of ``extractive`` cannot be opened.
        WorkerError: if the model of ``llama_cpp`` cannot be run here.
    """
    section = settings.worker
    if section.backend == "openai":
        names = tuple(name.strip() for name in section.models.split(",") if name.strip())
        key = section.backend_key.get_secret_value() if section.backend_key is not None else None
        return OpenAIServer(section.base_url, key, names)
    if section.backend == "llama_cpp":
        return LlamaCpp(_llama_cpp_plan(settings))
    if section.backend == "retrieve":
        return Retrieving(open_retriever(settings))
    levels = {Level.PUBLIC, Level.GROUP}
    if section.audience == "own":
        # The owner's own questions, on the owner's own machine; strangers never get private rows.
        levels |= {Level.PRIVATE}
    return Extractive(open_retriever(settings), frozenset(levels))


def _llama_cpp_plan(settings: Settings) -> LlamaCppPlan:
    """Return the plan of a model in this process.

    Raises:
        WorkerError: if there is no such model here.
    """
    section = settings.worker
    if not section.model:
        raise WorkerError(
            "llama_cpp needs a model: WORKER_MODEL (cgp worker --model) is a name of cgp models"
            " list, or a GGUF file"
        )
    file = Path(section.model)
    if file.suffix != ".gguf":
        try:
            model = ModelFiles(models_folder(settings.data_dir)).find(section.model)
        except ModelFileError as error:
            raise WorkerError(f"WORKER_MODEL: {error}") from error
        if model is None:
            message = f"WORKER_MODEL: no model {section.model!r} here; cgp models list shows all"
            raise WorkerError(message)
        file = model.path
    elif not file.is_file():
        raise WorkerError(f"WORKER_MODEL: {file} is not a file")
    # Two threads for each core cost more than they give.
    threads = section.threads or max((os.cpu_count() or 2) // 2, 1)
    return LlamaCppPlan(file, section.slots, section.context, threads)


async def run_worker(
    settings: Settings,
    backend: Backend,
    stopping: asyncio.Event,
    *,
    keypair: Signer | None = None,
    timing: Timing | None = None,
    on_ready: Callable[[str], None] = lambda _worker: None,
) -> None:
    """Serve jobs until ``stopping`` is set; then finish those at work.

    A gateway that is away is tried again. ``keypair`` is the hotkey that signs where there is no
    API key. ``on_ready`` hears the worker's id whenever it takes jobs.

    Raises:
        WorkerError: if the gateway refuses this worker.
        JobsExtraError: if the packages for NATS are missing.
    """
    seed = own_seed(settings.data_dir / "worker" / f"{settings.worker.name}.seed")
    failures = 0
    while not stopping.is_set():
        trouble = ""
        try:
            offer = await _offer(settings, backend)
            post = await enrol(settings, public_key_of(seed), keypair)
            async with Jobs.connect(
                post.nats_url, seed, name=settings.worker.name, timing=timing
            ) as jobs:
                async with _serving(jobs, post, offer, backend, settings) as refusal:
                    on_ready(jobs.public_key)
                    failures = 0
                    # Shielded: the refusal goes on being awaited while jobs are finished.
                    await _first(stopping.wait(), asyncio.shield(refusal))
                if not stopping.is_set():
                    logger.warning("The gateway no longer knows this worker; it enrols anew")
        except AwayError as error:
            # The remedy once: the same line comes again and again while nobody is there.
            trouble = str(error) if failures else f"{error}; {error.remedy}"
        except JobsError as error:
            trouble = f"NATS: {error}"
        wait = pause_after(failures, first=_FIRST_WAIT_SECONDS, longest=_LONGEST_WAIT_SECONDS)
        failures += 1
        if trouble:
            logger.warning("%s; tried again in %.1f s", trouble, wait)
        if not stopping.is_set():
            await _first(stopping.wait(), asyncio.sleep(wait))


@asynccontextmanager
async def _serving(
    jobs: Jobs, post: Post, offer: Offer, backend: Backend, settings: Settings
) -> AsyncIterator[asyncio.Future[None]]:
    """Take jobs while the context lasts, and finish them after it; yield the server's refusal."""
    service = await jobs.serve(owner_token(post.owner), offer, backend.answer)
    logger.info(
        "Worker %s of %s offers %s",
        settings.worker.name,
        post.owner,
        ", ".join(sorted({name for names in offer.models.values() for name in names})),
    )
    following = asyncio.create_task(_follow_models(settings, backend, service.change))
    refusal = asyncio.ensure_future(jobs.refusal())
    try:
        yield refusal
        if not refusal.done():
            await service.drain()
    finally:
        for task in (following, refusal):
            task.cancel()
        await asyncio.wait([following, refusal])


async def _follow_models(
    settings: Settings, backend: Backend, change: Callable[[Offer], None]
) -> None:
    """Offer the models that the backend has, as they come and go."""
    while True:
        await asyncio.sleep(_MODELS_SECONDS)
        try:
            change(await _offer(settings, backend))
        except AwayError as error:
            logger.warning("%s; it offers nothing until it is back", error)
            change(_empty(settings))


async def _offer(settings: Settings, backend: Backend) -> Offer:
    return replace(_empty(settings), models=await backend.models())


def _empty(settings: Settings) -> Offer:
    section = settings.worker
    return Offer(section.name, {}, section.slots, Audience(section.audience))


async def enrol(settings: Settings, public_key: str, keypair: Signer | None) -> Post:
    """Enrol this worker at its gateway.

    Raises:
        AwayError: if the gateway cannot be reached now.
        WorkerError: if it refuses.
    """
    base = settings.worker.gateway.rstrip("/").removesuffix("/v1")
    data = json.dumps({"public_key": public_key}).encode()
    timeout = aiohttp.ClientTimeout(total=_ENROL_SECONDS)
    headers = {"Content-Type": "application/json"}
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            if settings.worker.api_key is not None:
                secret = settings.worker.api_key.get_secret_value()
                headers["Authorization"] = f"Bearer {secret}"
            elif keypair is not None:
                headers |= await _signature(session, base, data, keypair)
            async with session.post(
                f"{base}/v1/workers", data=data, headers=headers, allow_redirects=False
            ) as response:
                document = await response.json(content_type=None)
                status = response.status
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise AwayError(f"the gateway {base}: {str(error) or type(error).__name__}") from None
    if status != 200:
        message = document.get("error", {}).get("message", "") if isinstance(document, dict) else ""
        if status >= 500 or status == 429:
            raise AwayError(f"the gateway {base} answers {status}: {message}")
        raise WorkerError(f"the gateway {base} refuses this worker: {message}")
    try:
        return Post(str(document["owner"]), _reachable(str(document["nats_url"]), base))
    except (KeyError, TypeError):
        raise AwayError(f"the gateway {base} answers something else") from None


async def _signature(
    session: aiohttp.ClientSession, base: str, data: bytes, keypair: Signer
) -> dict[str, str]:
    async with session.get(f"{base}/healthz") as response:
        address = str((await response.json())["address"])
    return sign_request(keypair, method="POST", path="/v1/workers", body=data, receiver=address)


def _reachable(nats_url: str, gateway: str) -> str:
    """Return the NATS addresses (with commas) as this machine reaches them.

    An address on the gateway's own machine is reached by the gateway's name.
    """
    host = urlsplit(gateway).hostname or "127.0.0.1"
    host = "127.0.0.1" if host == "localhost" else host
    addresses = []
    for address in nats_url.split(","):
        parts = urlsplit(address.strip())
        if parts.hostname in {"127.0.0.1", "::1"} and parts.port is not None:
            name = f"[{host}]" if ":" in host else host
            addresses.append(f"{parts.scheme}://{name}:{parts.port}")
        else:
            addresses.append(address.strip())
    return ",".join(addresses)


async def _first(*waits: Awaitable[object]) -> None:
    """Return when the first of several waits is over; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
