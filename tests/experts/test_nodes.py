"""Nodes over a real NATS server: the same values as here, and a window is read whatever nodes do."""

import asyncio
import random
from dataclasses import replace

import numpy as np
import pytest

from cgp.experts.block import Kind
from cgp.experts.gate import GATE_INPUTS, LANGUAGES, Gate
from cgp.experts.ledger import Ledger
from cgp.experts.nodes import (
    DistributedReader,
    ExpertNode,
    NodeChoice,
    Place,
    Usage,
    UsageBook,
    wire,
)
from cgp.experts.standing import Networks, standing_mixture
from cgp.jobs import Job, JobKind, Offer
from cgp.jobs.users import Role
from cgp.tagmodel.head import INPUTS
from tests.experts.world import Clock, good, hand_in, ledger, noise
from tests.jobs.conftest import OWNER, network, settled  # noqa: F401 - a fixture


def gate_of(language):
    """Return a gate that is open for one language alone."""
    weights = np.zeros(GATE_INPUTS + 1, dtype=np.float32)
    weights[GATE_INPUTS - len(LANGUAGES) - 1 + LANGUAGES.index(language)] = 60.0
    weights[-1] = -30.0
    return Gate(weights)


@pytest.fixture
def book(tmp_path):
    """A ledger in which three experts stand, of two languages; no judge was asked."""
    with ledger(tmp_path / "ledger", Clock()) as book:
        for name, network_, language in (
            ("language.german", good(), "de"),
            ("language.french", noise(5), "fr"),
            ("domain.german", noise(6), "de"),
        ):
            record = hand_in(book, network_, name, gate=gate_of(language))
            book.transact(
                lambda c, r=record: c.execute("INSERT INTO heads VALUES (?, ?)", (r.name, r.digest))
            )
        yield book


@pytest.fixture
def inputs():
    return np.random.default_rng(3).normal(size=(9, INPUTS))


class Nodes:
    """Nodes on the test's NATS server, and a reader that knows them."""

    def __init__(self, network_, book):
        self.network, self.book, self.gateway = network_, book, None
        self.mixture = standing_mixture(book, Networks(book))

    async def reader(self, **options):
        self.gateway = await self.network.gateway()
        options = {"draws": random.Random(1), "seconds": 1.0, **options}
        return DistributedReader(self.gateway, NodeChoice(random.Random(2)), **options)

    async def node(self, name, experts=None, backend=None):
        backend = backend or ExpertNode(Ledger.open(self.book.folder), experts)
        jobs = await self.network.connect(await self.network.enrol(name, Role.WORKER, OWNER))
        offer = Offer(name, await backend.models(), slots=8)
        await jobs.serve(OWNER, offer, backend.answer)
        if self.gateway is not None:
            await settled(lambda: jobs.public_key in self.gateway.workers())
        return jobs, backend


@pytest.fixture
def nodes(network, book):  # noqa: F811 - the fixture
    return Nodes(network, book)


class Lying(ExpertNode):
    """Gives other values than the expert does."""

    async def answer(self, job):
        async for part in super().answer(job):
            values = wire.read_answer(part, job.body["rows"])
            yield wire.answer(values + 0.1)


class Garbage(ExpertNode):
    """Answers with what are no numbers."""

    async def answer(self, job):
        yield {"values": "not numbers"}


class Slow(ExpertNode):
    """Never answers in time."""

    async def answer(self, job):
        await asyncio.sleep(60)
        yield {}


async def test_nodes_give_the_values_that_are_computed_here_and_load_what_is_routed(nodes, inputs):
    reader = await nodes.reader()
    backends = [
        (await nodes.node(name, {expert}))[1]
        for name, expert in (
            ("one", "language.german"),
            ("two", "language.french"),
            ("three", "domain.german"),
        )
    ]

    german = await reader.read(nodes.mixture, inputs, "de")
    loaded = [backend.loaded() for backend in backends]
    french = await reader.read(nodes.mixture, inputs, "fr")
    italian = await reader.read(nodes.mixture, inputs, "it")
    one = await reader.read(nodes.mixture, inputs, "de", top_k=1)
    nothing = await reader.read(nodes.mixture, inputs[:0], "de")

    local = standing_mixture(nodes.book, Networks(nodes.book))
    assert np.array_equal(german.log_odds, local.log_odds(inputs, "de"))
    assert np.array_equal(french.log_odds, local.log_odds(inputs, "fr"))
    assert [use.name for use in german.uses] == ["domain.german", "language.german"]
    assert [use.name for use in french.uses] == ["language.french"]
    assert {use.place for use in (*german.uses, *french.uses)} == {Place.NODE}
    # The French expert's node loaded nothing for a German window, and the reader nothing at all.
    assert [len(digests) for digests in loaded] == [1, 0, 1]
    assert (italian.uses, len(one.uses), nothing.uses) == ((), 1, ())
    assert not italian.log_odds.any()


async def test_a_window_is_read_though_nodes_die_one_after_the_other(nodes, inputs):
    reader = await nodes.reader()
    expected = nodes.mixture.log_odds(inputs, "fr")
    workers = [(await nodes.node(name))[0] for name in ("one", "two")]
    places = []

    for worker in (None, *workers):
        if worker is not None:
            # Without a farewell, as a machine that loses its power.
            await worker._connection.client._close(2, do_cbs=False)
        reading = await reader.read(nodes.mixture, inputs, "fr")
        assert np.array_equal(reading.log_odds, expected)
        places += [use.place for use in reading.uses]

    assert places == [Place.NODE, Place.NODE, Place.LOCAL]
    reader._has_copies = False
    nobody = await reader.read(nodes.mixture, inputs, "fr")
    assert nobody.is_degraded
    assert not nobody.log_odds.any()


