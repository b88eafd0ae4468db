"""A whole subnet on one machine: made, run over conversations, read back, and taken down."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple, TypeAlias

from cgp.annotators.choose import open_annotator
from cgp.annotators.spec import split_specs
from cgp.chain import FAST, Metagraph, Profile, has_waiting_commits, open_chain
from cgp.chain.metagraph import Chain
from cgp.config import DEFAULT_NETUID, Settings, SubtensorSettings
from cgp.counts import counted
from cgp.localnet.miners import OWN_WALLET, Miner, miners_of, patience_flags
from cgp.localnet.pages import Web, make_index, serving_pages
from cgp.localnet.processes import LocalnetError, NeuronProcess
from cgp.localnet.progress import Progress, read_progress
from cgp.localnet.reports import ReportReader, Reports, trouble_in
from cgp.localnet.setup import Folder, Keys, add_conversations, make_subnet
from cgp.localnet.summary import Summary, conversation_summaries, finished_ids, miner_summaries
from cgp.localnet.watch import VALIDATOR, watch_over
from cgp.miner_names import MinerNames, add_miner_names
from cgp.privacy import policy_of
from cgp.sources.importing import ImportReport
from cgp.sources.reading import Read
from cgp.store import Store

logger = logging.getLogger(__name__)

Observer: TypeAlias = Callable[[Progress], None]
Reader: TypeAlias = Callable[[Summary], None]

START_SECONDS = 90.0
WEIGHTS_SECONDS = 60.0
"""Time that weights may take beyond that of the chain's own rules."""
_POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class LocalnetOptions:
    """Settings of a run, which continues with the wallets, chain and store in ``folder``.

    ``records`` are imported into the store; None: the first ``limit`` of the bundled samples,
    unless the store holds others. ``fresh`` erases the remains of earlier runs. ``truth`` names
    the annotators of the ground truth, in the form of ``VALIDATOR_TRUTH_ANNOTATORS``. Without it,
    and for a miner without an annotator, the settings decide (``LLM_TYPE``), as on mainnet.
    ``stay`` keeps the network up for new conversations, and for a miner with the wallet ``own``,
    until the task is cancelled.
    """

    folder: Path
    records: Sequence[Read] | None = None
    limit: int | None = None
    miners: Sequence[Miner] = field(default_factory=lambda: miners_of(()))
    truth: str | None = None
    fresh: bool = False
    profile: Profile = FAST
    web: Web | None = None
    stay: bool = False


async def run_localnet(
    options: LocalnetOptions,
    observe: Observer = lambda _: None,
    read: Reader = lambda _: None,
) -> Summary:
    """Run a network until every conversation is processed and weights are on chain; sum it up.

    ``observe`` hears of every step. ``read`` gets the sum each time that a network that stays has
    done its work. Processes are stopped before this returns or raises, also where the task is
    cancelled.

    Raises:
        LocalnetError: if the network cannot go on.
        AnnotationError: if an annotator cannot be made; then nothing was touched.
    """
    await _check_annotators(options)
    start = time.monotonic()
    folder = Folder(options.folder.absolute())
    with folder.lock():
        observe(Progress("making the chain and the wallets"))
        if options.fresh:
            folder.clear()
        names = [miner.name for miner in options.miners]
        keys = await make_subnet(folder, [*names, *_seats(options)], options.profile)
        store = Store(folder.store_url)
        try:
            observe(Progress("reading conversations"))
            imported = await asyncio.to_thread(
                add_conversations, store, options.records, options.limit
            )
            network = _Network(options, folder, keys, store, observe)
            # The pages first: there is something to look at while the neurons start.
            async with network.pages(), network.running() as neurons:
                while True:
                    outcome = await network.work(neurons)
                    seconds = time.monotonic() - start
                    summary = await asyncio.to_thread(network.summary, outcome, imported, seconds)
                    await network.finish()
                    if not options.stay:
                        return summary
                    read(summary)
                    await network.until_new_work(neurons)
        finally:
            store.close()


class WorkOutcome(NamedTuple):
    """End of a run: ``weights`` as read back, by uid, are empty if there were none in time."""

    weights: Mapping[int, float]
    metagraph: Metagraph
    reports: Reports


