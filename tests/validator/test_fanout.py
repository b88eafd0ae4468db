"""The fan-out against real servers: whatever one miner does is that miner's own affair."""

import asyncio
import time

import bittensor as bt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.config import ValidatorSettings
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.scoring import Answer, NoAnswer
from cgp.signing import verify_answer
from tests.validator.rogue_miners import EXPECTED, STRANGER, TAGS, RogueMiner, answer, well_behaved
from tests.validator.rogue_miners import closes_the_socket as closes
from validator.fanout import Fanout, WindowUnsendableError
from validator.own_faults import FaultKind, own_fault
from validator.pulse import Pulse
from validator.replies import Failure, Reply
from validator.resting import (
    FIRST_REST_SECONDS,
    LEAST_FAILURES,
    LONGEST_REST_SECONDS,
    Asking,
    Resting,
)
from validator.selection import MinerCandidate

WINDOW = Conversation(
    "c",
    "test",
    (Participant("Ada"), Participant("Grace")),
    (Turn(0, "The solar panels on the school roof."), Turn(1, "And the feed-in tariff?")),
)


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wallets")
    made = {}
    for name in ("validator", "honest", "rogue", "stranger"):
        made[name] = bt.Wallet("cold", name, str(folder)).create_new_hotkey(suppress=True).hotkey
    STRANGER["keypair"] = made["stranger"]
    return made


def candidate(uid, server):
    return MinerCandidate(uid, server.keypair.ss58_address, "cold", f"127.0.0.1:{server.port}", 1)


def fanout(keys, **settings):
    chosen = ValidatorSettings(**{"deadline_seconds": 60.0} | settings)
    # A process that never stands still: a slow machine's pauses are no subject of these tests.
    steady = Pulse(clock=lambda: 0.0)
    return Fanout(keys["validator"], default_embedder(), chosen, pulse=steady)


@pytest.mark.parametrize("behaviour", EXPECTED, ids=lambda behaviour: behaviour.__name__)
async def test_a_bad_answer_is_one_miners_own_affair(keys, behaviour):
    expected = EXPECTED[behaviour]
    deadline = 2.0 if expected == "timeout" else 60.0
    async with (
        RogueMiner(keys["rogue"], behaviour) as rogue,
        RogueMiner(keys["honest"], well_behaved) as honest,
        fanout(keys, deadline_seconds=deadline) as asking,
    ):
        miners = [candidate(1, rogue), candidate(2, honest)]
        bad, good = await asking.ask(miners, WINDOW, "salt", 8)
    assert isinstance(good.answer, Answer)
    assert good.answer.tags == TAGS
    if expected is None:
        assert isinstance(bad.answer, Answer)
    else:
        assert isinstance(bad.answer, NoAnswer)
        assert (bad.answer.kind, bool(bad.answer.detail)) == (expected, True)
    assert [reply.miner.uid for reply in (bad, good)] == [1, 2]
    assert rogue.calls == (2 if expected == "unreachable" else 1), "only connections are retried"


async def test_a_good_answer_comes_with_evidence_that_a_third_party_can_check(keys):
    seen = []

    async def remember(call):
        seen.append(call)
        await well_behaved(call)

    async with RogueMiner(keys["honest"], remember) as honest, fanout(keys) as asking:
        (reply,) = await asking.ask([candidate(2, honest)], WINDOW, "salt", 8)
    (call,) = seen
    assert reply.answer.embeddings.shape == (3, 256)
    assert reply.seconds > 0
    assert len(reply.body_hash) == 64

    verify_answer(
        reply.evidence,
        answer(call.task_id),
        request_headers=reply.evidence,
        request_body=call.body,
    )


async def test_each_miner_gets_a_task_of_its_own_that_does_not_name_the_conversation(keys):
    bodies = []

    async def remember(call):
        bodies.append(call.task_id)
        await well_behaved(call)

    async with (
        RogueMiner(keys["rogue"], remember) as one,
        RogueMiner(keys["honest"], remember) as two,
        fanout(keys) as asking,
    ):
        for salt in ("a", "b"):
            await asking.ask([candidate(1, one), candidate(2, two)], WINDOW, salt, 8)
    assert len(set(bodies)) == 4
    assert all(len(task_id) == 32 for task_id in bodies)


async def test_a_broken_connection_is_tried_once_more_with_a_fresh_signature(keys):
    async with RogueMiner(keys["honest"], closes, well_behaved) as honest, fanout(keys) as asking:
        (reply,) = await asking.ask([candidate(2, honest)], WINDOW, "salt", 8)
        assert isinstance(reply.answer, Answer)
        assert honest.calls == 2


