"""Fixtures of the tests of chat: a gateway with real HTTP and real NATS, and workers that dial it."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
import openai
import pytest
from pydantic import SecretStr

from cgp.api.server import background_server
from cgp.chat.backends.openai_server import OpenAIServer
from cgp.chat.gateway import LIMITS, opened_gateway
from cgp.chat.worker import run_worker
from cgp.config import Settings
from cgp.jobs import Timing
from tests.kit.chat_backend import ChatBackend

QUICK = Timing(beat=0.1, lease=1.5, here=0.3, absent=1.5, keep=0.3, orphan=3.0, grace=0.1)


def settings_for(folder, **sections):
    """Return settings with a data folder of their own; sections come as dicts."""
    base = Settings(_env_file=None, data_dir=folder)
    given = {"nats": {"port": 0}, "gateway": {"port": 0}}
    for name, values in sections.items():
        given[name] = given.get(name, {}) | values
    changes = {
        name: type(getattr(base, name))(**(getattr(base, name).model_dump() | values))
        for name, values in given.items()
    }
    return base.model_copy(update=changes)


@dataclass
class Chat:
    """A running gateway; ``worker`` and ``client`` add what a test needs."""

    gateway: object
    folder: object
    stack: AsyncExitStack

    @property
    def url(self):
        return self.gateway.url

    @property
    def desk(self):
        return self.gateway.desk

    async def backend(self, **options):
        return await self.stack.enter_async_context(ChatBackend(**options).running())

    async def worker(self, backend, name="w", key=None, keypair=None, server=None, **options):
        """Start a worker in front of a backend; return its id when the gateway knows it.

        ``server`` is the worker's backend where it is none of OpenAI's protocol.
        """
        values = {"gateway": self.url, "name": name, "base_url": backend.url} | options
        if key is not None:
            values["api_key"] = SecretStr(key)
        settings = settings_for(self.folder / name, worker=values)
        server = server or OpenAIServer(backend.url)
        self.stack.push_async_callback(server.close)
        stopping, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
        task = asyncio.create_task(
            run_worker(
                settings, server, stopping, keypair=keypair, timing=QUICK, on_ready=ready.set_result
            )
        )
        self.stack.push_async_callback(self._end, task, stopping)
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        worker = ready.result()
        await self.settled(lambda: worker in self.desk.jobs.workers())
        return worker, stopping, task

    def client(self, key="none", **options):
        client = openai.AsyncOpenAI(
            base_url=f"{self.url}/v1", api_key=key, max_retries=0, **options
        )
        self.stack.push_async_callback(client.close)
        return client

    async def post(self, body, path="/v1/chat/completions", headers=None, data=None):
        """Send a request; return status, headers and document."""
        headers = {"Content-Type": "application/json"} | (headers or {})
        async with aiohttp.ClientSession() as session:
            given = {"data": data} if data is not None else {"json": body}
            async with session.post(self.url + path, headers=headers, **given) as response:
                return response.status, response.headers, await response.json(content_type=None)

    async def settled(self, condition, seconds=60.0):
        async with asyncio.timeout(seconds):
            while True:
                if condition():
                    return
                await asyncio.sleep(0.01)

    @staticmethod
    async def _end(task, stopping):
        stopping.set()
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def background_gateway(opened, folder):
    """Serve an opened gateway while the context lasts."""
    async with (
        opened as gateway,
        AsyncExitStack() as stack,
        background_server(gateway.app, gateway.bound, limits=LIMITS),
    ):
        try:
            yield Chat(gateway, folder, stack)
        finally:
            await stack.aclose()


@asynccontextmanager
async def opened_chat(folder, *, asks_for_keys=False, **sections):
    settings = settings_for(folder / "gateway", **sections)
    opened = opened_gateway(settings, asks_for_keys=asks_for_keys, timing=QUICK)
    async with background_gateway(opened, folder) as running:
        yield running


@pytest.fixture
async def chat(tmp_path):
    async with opened_chat(tmp_path) as running:
        yield running


def hello(**changes):
    """Return a request."""
    return {"model": "m", "messages": [{"role": "user", "content": "Hello?"}]} | changes