async def test_a_lying_node_is_found_and_asked_no_more(nodes, inputs):
    reader = await nodes.reader(spot_share=1.0)
    expected = nodes.mixture.log_odds(inputs, "fr")
    worker, _ = await nodes.node("liar", backend=Lying(Ledger.open(nodes.book.folder)))

    first = await reader.read(nodes.mixture, inputs, "fr")
    second = await reader.read(nodes.mixture, inputs, "fr")

    assert np.array_equal(first.log_odds, expected)
    assert "differ by 0.1" in reader.choice.of(worker.public_key).fault
    assert [use.place for use in second.uses] == [Place.LOCAL]
    assert reader.choice.of(worker.public_key).calls == 1


async def test_garbage_slowness_and_an_old_version_cost_one_try_each(nodes, inputs):
    reader = await nodes.reader(seconds=2.0)
    expected = nodes.mixture.log_odds(inputs, "fr")
    stale = nodes.book.head("language.french")
    honest_models = {JobKind.EXPERTS: (stale,)}
    garbage, _ = await nodes.node("garbage", backend=Garbage(Ledger.open(nodes.book.folder)))
    await nodes.node("slow", backend=Slow(Ledger.open(nodes.book.folder)))

    reading = await reader.read(nodes.mixture, inputs, "fr")
    assert np.array_equal(reading.log_odds, expected)
    assert reading.uses[0].place is Place.LOCAL
    assert reading.uses[0].seconds < 30.0
    assert reader.choice.of(garbage.public_key).fault

    # A node whose head has moved since it made its offer refuses with 412.
    old = ExpertNode(Ledger.open(nodes.book.folder), {"language.german"})
    old_models = old.models
    old.models = lambda: _resolved(honest_models)
    worker, _ = await nodes.node("old", backend=old)
    frames = [
        frame
        async for frame in nodes.gateway.submit(
            worker.public_key, Job(JobKind.EXPERTS, wire.question(stale, inputs))
        )
    ]
    assert frames[-1].content["status"] == 412
    assert stale not in (await old_models())[JobKind.EXPERTS]


async def test_a_node_that_offers_less_or_falls_silent_is_asked_no_more(nodes, inputs):
    # Prepare
    reader = await nodes.reader()
    worker, _ = await nodes.node("one")
    [service] = worker._services
    digests = {name: nodes.book.head(name) for name in ("language.french", "language.german")}

    def offered():
        return [n for n, digest in digests.items() if reader._serving(digest)]

    # Execute: its next state replaces what it offered before.
    before = offered()
    service.change(Offer("one", {JobKind.EXPERTS: (digests["language.german"],)}, slots=8))
    await service.tell()
    await settled(lambda: offered() == ["language.german"])
    french = await reader.read(nodes.mixture, inputs, "fr")
    german = await reader.read(nodes.mixture, inputs, "de")
    # Without a farewell.
    await worker._connection.client._close(2, do_cbs=False)
    await settled(lambda: not reader.nodes())

    # Assert
    assert before == ["language.french", "language.german"]
    assert [use.place for use in french.uses] == [Place.LOCAL]
    assert {use.name: use.place for use in german.uses} == {
        "domain.german": Place.LOCAL,
        "language.german": Place.NODE,
    }
    assert offered() == []


async def _resolved(value):
    return value


@pytest.mark.parametrize(
    "change",
    [
        {"model": None},
        {"rows": 0},
        {"rows": True},
        {"rows": 10**9},
        {"inputs": "?"},
        {"inputs": wire.question("x", np.full((9, INPUTS), np.nan))["inputs"]},
    ],
)
def test_a_question_that_is_none_is_refused(inputs, change):
    body = {**wire.question("sha256:x", inputs), **change}
    with pytest.raises(ValueError):  # noqa: PT011 - each says its own
        wire.read_question(body)


def test_of_two_random_nodes_the_sooner_one_is_asked():
    choice = NodeChoice(random.Random(4))
    choice.of("fast").latency, choice.of("slow").latency = 0.01, 1.0
    assert {choice.pick({"fast", "slow"}) for _ in range(20)} == {"fast"}
    for _ in range(200):
        choice.begin("fast")
    assert choice.pick({"fast", "slow"}) == "slow"
    choice.quarantine("slow", "lies")
    assert choice.pick({"slow"}) is None
    # A hundred calls over three equal nodes: none has more than twice its part.
    even = NodeChoice(random.Random(5))
    for _ in range(100):
        even.begin(even.pick({"a", "b", "c"}))
    assert max(node.calls for node in even.nodes.values()) <= 66


def test_statistics_are_kept_and_listed_by_calls(tmp_path):
    with ledger(tmp_path / "ledger", Clock()) as book:
        usage = UsageBook(book)
        once = Usage("a.one", 1, 0.5, 1, 0, 10)
        usage.add([once, replace(once, name="a.two")])
        usage.add([replace(once, last_at=20)])
    with ledger(tmp_path / "ledger", Clock()) as book:
        assert UsageBook(book).top(1) == [Usage("a.one", 2, 1.0, 2, 0, 20)]
        assert UsageBook(book).of("a.two").calls == 1
        assert UsageBook(book).of("a.none") is None
        assert book.records(kind=Kind.EXPERT) == []
