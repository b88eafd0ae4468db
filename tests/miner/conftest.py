"""A subnet for miners' tests: real wallets, a chain, real HTTP on loopback."""

import asyncio
import json
import shutil
from dataclasses import dataclass

import aiohttp
import pytest
import pytest_asyncio

from cgp.chain import (
    FAST,
    add_stake,
    advance,
    create_wallet,
    embedded_client,
    genesis,
    open_chain,
    register,
)
from cgp.config import Settings
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.protocol import TASK_PATH, TaskRequest, encode_task
from cgp.signing import sign_request
from miner.service import MinerService

WINDOW = Conversation(
    id="c",
    source="test",
    participants=(Participant("Ada"), Participant("Grace")),
    turns=(
        Turn(0, "The solar panels on the roof produce more power than the school needs."),
        Turn(1, "Then let us sell the surplus to the grid. Who negotiates the feed-in tariff?"),
        Turn(0, "I will call the energy company about the tariff and the meter tomorrow."),
    ),
)


class SpeakingAnnotator:
    """Tags a window with its longest words. ``before`` runs first: slow, failing, blocking, ..."""

    name = "speaking/1"

    def __init__(self, before=None):
        self.calls = 0
        self._before = before

    async def annotate(self, conversation, *, max_tags, purpose="window"):
        self.calls += 1
        if self._before is not None:
            await self._before()
        words = {word.strip(".,?") for turn in conversation.turns for word in turn.text.split()}
        tags = sorted(words, key=lambda word: (-len(word), word))[:max_tags]
        return Metadata(
            tags=tuple(map(Tag, tags)),
            profiles=tuple(
                ParticipantProfile(speaker, (Claim("topic", tags[0], (0,)),))
                for speaker in conversation.speakers
            ),
        )

    async def close(self):
        pass


@dataclass
class Reply:
    status: int
    headers: dict
    body: bytes
    request_headers: dict
    request_body: bytes

    @property
    def error(self):
        return json.loads(self.body)["error"]


class Caller:
    """A validator's end of the wire."""

    def __init__(self, http, miner, keypair):
        self.http = http
        self.miner = miner
        self.keypair = keypair

    def task(self, **changes):
        fields = {
            "task_id": "t-1",
            "window": WINDOW,
            "max_tags": 8,
            "embedder": default_embedder().id,
            "deadline_seconds": 10.0,
        }
        return encode_task(TaskRequest(**fields | changes))

    async def send(self, body, headers=None, path=TASK_PATH):
        signed = sign_request(
            self.keypair, method="POST", path=path, body=body, receiver=self.miner.hotkey
        )
        headers = signed | (headers or {})
        async with self.http.post(self.miner.url + path, data=body, headers=headers) as reply:
            return Reply(reply.status, dict(reply.headers), await reply.read(), headers, body)

    async def ask(self, **changes):
        return await self.send(self.task(**changes))

    async def health(self):
        async with self.http.get(self.miner.url + "/healthz") as reply:
            return reply.status, await reply.json()


@pytest.fixture(scope="session")
def wallets(tmp_path_factory):
    """Wallets in a temporary folder, by their hotkey's name."""
    folder = tmp_path_factory.mktemp("wallets")
    names = ("owner", "miner", "validator", "poor", "plain", "stranger")
    return {name: create_wallet(folder, "cold", name) for name in names}


@pytest.fixture(scope="session")
def registered(wallets, tmp_path_factory):
    """An embedded chain with everybody but the stranger, past the epoch that gives permits.

    Miner and plain have no stake, validator has 5,000 TAO, poor has 1,500.
    """
    file = tmp_path_factory.mktemp("chain") / "chain.sqlite"
    asyncio.run(_populate(file, wallets))
    return file


async def _populate(file, wallets):
    owner = wallets["owner"]
    genesis(
        file,
        netuid=18,
        owner_hotkey=owner.hotkey.ss58_address,
        owner_coldkey=owner.coldkeypub.ss58_address,
        balances={owner.coldkeypub.ss58_address: 100_000},
        block_seconds=1,
    )
    async with embedded_client(file) as client:
        for name in ("miner", "validator", "poor", "plain"):
            await register(client, wallets[name], netuid=18)
        await add_stake(client, wallets["validator"], netuid=18, tao=5_000)
        await add_stake(client, wallets["poor"], netuid=18, tao=1_500)
    await advance(file, FAST.rules.tempo + 1)


class Line:
    """The miner's line to the embedded chain, which a test can cut."""

    def __init__(self, chain, file):
        self.file = file
        self.away = False
        self._chain = chain

    def __getattr__(self, name):
        return getattr(self._chain, name)

    async def metagraph(self):
        if self.away:
            raise ConnectionError("nobody answers")
        return await self._chain.metagraph()

    async def serve_again(self, ip, port):
        """Advertise as another process with this hotkey would, as soon as the chain takes it."""
        await advance(self.file, FAST.rules.serving_rate_limit)
        await self._chain.serve(ip, port)


@pytest_asyncio.fixture
async def chain(registered, wallets, tmp_path):
    """The miner's view of a chain of this test alone."""
    for part in registered.parent.glob("chain.sqlite*"):
        shutil.copy(part, tmp_path)
    file = tmp_path / registered.name
    local = Settings(_env_file=None, subtensor={"network": "local", "chain_file": file})
    async with open_chain(local, wallets["miner"]) as opened:
        yield Line(opened, file)


def make_settings(data_dir, **miner):
    options = {"minimum_stake": 2_000.0, "refresh_seconds": 0.02} | miner
    return Settings(
        _env_file=None,
        data_dir=data_dir,
        axon={"host": "127.0.0.1", "port": 0},
        miner=options,
    )


@pytest.fixture
def settings_of(tmp_path):
    """Return a function that makes a miner's settings."""
    return lambda **miner: make_settings(tmp_path / "data", **miner)


@pytest.fixture
def open_miner(wallets, chain, settings_of):
    """Return a function that makes a miner: ``async with open_miner(annotator, queue=1) as miner``."""

    def open_miner(annotator=None, **options):
        return MinerService(
            settings_of(**options),
            wallets["miner"],
            chain,
            annotator or SpeakingAnnotator(),
            default_embedder(),
        )

    return open_miner


@pytest_asyncio.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def calling(wallets, http):
    """Return a function that makes the validator's (or another's) end of the wire to a miner."""

    def calling(miner, name="validator"):
        return Caller(http, miner, wallets[name].hotkey)

    return calling


@pytest.fixture
def annotating():
    """Return a function that makes an annotator which first awaits ``before()``."""
    return SpeakingAnnotator


@pytest.fixture
def window():
    return WINDOW