async def test_nobody_listening_is_unreachable(keys):
    async with RogueMiner(keys["rogue"], well_behaved) as gone:
        miner = candidate(1, gone)
    async with fanout(keys) as asking:
        (reply,) = await asking.ask([miner], WINDOW, "salt", 8)
    assert isinstance(reply.answer, NoAnswer)
    assert reply.answer.kind == "unreachable"


async def test_a_miner_that_stays_silent_is_left_in_peace_and_still_counts_as_silent(keys):
    async with RogueMiner(keys["rogue"], closes) as rogue, fanout(keys, retries=0) as asking:
        replies = [
            (await asking.ask([candidate(1, rogue)], WINDOW, str(i), 8))[0] for i in range(6)
        ]
    assert rogue.calls == 3
    assert {reply.answer.kind for reply in replies} == {"unreachable"}
    assert replies[-1].answer.detail.startswith("not asked: silent too often")


async def test_only_so_many_requests_go_to_one_miner_at_once(keys):
    running, most = 0, 0

    async def count(call):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.05)
        running -= 1
        await well_behaved(call)

    async with (
        RogueMiner(keys["honest"], count) as honest,
        fanout(keys, requests_per_miner=2) as asking,
    ):
        await asyncio.gather(
            *(asking.ask([candidate(2, honest)], WINDOW, str(i), 8) for i in range(8))
        )
    assert most == 2


async def test_a_window_that_no_miner_could_read_is_not_sent(keys):
    huge = Conversation("c", "t", WINDOW.participants, (Turn(0, "\x01" * 199_000),) * 2)
    async with RogueMiner(keys["honest"], well_behaved) as honest, fanout(keys) as asking:
        with pytest.raises(WindowUnsendableError):
            await asking.ask([candidate(2, honest)], huge, "salt", 8)
    assert honest.calls == 0


def test_a_rest_doubles_once_for_each_probe_and_ends_with_an_answer():
    now = 0.0
    resting = Resting(clock=lambda: now)
    for _ in range(LEAST_FAILURES):
        assert resting.asking("miner") is Asking.ASK
        resting.note_failure("miner")
    assert resting.seconds_left("miner") == FIRST_REST_SECONDS
    resting.note_failure("miner")
    assert resting.seconds_left("miner") == FIRST_REST_SECONDS, (
        "it was on its way when the rest began"
    )
    lengths = []
    for _ in range(10):
        now += resting.seconds_left("miner")
        assert resting.asking("miner") is Asking.PROBE
        assert resting.asking("miner") is Asking.REST, "one probe at a time"
        resting.note_failure("miner", Asking.PROBE)
        lengths.append(resting.seconds_left("miner"))
    assert lengths[:4] == [2, 4, 8, 16]
    assert lengths[-1] == LONGEST_REST_SECONDS
    now += lengths[-1]
    assert resting.asking("miner") is Asking.PROBE
    resting.note_answer("miner")
    assert resting.asking("miner") is Asking.ASK


@given(outage=st.floats(3.0, 600.0), step=st.floats(0.05, 0.5))
def test_an_outage_costs_at_most_twice_its_length_and_a_little(outage, step):
    now = 0.0
    resting = Resting(clock=lambda: now)
    while True:
        asking = resting.asking("miner")
        if asking is not Asking.REST:
            if now >= outage:
                break
            resting.note_failure("miner", asking)
        now += step
    assert now <= min(2 * outage, outage + LONGEST_REST_SECONDS) + 4 * step + FIRST_REST_SECONDS


async def busy_then_well(call):
    """Refuse the first request of each task for a second, as a miner does over its rate."""
    if call.task_id in SEEN:
        await well_behaved(call)
    else:
        SEEN.add(call.task_id)
        call.send(b"{}", status="429 Too Many Requests", headers={"Retry-After": "1"})


SEEN: set[str] = set()


async def test_a_busy_miner_is_asked_again_when_it_says(keys):
    async with RogueMiner(keys["honest"], busy_then_well) as honest, fanout(keys) as asking:
        (reply,) = await asking.ask([candidate(2, honest)], WINDOW, "busy", 8)
        assert isinstance(reply.answer, Answer)
        assert reply.seconds >= 1
        assert honest.calls == 2