class _Network:
    """The processes of one run, and their results."""

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
        hotkeys = [wallet.hotkeypub.ss58_address for wallet in keys.miners]
        count = len(options.miners)
        self._names = {
            hotkey: miner.name
            for hotkey, miner in zip(hotkeys[:count], options.miners, strict=True)
        }
        # Miners that a person starts: they may come, go, and come again.
        self._seats = dict(zip(hotkeys[count:], _seats(options), strict=True))
        add_miner_names(folder.path, self._names | self._seats)
        self._done_before = finished_ids(store)
        self._permitted = False
        self._health_port = _free_port()
        self._settings = Settings(
            netuid=DEFAULT_NETUID,
            subtensor=SubtensorSettings(network="local", chain_file=folder.chain),
            data_dir=folder.path,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Sequence[NeuronProcess]]:
        """Start all neurons; stop them at the end in any case."""
        neurons: list[NeuronProcess] = []
        try:
            self._observe(Progress(f"starting {counted(len(self._options.miners), 'miner')}"))
            for miner in self._options.miners:
                # One at a time into the list, so that those that started are stopped if one does
                # not.
                neurons.append(await self._start_miner(miner))  # noqa: PERF401
            await self._until_served(neurons)
            self._observe(Progress("starting the validator"))
            neurons.append(await self._start_validator())
            yield neurons
        finally:
            # The validator first, so that no miner vanishes under its eyes.
            for neuron in reversed(neurons):
                neuron.ask_to_stop()
            await asyncio.gather(*(neuron.stop() for neuron in neurons))

    @asynccontextmanager
    async def pages(self) -> AsyncIterator[None]:
        """Serve the explorer's pages, where they are wished for."""
        web = self._options.web
        if web is None:
            yield
            return
        self._observe(Progress("starting the pages"))
        environment = self._environment()
        async with serving_pages(self._folder, environment, web, self._health_port):
            yield

    async def finish(self) -> None:
        """Index the conversations for the pages, where there are any."""
        if self._options.web is not None:
            self._observe(Progress("making the index"))
            await make_index(self._folder, self._environment())

    async def until_new_work(self, neurons: Sequence[NeuronProcess]) -> None:
        """Wait until there is a conversation that has not ended.

        Raises:
            LocalnetError: if a neuron ends.
        """
        while (await asyncio.to_thread(read_progress, self._store, "staying")).is_finished:
            for neuron in neurons:
                neuron.check()
            await asyncio.sleep(1)

    async def work(self, neurons: Sequence[NeuronProcess]) -> WorkOutcome:
        """Watch until every conversation has ended and weights made after that are on chain.

        Raises:
            LocalnetError: if a neuron ends, or the ground truth fails and fails.
        """
        deadline: float | None = None
        watch = watch_over(self._options.profile, stays=self._options.stay)
        async with open_chain(self._settings, self._keys.validator) as subnet:
            reader = ReportReader(self._addresses(await subnet.metagraph()))
            while True:
                stage = await self._stage(subnet)
                progress = await asyncio.to_thread(read_progress, self._store, stage)
                if watch.due:
                    watch.see(progress, await reader.read())
                if progress.is_finished:
                    progress = await asyncio.to_thread(
                        read_progress, self._store, "waiting for weights"
                    )
                    metagraph = await subnet.metagraph()
                    uid = metagraph.by_hotkey[self._validator].uid
                    weights = await subnet.weights_of(uid)
                    deadline = deadline or time.monotonic() + _weights_seconds(
                        self._options.profile
                    )
                    current = bool(weights) and await self._weights_are_current()
                    if current or time.monotonic() > deadline:
                        return WorkOutcome(
                            weights if current else {}, metagraph, await reader.read()
                        )
                self._observe(replace(progress, trouble=watch.trouble))
                for neuron in neurons:
                    neuron.check()
                await asyncio.sleep(_POLL_SECONDS)

    def summary(self, outcome: WorkOutcome, imported: ImportReport, seconds: float) -> Summary:
        """Return the results of the run. Blocks: reads the store."""
        weights, metagraph, reports = outcome
        earlier = self._done_before.difference(imported.first_ids)
        progress = read_progress(self._store, "done")
        self._observe(replace(progress, trouble=trouble_in(reports)))
        miners = {
            hotkey: (miner, reports.get(miner.name, ()))
            for hotkey, miner in zip(self._names, self._options.miners, strict=True)
        }
        miners |= {
            hotkey: (Miner(name), reports[name])
            for hotkey, name in self._seats.items()
            if name in reports
        }
        names = MinerNames(self._folder.path)
        return Summary(
            imported=imported,
            conversations=conversation_summaries(
                self._store, policy_of(self._settings), earlier=earlier
            ),
            conversations_done=progress.conversations_done,
            done_before=len(self._done_before),
            windows=progress.windows_done,
            answers=progress.answers,
            weights_set=bool(weights),
            block=metagraph.block,
            seconds=seconds,
            miners=miner_summaries(
                self._store, metagraph, self._validator, weights, miners, names=names
            ),
            truth=tuple(reports.get(VALIDATOR, ())),
            truth_annotators=self._store.truth_annotators(),
            store=self._folder.store,
        )

    async def _stage(self, subnet: Chain) -> str:
        """Return the stage of the run: without a permit, which an epoch gives, no miner answers."""
        if not self._permitted:
            neuron = (await subnet.metagraph()).by_hotkey[self._validator]
            self._permitted = neuron.validator_permit
        return "tagging" if self._permitted else "waiting for the epoch that gives the permit"

    async def _weights_are_current(self) -> bool:
        """Tell whether the weights on chain are made of all scores: set after them, and
        revealed.
        """
        if not await asyncio.to_thread(self._store.weights_are_current, self._validator):
            return False
        return not await has_waiting_commits(self._folder.chain, DEFAULT_NETUID)

    def _addresses(self, metagraph: Metagraph) -> dict[str, str]:
        """Return where each neuron tells its health, by its name."""
        addresses = {
            name: f"http://{neuron.axon}"
            for hotkey, name in (self._names | self._seats).items()
            if (neuron := metagraph.by_hotkey.get(hotkey)) is not None and neuron.axon
        }
        return addresses | {VALIDATOR: f"http://127.0.0.1:{self._health_port}"}

    async def _until_served(self, neurons: Sequence[NeuronProcess]) -> None:
        """Wait until every miner answers where the chain says that it is.

        The address of an earlier run is still there until a miner has advertised its new one.

        Raises:
            LocalnetError: if one ends, or takes too long.
        """
        # The validator starts last, so that its first look finds every miner.
        deadline = time.monotonic() + START_SECONDS
        async with open_chain(self._settings, self._keys.validator) as subnet:
            while True:
                for neuron in neurons:
                    neuron.check()
                metagraph = await subnet.metagraph()
                if set(self._names.values()) <= set(
                    await ReportReader(self._addresses(metagraph)).read()
                ):
                    return
                if time.monotonic() > deadline:
                    raise LocalnetError(
                        f"the miners did not serve within {START_SECONDS:.0f} s; "
                        f"see {self._folder.log(VALIDATOR).parent}"
                    )
                await asyncio.sleep(_POLL_SECONDS)

    async def _start_miner(self, miner: Miner) -> NeuronProcess:
        flags = [
            *self._flags(miner.name),
            *("--axon.host", "127.0.0.1", "--axon.port", "0"),
            *("--miner.refresh_seconds", "1"),
            *miner.flags,
            *patience_flags(),
        ]
        return await NeuronProcess.start(
            miner.name, "miner", flags, self._environment(), self._folder.log(miner.name)
        )

    async def _start_validator(self) -> NeuronProcess:
        flags = [
            *self._flags(VALIDATOR),
            *("--validator.refresh_seconds", "1", "--validator.poll_seconds", "0.5"),
            *("--validator.health_host", "127.0.0.1"),
            *("--validator.health_port", str(self._health_port)),
        ]
        if self._options.truth is not None:
            flags += ["--validator.truth_annotators", self._options.truth]
        return await NeuronProcess.start(
            VALIDATOR, "validator", flags, self._environment(), self._folder.log(VALIDATOR)
        )

    def _flags(self, wallet: str) -> list[str]:
        return [
            *("--netuid", str(DEFAULT_NETUID)),
            *("--subtensor.network", "local"),
            *("--subtensor.chain_file", str(self._folder.chain)),
            *("--wallet.path", str(self._folder.wallets)),
            *("--wallet.name", wallet, "--wallet.hotkey", "default"),
            *("--data_dir", str(self._folder.path)),
        ]

    def _environment(self) -> dict[str, str]:
        """Return variables that keep a child to this folder, also where .env names another."""
        # Variables beat .env: a child must not write into the operator's own store.
        return {"DATABASE_URL": self._folder.store_url, "LOG_FORMAT": "text"}


def _seats(options: LocalnetOptions) -> tuple[str, ...]:
    """Return the names of the wallets of miners that a person starts."""
    return (OWN_WALLET,) if options.stay else ()


def _weights_seconds(profile: Profile) -> float:
    """Return the seconds until the last weights are on chain at the latest: set, and revealed."""
    rules = profile.rules
    blocks = rules.weights_rate_limit
    if rules.commit_reveal_weights_enabled:
        # A commit is revealed when its epoch, and the periods after it, are over.
        blocks += rules.tempo * (1 + rules.commit_reveal_period)
    return WEIGHTS_SECONDS + blocks * profile.block_seconds


async def _check_annotators(options: LocalnetOptions) -> None:
    """Make each annotator once, so that a wrong one is named before anything is touched."""
    settings = Settings().model_copy(update={"data_dir": options.folder.absolute()})
    specs = {miner.annotator for miner in options.miners}
    specs |= set(split_specs(options.truth or settings.validator.truth_annotators)) or {None}
    for spec in specs:
        async with open_annotator(settings, spec):
            pass


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
