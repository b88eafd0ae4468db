"""Where conversations come from: one contract, kept by the validator's own store and by the API."""

import asyncio
from contextlib import asynccontextmanager, closing

import pytest

from cgp.api.client import ApiClient, ApiError
from cgp.config import Settings
from cgp.metadata import Metadata, Tag
from cgp.quality import Quality
from cgp.scoring import Answer, NoAnswer, Score
from cgp.store import (
    ConversationResult,
    GroundTruthRecord,
    LeaseLost,
    MinedWindow,
    QualityRecord,
    ScoredAnswer,
    SerialWorker,
    StandingChanges,
    StandingRecord,
    Store,
    WindowReference,
    WindowResult,
)
from tests.api.served import keypair, serving, talk, truth_of
from validator.deferral import Deferral
from validator.mirror import Mirror, open_store
from validator.source import ApiSource, StoreSource, open_source

CUTS = [(0, 2), (2, 4)]
DONE = Metadata((Tag("ferry", 2.0),))
MINED = [
    MinedWindow(0, None, 0, 0, 4, DONE),
    MinedWindow(1, 0, 1, 0, 2, Metadata((Tag("ferry", 2.0, 0.75),))),
    MinedWindow(2, 0, 1, 2, 4, Metadata()),
]
QUALITY = QualityRecord("1", "some/embedder@1", Quality(0.5, 0.25, 1.0, 0.0, 0.75))


def truth_record(conversation):
    return GroundTruthRecord(**truth_of(conversation))


def result(index, *hotkeys):
    answers = [
        ScoredAnswer(key, uid, Answer(("ferry",)), Score(0.5, valid=True), peer_record="{}")
        for uid, key in enumerate(hotkeys or ("a",))
    ]
    silent = ScoredAnswer("z", 9, NoAnswer("timeout", "12 s"), Score(0.0, valid=False))
    standings = [StandingRecord(key, 1, "{}") for key in hotkeys or ("a",)]
    return WindowResult(
        index,
        5,
        [WindowReference("x", 0, 2)],
        [*answers, silent],
        StandingChanges("1", standings),
    )


class Own:
    """Validators that share a store."""

    def __init__(self, folder):
        self.central = Store(f"sqlite:///{folder / 'store.sqlite'}")
        self.folder = folder

    @asynccontextmanager
    async def source(self, name):
        with closing(Store(self.central.url)) as store:
            async with SerialWorker(name) as database:
                yield StoreSource(store, database, keypair(name).ss58_address)


class Api:
    """Validators that share an API."""

    def __init__(self, served, folder):
        self.central = served.store
        self.served = served
        self.folder = folder

    @asynccontextmanager
    async def source(self, name):
        settings = Settings(
            _env_file=None, data_dir=self.folder / name, cgp_api_url=self.served.url
        )
        with closing(open_store(settings)) as mirror:
            async with (
                SerialWorker(name) as database,
                open_source(settings, mirror, database, keypair(name)) as source,
            ):
                assert isinstance(source, ApiSource)
                yield source


@pytest.fixture(params=["own store", "API"])
def shared(request, tmp_path):
    if request.param == "API":
        with serving(tmp_path) as served:
            yield Api(served, tmp_path)
    else:
        own = Own(tmp_path)
        yield own
        own.central.close()


async def settled(source):
    if isinstance(source, ApiSource):
        assert await source.outbox.flush(10.0)


async def test_a_conversation_goes_from_its_lease_to_its_end(shared):
    shared.central.add_conversations([talk("one")])
    async with shared.source("alice") as source:
        assert await source.resume() == 0
        lease = await source.reserve(60.0)
        assert lease.conversation == talk("one")
        assert await source.heartbeat(lease, 60.0)
        truth = truth_record(talk("one"))
        assert await source.seal(lease, truth, CUTS) == truth
        assert shared.central.ground_truth("one") == truth
        assert await source.commit_window(lease, result(0, "a", "b"))
        assert not await source.commit_window(lease, result(0, "c"))
        assert await source.commit_window(lease, result(1))
        await source.finish(lease, ConversationResult(DONE, MINED, QUALITY))
        await settled(source)
        assert await source.reserve(60.0) is None
        await source.leave()
    assert shared.central.count_conversations()["done"] == 1
    assert shared.central.metadata_of("one") == DONE
    assert shared.central.mined_windows("one") == MINED
    assert shared.central.quality_of("one") == QUALITY
    stored = shared.central.answers_of("one", 0)
    assert [(a.hotkey, a.score.value) for a in stored] == [("a", 0.5), ("b", 0.5), ("z", 0.0)]
    assert isinstance(stored[2].answer, NoAnswer)


async def test_two_validators_never_hold_the_same_conversation(shared):
    shared.central.add_conversations(talk(i) for i in range(8))
    async with shared.source("alice") as alice, shared.source("bob") as bob:

        async def take(source):
            await source.resume()
            taken = []
            while lease := await source.reserve(60.0):
                taken.append(lease.conversation.id)
            return taken

        first, second = await asyncio.gather(take(alice), take(bob))
    assert sorted(first + second, key=int) == [str(i) for i in range(8)]