async def test_a_miner_that_stays_busy_is_silent_and_left_in_peace(keys):
    async def busy(call):
        call.send(b"{}", status="429 Too Many Requests", headers={"Retry-After": "300"})

    async with RogueMiner(keys["honest"], busy) as honest, fanout(keys) as asking:
        (reply,) = await asking.ask([candidate(2, honest)], WINDOW, "a", 8)
        assert reply.failure is Failure.BUSY
        (again,) = await asking.ask([candidate(2, honest)], WINDOW, "b", 8)
    assert again.failure is Failure.RESTING
    assert honest.calls == 1


async def test_requests_to_one_miner_keep_the_pace(keys):
    async with (
        RogueMiner(keys["honest"], well_behaved) as honest,
        fanout(keys, requests_per_minute=600, requests_per_miner=4) as asking,
    ):
        pace = asking._pace
        for number in range(70):
            await asking.ask([candidate(2, honest)], WINDOW, str(number), 8)
        assert pace.wait(honest.keypair.ss58_address) <= 0.1 + 1e-6
    assert honest.calls == 70


async def test_time_that_this_process_slept_through_is_no_miners_fault(keys):
    """The loop is blocked past the deadline while a good answer waits in the socket."""

    async def freezes_the_caller(call):
        await well_behaved(call)
        if not frozen:
            frozen.append(call)
            time.sleep(2.5)  # noqa: ASYNC251 - the point of the test

    frozen: list[object] = []
    pulse = Pulse()
    beating = asyncio.create_task(pulse.beat())
    async with RogueMiner(keys["honest"], freezes_the_caller) as honest:
        asked = Fanout(
            keys["validator"],
            default_embedder(),
            ValidatorSettings(deadline_seconds=1.5),
            pulse=pulse,
        )
        async with asked as asking:
            await asyncio.sleep(0)
            (reply,) = await asking.ask([candidate(2, honest)], WINDOW, "salt", 8)
    beating.cancel()
    assert isinstance(reply.answer, Answer)


class SteppingClock:
    """This machine's clock, which can be set."""

    def __init__(self):
        self.ahead = 0.0

    def __call__(self):
        return time.time_ns() + int(self.ahead * 1e9)


async def test_a_refusal_for_the_time_is_our_fault_where_our_clock_was_set(keys):
    clock, refusing = SteppingClock(), []

    async def checks_the_time(call):
        if refusing:
            body = b'{"error": "StaleRequest", "detail": "too old"}'
            call.send(body, status="401 Unauthorized")
        else:
            await well_behaved(call)

    async with RogueMiner(keys["honest"], checks_the_time) as honest:
        chosen = ValidatorSettings(deadline_seconds=60.0)
        asked = Fanout(keys["validator"], default_embedder(), chosen, clock=clock)
        async with asked as asking:

            async def ask(salt):
                (reply,) = await asking.ask([candidate(2, honest)], WINDOW, salt, 8)
                return reply.failure

            refusing.append(True)
            assert await ask("1") is Failure.STALE, "nothing was taken yet: it may be either clock"
            refusing.clear()
            assert await ask("2") is None
            refusing.append(True)
            assert await ask("3") is Failure.STALE, "our clock is as it was: it is the miner's"
            clock.ahead = 3.0
            assert await ask("4") is Failure.CLOCK_STEPPED
            clock.ahead = 0.0
            assert await ask("5") is Failure.STALE


def reply_of(failure, answer=None):
    return Reply(
        MinerCandidate(1, "h", "c", "1.2.3.4:5", 0), answer or NoAnswer("timeout"), failure
    )


@pytest.mark.parametrize(
    ("failures", "kind"),
    [
        ([], None),
        ([None, Failure.SILENT, Failure.UNREACHABLE], None),
        ([Failure.SILENT, Failure.SILENT, Failure.RESTING], FaultKind.NETWORK),
        ([Failure.RESTING, Failure.RESTING], FaultKind.NETWORK),
        ([None, Failure.STALE], None),
        ([None, Failure.STALE, Failure.STALE], FaultKind.CLOCK),
        ([None, None, Failure.CLOCK_STEPPED], FaultKind.CLOCK_STEPPED),
        ([Failure.NOT_ADMITTED] * 3, FaultKind.PERMIT),
        ([Failure.BUSY, Failure.BUSY, Failure.REFUSED], FaultKind.MINERS_BUSY),
        ([Failure.GARBLED], FaultKind.GARBLED),
    ],
)
def test_whose_fault_it_is(failures, kind):
    fault = own_fault([reply_of(failure) for failure in failures])
    assert (fault.kind if fault else None) == kind
    if fault is not None:
        assert fault.reason
        assert fault.remedy
