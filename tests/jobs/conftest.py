"""Fixtures of the tests of jobs: a NATS server, a gateway's connection and workers' connections."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from cgp.jobs import Job, JobKind, Jobs, Offer, Timing
from cgp.jobs.nats_server import NatsServer, ServerPlace, nats_server
from cgp.jobs.users import Role, User, own_seed, owner_token, public_key_of

QUICK = Timing(beat=0.1, lease=1.5, here=0.2, absent=1.5, keep=0.2, orphan=1.5, grace=0.1)
OWNER = owner_token("ann")


def chat(text="hello"):
    return Job(JobKind.CHAT, {"model": "m", "messages": [{"role": "user", "content": text}]})


def offer(slots=1):
    return Offer("test", {JobKind.CHAT: ("m",)}, slots)


async def settled(condition, seconds=60.0):
    """Wait until a condition holds."""
    async with asyncio.timeout(seconds):
        while True:
            if condition():
                return
            await asyncio.sleep(0.01)


@dataclass
class Network:
    """A running server, and the users that it knows."""

    server: NatsServer
    folder: object
    stack: AsyncExitStack
    users: list = field(default_factory=list)

    async def enrol(self, name, role, owner=""):
        """Make a user that the server knows, and return its seed."""
        seed = own_seed(self.folder / f"{name}.seed")
        self.users.append(User(public_key_of(seed), role, owner))
        await self.server.reload(self.users)
        return seed

    async def connect(self, seed, name="test", timing=QUICK):
        opened = Jobs.connect(self.server.url, seed, name=name, timing=timing)
        return await self.stack.enter_async_context(opened)

    async def gateway(self, name="gateway"):
        jobs = await self.connect(await self.enrol(name, Role.GATEWAY))
        await jobs.listen()
        return jobs

    async def worker(self, handler, slots=1, name="worker"):
        jobs = await self.connect(await self.enrol(name, Role.WORKER, OWNER))
        service = await jobs.serve(OWNER, offer(slots), handler)
        return jobs, service


@pytest.fixture
async def network(tmp_path):
    first = User(public_key_of(own_seed(tmp_path / "first.seed")), Role.WORKER, OWNER)
    async with (
        nats_server(tmp_path / "nats", ServerPlace(), [first]) as server,
        AsyncExitStack() as stack,
    ):
        yield Network(server, tmp_path, stack, [first])
