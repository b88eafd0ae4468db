"""A whole subnet on one machine: made, run over conversations, read back, and taken down."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TypeAlias

from cgp import samples
from cgp.chain import Metagraph, open_chain
from cgp.config import DEFAULT_NETUID, Settings, SubtensorSettings
from cgp.conversation import Conversation
from cgp.conversation_json import read_conversations
from cgp.localnet.processes import LocalnetError, NeuronProcess
from cgp.localnet.progress import Progress, read_progress
from cgp.localnet.setup import Folder, Keys, make_subnet
from cgp.localnet.summary import Summary, conversation_summaries, miner_summaries
from cgp.store import Store

logger = logging.getLogger(__name__)

Observer: TypeAlias = Callable[[Progress], None]

MAX_MINERS = 64
START_SECONDS = 90.0
WEIGHTS_SECONDS = 60.0
_POLL_SECONDS = 0.25

# Miners that differ, so that there is something to score: some look for fewer tags than others. All
# of them are the program that runs on mainnet.
_MINER_TAGS = (12, 8, 5)


@dataclass(frozen=True, slots=True)
class LocalnetOptions:
    """What to run. ``conversations`` None: the bundled samples; ``limit`` None: all of them.

    ``keep`` continues with the wallets, chain and store of the last run in ``folder``. ``use_llm``
    annotates with the model that ``LLM_TYPE`` names rather than with the embedded annotator.
    """

    folder: Path
    conversations: Path | None = None
    limit: int | None = None
    miners: int = 3
    keep: bool = False
    use_llm: bool = False


async def run_localnet(options: LocalnetOptions, observe: Observer = lambda _: None) -> Summary:
    """Run a network until every conversation is processed and weights are on chain; sum it up.

    ``observe`` hears of every step. Processes are stopped before this returns or raises, also where
    the task is cancelled.

    Raises:
        LocalnetError: if the network cannot go on.
        ConversationError, FileNotFoundError: if the conversations cannot be read.
    """
    if not 1 <= options.miners <= MAX_MINERS:
        raise LocalnetError(f"miners must be 1 to {MAX_MINERS}, not {options.miners}")
    started = time.monotonic()
    conversations = _conversations(options)
    folder = Folder(options.folder.absolute())
    with folder.locked():
        observe(Progress("making the chain and the wallets"))
        if not options.keep:
            folder.clear()
        keys = await make_subnet(folder, options.miners)
        store = Store(folder.store_url)
        try:
            observe(Progress("reading conversations"))
            await asyncio.to_thread(store.add_conversations, conversations)
            network = _Network(options, folder, keys, store, observe)
            async with network.running() as neurons:
                weights, metagraph = await network.work(neurons)
            return await asyncio.to_thread(
                network.summary, weights, metagraph, time.monotonic() - started
            )
        finally:
            store.close()


class _Network:
    """The processes of one run, and what comes of them."""

    def __init__(
        self,
        options: LocalnetOptions,
        folder: Folder,
        keys: Keys,
        store: Store,
        observe: Observer,
    ) -> None:
        self._options = options
        self._folder = folder
        self._keys = keys
        self._store = store
        self._observe = observe
        self._validator = keys.validator.hotkeypub.ss58_address
        self._settings = Settings(
            netuid=DEFAULT_NETUID,
            subtensor=SubtensorSettings(network="local", chain_file=folder.chain),
            data_dir=folder.path,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Sequence[NeuronProcess]]:
        """Start all neurons; stop them at the end, whatever happens."""
        neurons: list[NeuronProcess] = []
        try:
            self._observe(Progress(f"starting {self._options.miners} miners"))
            for i in range(self._options.miners):
                # One at a time into the list, so that those that started are stopped if one does not.
                neurons.append(await self._start_miner(i))  # noqa: PERF401
            await self._until_served(neurons)
            self._observe(Progress("starting the validator"))
            neurons.append(await self._start_validator())
            yield neurons
        finally:
            # The validator first, so that no miner vanishes under its eyes.
            for neuron in reversed(neurons):
                neuron.ask_to_stop()
            await asyncio.gather(*(neuron.stop() for neuron in neurons))

    async def work(self, neurons: Sequence[NeuronProcess]) -> tuple[Mapping[int, float], Metagraph]:
        """Watch until every conversation has ended and weights made after that are on chain.

        Returns the weights that were read back (empty if there were none in time) and the metagraph.
        """
        deadline: float | None = None
        async with open_chain(self._settings, self._keys.validator) as subnet:
            while True:
                progress = await asyncio.to_thread(read_progress, self._store, "tagging")
                if progress.finished:
                    progress = await asyncio.to_thread(
                        read_progress, self._store, "waiting for weights"
                    )
                    metagraph = await subnet.metagraph()
                    uid = metagraph.by_hotkey[self._validator].uid
                    weights = await subnet.weights_of(uid)
                    if weights and self._store.weights_are_current(self._validator):
                        return weights, metagraph
                    deadline = deadline or time.monotonic() + WEIGHTS_SECONDS
                    if time.monotonic() > deadline:
                        return {}, metagraph
                self._observe(progress)
                for neuron in neurons:
                    neuron.check()
                await asyncio.sleep(_POLL_SECONDS)

    def summary(
        self, weights: Mapping[int, float], metagraph: Metagraph, seconds: float
    ) -> Summary:
        """Return what the run came to. Blocks: reads the store."""
        progress = read_progress(self._store, "done")
        self._observe(progress)
        return Summary(
            conversations=conversation_summaries(self._store),
            processed=progress.conversations_done,
            windows=progress.windows_done,
            answers=progress.answers,
            weights_set=bool(weights),
            block=metagraph.block,
            seconds=seconds,
            miners=miner_summaries(self._store, metagraph, self._validator, weights),
            store=self._folder.store,
        )

    async def _until_served(self, neurons: Sequence[NeuronProcess]) -> None:
        """Wait until every miner is advertised on chain.

        Raises:
            LocalnetError: if one ends, or takes too long.
        """
        hotkeys = {wallet.hotkeypub.ss58_address for wallet in self._keys.miners}
        deadline = time.monotonic() + START_SECONDS
        async with open_chain(self._settings, self._keys.validator) as subnet:
            while True:
                for neuron in neurons:
                    neuron.check()
                metagraph = await subnet.metagraph()
                if hotkeys <= {n.hotkey for n in metagraph.neurons if n.axon is not None}:
                    return
                if time.monotonic() > deadline:
                    raise LocalnetError(
                        f"the miners did not serve within {START_SECONDS:.0f} s; "
                        f"see {self._folder.log('miner-1').parent}"
                    )
                await asyncio.sleep(_POLL_SECONDS)

    async def _start_miner(self, index: int) -> NeuronProcess:
        name = f"miner-{index + 1}"
        flags = [
            *self._flags(name),
            *("--axon.host", "127.0.0.1", "--axon.port", "0"),
            *("--miner.max_tags", str(_MINER_TAGS[index % len(_MINER_TAGS)])),
            *("--miner.refresh_seconds", "1"),
        ]
        return await NeuronProcess.start(
            name, "miner", flags, self._environment(), self._folder.log(name)
        )

    async def _start_validator(self) -> NeuronProcess:
        flags = [
            *self._flags("validator"),
            *("--validator.refresh_seconds", "1", "--validator.poll_seconds", "0.5"),
        ]
        return await NeuronProcess.start(
            "validator", "validator", flags, self._environment(), self._folder.log("validator")
        )

    def _flags(self, wallet: str) -> list[str]:
        return [
            *("--netuid", str(DEFAULT_NETUID)),
            *("--subtensor.network", "local"),
            *("--subtensor.chain_file", str(self._folder.chain)),
            *("--wallet.path", str(self._folder.wallets)),
            *("--wallet.name", wallet, "--wallet.hotkey", "default"),
            *("--data_dir", str(self._folder.path)),
            *([] if self._options.use_llm else ["--llm.type", "embedded"]),
        ]

    def _environment(self) -> dict[str, str]:
        """Return variables that keep a child to this folder, whatever .env says."""
        return {"DATABASE_URL": self._folder.store_url, "LOG_FORMAT": "text"}


def _conversations(options: LocalnetOptions) -> Iterator[Conversation]:
    """Return the conversations to run over; the first is read at once.

    Raises:
        LocalnetError: if there are none.
    """
    source: Iterator[Conversation] = (
        iter(samples.load())
        if options.conversations is None
        else read_conversations(options.conversations)
    )
    limited = islice(source, options.limit)
    first = next(limited, None)
    if first is None:
        raise LocalnetError(f"{options.conversations or 'the samples'}: no conversations")
    return chain([first], limited)
