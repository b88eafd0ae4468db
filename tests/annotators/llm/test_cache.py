import asyncio

import pytest

from cgp.annotators.cache import AnswerCache, CachedAnswer
from cgp.annotators.single_flight import SingleFlight

ANSWER = CachedAnswer({"tags": [{"text": "öffentlicher Verkehr", "support": 1.0}], "profiles": []})


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def cache(tmp_path, clock):
    made = AnswerCache(tmp_path / "folder" / "a.sqlite", 10_000, clock=clock)
    yield made
    await made.close()


async def test_what_is_put_is_got(cache):
    assert await cache.get("k") is None
    await cache.put("k", ANSWER)
    assert await cache.get("k") == ANSWER
    assert await cache.get("other") is None


async def test_the_size_is_bounded_and_the_least_recently_used_leave(cache, clock):
    for i in range(200):
        clock.now += 100
        await cache.put(f"key {i}", ANSWER)
        assert await cache.get("key 0") == ANSWER
        assert await cache.size() <= 10_000
    assert await cache.get("key 199") == ANSWER
    assert await cache.get("key 1") is None
    assert await cache.size() > 5_000


async def test_an_answer_larger_than_the_cache_is_not_kept(cache):
    await cache.put("k", CachedAnswer({"tags": ["x" * 20_000]}))
    assert await cache.get("k") is None
    assert await cache.size() == 0


async def test_putting_again_replaces(cache):
    await cache.put("k", ANSWER)
    size = await cache.size()
    await cache.put("k", CachedAnswer(None, "refused"))
    await cache.put("k", ANSWER)
    assert await cache.size() == size


async def test_a_failure_is_remembered_for_a_while(cache, clock):
    await cache.put("k", CachedAnswer(None, "refused"), seconds=60)
    assert (await cache.get("k")).problem == "refused"
    clock.now += 61
    assert await cache.get("k") is None


async def test_a_claim_belongs_to_one_owner_until_released_put_or_expired(cache, clock):
    assert await cache.claim("k", "one", 60)
    assert not await cache.claim("k", "two", 60)
    cache.release("k", "two")
    assert not await cache.claim("k", "two", 60)
    cache.release("k", "one")
    assert await cache.claim("k", "two", 60)
    clock.now += 61
    assert await cache.claim("k", "one", 60)
    await cache.put("k", ANSWER)
    assert await cache.claim("k", "two", 60)


async def test_two_caches_share_one_file(tmp_path):
    caches = [AnswerCache(tmp_path / "a.sqlite", 10_000) for _ in range(2)]
    await asyncio.gather(*(c.put(f"k{i}", ANSWER) for i in range(20) for c in caches))
    assert await caches[0].get("k7") == await caches[1].get("k7") == ANSWER
    for c in caches:
        await c.close()
        await c.close()


async def test_many_may_make_the_file_at_once(tmp_path):
    for i in range(5):
        caches = [AnswerCache(tmp_path / f"{i}.sqlite", 10_000) for _ in range(8)]
        claims = await asyncio.gather(*(c.claim("k", str(n), 60) for n, c in enumerate(caches)))
        assert sum(claims) == 1
        for c in caches:
            await c.close()


async def test_an_error_reaches_all_who_share_the_work_and_the_next_starts_anew():
    flights = SingleFlight()
    started = []

    async def work():
        started.append(1)
        await asyncio.sleep(0.01)
        raise ValueError("no")

    results = await asyncio.gather(
        *(flights.run("k", work) for _ in range(5)), return_exceptions=True
    )
    assert [str(result) for result in results] == ["no"] * 5
    with pytest.raises(ValueError, match="no"):
        await flights.run("k", work)
    assert len(started) == 2


async def test_work_stops_when_the_last_who_waits_has_gone():
    flights = SingleFlight()
    stopped = asyncio.Event()

    async def work():
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    tasks = [asyncio.create_task(flights.run("k", work)) for _ in range(3)]
    await asyncio.sleep(0)
    for task in tasks:
        await asyncio.sleep(0)
        assert not stopped.is_set()
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.wait_for(stopped.wait(), 60)
    assert not flights.in_progress("k")
