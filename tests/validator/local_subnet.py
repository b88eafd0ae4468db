"""A whole subnet in one process for tests: embedded chain, wallets, real miners, a validator."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
import bittensor as bt

from cgp.annotators.embedded import EmbeddedAnnotator
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
from cgp.scoring import default_rule
from cgp.store import Store
from miner.service import MinerService
from validator.service import Validator

NETUID = 18


@dataclass
class LocalSubnet:
    """Wallets registered on an embedded chain; the validator has a permit."""

    folder: Path
    validator: bt.Wallet
    miners: list[bt.Wallet]
    events: list[object] = field(default_factory=list)

    def settings(self, data="data", **sections) -> Settings:
        defaults = {
            "netuid": NETUID,
            "data_dir": self.folder / data,
            "subtensor": {"network": "local", "chain_file": self.folder / "chain.sqlite"},
            "axon": {"host": "127.0.0.1", "port": 0},
            "wallet": {"name": "validator", "hotkey": "default", "path": self.folder / "wallets"},
        }
        # A test whose subject is no deadline must not fail because the machine is busy.
        sections["validator"] = {"deadline_seconds": 60.0} | sections.get("validator", {})
        return Settings(_env_file=None, **defaults | sections)

    @asynccontextmanager
    async def mining(self, wallets=None, annotator=EmbeddedAnnotator):
        """Run real miners."""
        async with AsyncExitStack() as stack:
            for wallet in self.miners if wallets is None else wallets:
                settings = self.settings()
                chain = await stack.enter_async_context(open_chain(settings, wallet))
                await stack.enter_async_context(
                    MinerService(settings, wallet, chain, annotator(), default_embedder())
                )
            yield

    async def advertise(self, wallet, port: int) -> None:
        """Advertise a server of the test's own."""
        async with open_chain(self.settings(), wallet) as chain:
            await chain.serve("127.0.0.1", port)

    @asynccontextmanager
    async def validating(
        self, settings: Settings, conversations=(), annotator=None, sever=None, rule=None, **more
    ):
        """Open a store with ``conversations`` and a validator over it: ``(validator, store)``."""
        store = Store(settings.store_url)
        store.add_conversations(conversations)
        embedder = default_embedder()
        try:
            async with open_chain(settings, self.validator) as chain:
                validator = Validator(
                    settings,
                    self.validator,
                    sever(chain) if sever else chain,
                    store,
                    annotator or EmbeddedAnnotator(),
                    embedder,
                    rule or default_rule(embedder),
                    notify=self.events.append,
                    **more,
                )
                yield validator, store
        finally:
            store.close()


def talk(number, turns=24):
    """Return a conversation that is cut into many small windows, so that its scoring is quick."""
    subjects = ("turbine", "harbour", "ferry", "lighthouse", "sandbank", "tide table")
    return Conversation(
        f"talk-{number}",
        "test",
        (Participant("Ann"), Participant("Bo")),
        tuple(
            Turn(i % 2, f"On day {number} the {subjects[i % 6]} {i} was repaired by the crew.")
            for i in range(turns)
        ),
    )


async def until(condition, running, seconds=240.0):
    """Wait until ``condition()`` holds; ``running`` must not end before."""
    async with asyncio.timeout(seconds):
        while not condition():
            if running.done():
                raise AssertionError(f"it ended too early: {running.result()}")
            await asyncio.sleep(0.01)


def small(identifier, turns=4, text="the tide turbine in the strait needs a new gearbox"):
    """Return a conversation of a few turns, which differ by number."""
    return Conversation(
        identifier,
        "test",
        (Participant("Ann"), Participant("Bo")),
        tuple(Turn(i % 2, f"{text}, said {identifier} for the {i}. time") for i in range(turns)),
    )


def problems(validator):
    """Return the names of what is wrong with a validator."""
    return [problem.name for problem in validator.condition.problems()]


async def health_of(validator):
    """Return the status and the document of a validator's health page."""
    url = f"http://127.0.0.1:{validator.health_port}/healthz"
    async with aiohttp.ClientSession() as http, http.get(url) as reply:
        return reply.status, await reply.json()


async def make_subnet(folder: Path, miners: int, **rules) -> LocalSubnet:
    """Make a chain with an owner, a staked validator with a permit, and ``miners`` miners."""
    wallets = folder / "wallets"
    owner = create_wallet(wallets, "owner")
    validator = create_wallet(wallets, "validator")
    mining = [create_wallet(wallets, f"miner-{i}") for i in range(miners)]
    chain_file = folder / "chain.sqlite"
    genesis(
        chain_file,
        netuid=NETUID,
        owner_hotkey=owner.hotkey.ss58_address,
        owner_coldkey=owner.coldkey.ss58_address,
        balances={w.coldkey.ss58_address: 100_000.0 for w in (owner, validator, *mining)},
        block_seconds=rules.pop("block_seconds", 0.1),
        hyperparameters=replace(FAST.rules, **rules),
    )
    async with embedded_client(chain_file) as client:
        for wallet in (validator, *mining):
            await register(client, wallet, netuid=NETUID)
        await add_stake(client, validator, netuid=NETUID, tao=5_000)
    await advance(chain_file, 200)
    return LocalSubnet(folder, validator, mining)