async def test_who_loses_a_lease_is_told_and_writes_nothing_more(shared):
    shared.central.add_conversations([talk("one")])
    async with shared.source("alice") as alice, shared.source("bob") as bob:
        await alice.resume()
        await bob.resume()
        lost = await alice.reserve(0.01)
        await alice.seal(lost, truth_record(talk("one")), CUTS)
        await alice.commit_window(lost, result(0, "a"))
        await settled(alice)
        await asyncio.sleep(0.05)
        taken = await bob.reserve(60.0)
        assert not await alice.heartbeat(lost, 60.0)
        with pytest.raises(LeaseLost):
            await alice.commit_window(lost, result(1, "a"))
        with pytest.raises(LeaseLost):
            await alice.finish(lost, ConversationResult(DONE))
        with pytest.raises(LeaseLost):
            await alice.fail(lost, "why", max_attempts=3)
        assert await bob.commit_window(taken, result(1, "b"))
        await bob.finish(taken, ConversationResult(DONE))
        await settled(bob)
        await alice.leave()
    assert {a.hotkey for a in shared.central.answers_of("one", 0)} == {"a", "z"}
    assert {a.hotkey for a in shared.central.answers_of("one", 1)} == {"b", "z"}


async def test_what_was_put_off_comes_back_with_its_text_unless_it_was_taken_or_forgotten(shared):
    shared.central.add_conversations([talk(0), talk(1), talk(2)])
    async with shared.source("alice") as alice, shared.source("bob") as bob:
        await alice.resume()
        await bob.resume()
        leases = [await alice.reserve(seconds) for seconds in (60.0, 60.0, 0.01)]
        deferral = Deferral()
        for lease in leases:
            deferral.put(lease, 0.0)
        kept, forgotten, taken = [deferral.take() for _ in leases]
        assert {len(lease.conversation.turns) for lease in (kept, forgotten, taken)} == {0}
        await asyncio.sleep(0.05)
        assert (await bob.reserve(60.0)).conversation.id == taken.conversation.id
        shared.central.forget([forgotten.conversation.id])
        assert (await alice.renew(kept, 60.0)).conversation == leases[0].conversation
        assert await alice.renew(taken, 60.0) is None
        assert await alice.renew(forgotten, 60.0) is None


async def test_what_is_released_or_left_goes_to_the_next(shared):
    shared.central.add_conversations([talk(0), talk(1)])
    async with shared.source("alice") as alice, shared.source("bob") as bob:
        await alice.resume()
        await bob.resume()
        first = await alice.reserve(60.0)
        await alice.release(first)
        assert {(await bob.reserve(60.0)).conversation.id for _ in range(2)} == {"0", "1"}
        await bob.leave()
        assert await alice.reserve(60.0) is not None


async def test_attempts_are_counted_and_the_last_one_puts_aside(shared):
    shared.central.add_conversations([talk(0)])
    async with shared.source("alice") as source:
        await source.resume()
        for final in (False, True):
            lease = await source.reserve(60.0)
            assert await source.fail(lease, "no answer", max_attempts=2) is final
        assert await source.reserve(60.0) is None
    assert shared.central.count_conversations()["failed"] == 1


async def test_results_wait_until_the_api_is_back(tmp_path):
    with serving(tmp_path) as served:
        served.store.add_conversations([talk("one")])
        port = int(served.url.rsplit(":", 1)[1])
        api = Api(served, tmp_path)
        async with api.source("alice") as source:
            await source.resume()
            lease = await source.reserve(60.0)
            await source.seal(lease, truth_record(talk("one")), CUTS)
    with closing(Mirror(mirror_of(api))) as mirror:
        # The API is down now: what is done is kept, by one process and then by the next.
        async with SerialWorker("x") as database, ApiClient(served.url, keypair("alice")) as client:
            source = ApiSource(mirror, database, client)
            assert await source.heartbeat(lease, 0.6)
            assert await source.commit_window(lease, result(0, "a"))
            assert await source.commit_window(lease, result(1, "a"))
            await source.finish(lease, ConversationResult(DONE))
            assert not await source.outbox.flush(0.1)
    with serving(tmp_path, port=port) as served:
        async with Api(served, tmp_path).source("alice") as source:
            await source.resume()
        assert served.store.count_conversations()["done"] == 1
        assert len(served.store.answers_of("one")) == 4
        assert served.store.metadata_of("one") == DONE


def mirror_of(api):
    (file,) = (api.folder / "alice").glob("api-*.sqlite")
    return f"sqlite:///{file}"


async def test_who_takes_over_gets_the_answers_of_who_was_there_before(tmp_path):
    with serving(tmp_path) as served:
        served.store.add_conversations([talk("one")])
        api = Api(served, tmp_path)
        async with api.source("alice") as alice, api.source("bob") as bob:
            await alice.resume()
            await bob.resume()
            lease = await alice.reserve(60.0)
            await alice.seal(lease, truth_record(talk("one")), CUTS)
            await alice.commit_window(lease, result(1, "a"))
            await alice.leave()
            taken = await bob.reserve(60.0)
            with closing(
                Store(f"sqlite:///{next((tmp_path / 'bob').glob('api-*.sqlite'))}")
            ) as own:
                windows = [(w.index, w.done) for w in own.windows_of("one")]
                assert windows == [(0, False), (1, True)]
                assert [a.hotkey for a in own.answers_of("one", 1)] == ["a", "z"]
                assert own.ground_truth("one") == truth_record(talk("one"))
            await bob.commit_window(taken, result(0, "b"))
            await bob.finish(taken, ConversationResult(DONE))
            await settled(bob)
        assert served.store.count_conversations()["done"] == 1


@pytest.mark.parametrize("url", ["ftp://x", "nothing", "http://", "http://[x"])
async def test_an_address_that_is_none_is_refused(tmp_path, url):
    settings = Settings(_env_file=None, data_dir=tmp_path, cgp_api_url=url)
    with closing(open_store(settings)) as mirror:
        async with SerialWorker("x") as database:
            with pytest.raises(ApiError, match="CGP_API_URL is an http"):
                async with open_source(settings, mirror, database, keypair("alice")):
                    pass
