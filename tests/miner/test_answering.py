"""Places: how many windows a miner lets wait, so that what it answers it answers in time."""

import asyncio
import contextlib

import pytest

from miner.answering import LEAST_WAIT_SECONDS, Places, QueueFullError


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


async def annotate_once(places, clock, seconds):
    async with places.place():
        clock.now += seconds


async def fail_after(places, clock, seconds):
    async with places.place():
        clock.now += seconds
        raise ZeroDivisionError


async def let_in(places, count):
    """Ask for places that nobody gives back; return those who got one or wait, and how many did not."""
    tasks = [asyncio.create_task(hold(places)) for _ in range(count)]
    await asyncio.sleep(0)
    refused = [task for task in tasks if task.done()]
    for task in refused:
        assert isinstance(task.exception(), QueueFullError)
    return [task for task in tasks if not task.done()], len(refused)


async def hold(places):
    async with places.place():
        await asyncio.Event().wait()


async def end(tasks):
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks)


@pytest.mark.parametrize(
    ("concurrency", "seconds", "waiting"),
    [
        (1, 0.05, 4),  # 0.2 s of waiting
        (4, 0.05, 16),
        (1, 3.0, 1),  # as long as one annotation takes
        (4, 3.0, 4),
    ],
)
async def test_no_window_waits_for_longer_than_an_annotation_takes(concurrency, seconds, waiting):
    clock = Clock()
    places = Places(concurrency=concurrency, capacity=64, clock=clock)
    await annotate_once(places, clock, seconds)
    held, refused = await let_in(places, 64)
    assert (places.running, places.waiting) == (concurrency, waiting)
    assert refused == 64 - concurrency - waiting
    await end(held)
    assert (places.running, places.waiting) == (0, 0)


async def test_a_miner_that_has_annotated_nothing_yet_lets_its_capacity_wait():
    places = Places(concurrency=2, capacity=5)
    held, refused = await let_in(places, 10)
    assert (len(held), refused) == (7, 3)
    await end(held)


async def test_who_is_turned_away_is_told_to_come_again_after_an_annotation():
    clock = Clock()
    places = Places(concurrency=1, capacity=1, clock=clock)
    await annotate_once(places, clock, 3.0)
    held, _ = await let_in(places, 2)
    with pytest.raises(QueueFullError) as refused:
        async with places.place():
            pass
    assert refused.value.seconds == 3.0
    await end(held)


async def test_a_failed_annotation_says_nothing_of_how_long_one_takes():
    clock = Clock()
    places = Places(concurrency=1, capacity=9, clock=clock)
    with pytest.raises(ZeroDivisionError):
        await fail_after(places, clock, 100)
    await annotate_once(places, clock, LEAST_WAIT_SECONDS)
    held, refused = await let_in(places, 9)
    assert refused == 7
    await end(held)
