"""A conversation on which every miner fails is set aside; the validator works on for the others."""

import asyncio
import contextlib
import json
from contextlib import AsyncExitStack

from cgp.annotators.embedded import EmbeddedAnnotator
from cgp.protocol import parse_task
from cgp.scoring import Answer
from tests.validator.local_subnet import make_subnet, problems, small, until
from tests.validator.rogue_miners import RogueMiner, answer
from validator.own_faults import FaultKind, OwnFault
from validator.source import StoreSource
from validator.unanswered import HOLDS_BEFORE_BLAME, Unanswered

POISON = "whirlpool"


FAST = {"poll_seconds": 0.02, "refresh_seconds": 0.05}


def holds_poison(call):
    return POISON in json.dumps(json.loads(call.body))


async def poisoned(call):
    """Die on some windows, as by a bug that all miners share; answer the others."""
    if not holds_poison(call):
        call.send_signed(answer(call.task_id))


def poison(number=0):
    return small(f"bad-{number}", text=f"the {POISON} off the strait took the gearbox")


@contextlib.asynccontextmanager
async def network_of(tmp_path, behave, conversations, annotator=None, **sections):
    """Run a validator of ``conversations`` and two miners; yield it, its store and its task."""
    subnet = await make_subnet(tmp_path, miners=2)
    async with AsyncExitStack() as stack:
        for wallet in subnet.miners:
            rogue = await stack.enter_async_context(RogueMiner(wallet.hotkey, behave))
            await subnet.advertise(wallet, rogue.port)
        sections["validator"] = FAST | sections.get("validator", {})
        settings = subnet.settings(**sections)
        validator, store = await stack.enter_async_context(
            subnet.validating(settings, conversations, annotator)
        )
        running = asyncio.create_task(validator.run())
        async with asyncio.timeout(400):
            yield validator, store, running
        validator.stop()
        await running


def last_weights(store, validator):
    return store.last_weights(validator._keypair.ss58_address)


def state_of(store, identifier):
    return next(status for status in store.conversation_statuses() if status.id == identifier)


async def test_two_conversations_at_the_head_of_the_line_stop_neither_the_others_nor_weights(
    tmp_path, caplog
):
    # Prepare: as many as are worked on at once, before all others
    line = [poison(0), poison(1), small("good-0"), small("good-1")]
    async with network_of(tmp_path, poisoned, line) as (validator, store, running):
        # Execute: others come as long as they are there
        number = 2
        while {state_of(store, f"bad-{i}").state for i in range(2)} != {"failed"}:
            assert not running.done()
            if number == store.count_conversations()["done"]:
                store.add_conversations([small(f"good-{number}")])
                number += 1
            await asyncio.sleep(0.05)
        await until(lambda: store.count_conversations()["done"] == number, running)
        await until(lambda: "holding" not in problems(validator), running)
        await until(lambda: last_weights(store, validator) is not None, running)

        # Assert: they are named, the others are answered, and nobody is charged
        for i in range(2):
            assert (
                "miners answer others, but not a window of it" in state_of(store, f"bad-{i}").reason
            )
            assert not store.answers_of(f"bad-{i}", 0)
        assert all(isinstance(given.answer, Answer) for given in store.answers_of("good-0", 0))
        assert "Traceback" not in caplog.text


async def test_a_lone_conversation_is_blamed_on_the_word_of_probes(tmp_path, caplog):
    async with network_of(tmp_path, poisoned, [poison()]) as (validator, store, running):
        await until(lambda: state_of(store, "bad-0").state == "failed", running)
        await until(lambda: "holding" not in problems(validator), running)
        # The network was sound all the time, so no fault of it is counted or logged.
        assert validator.condition.holding.times == 0
    assert "Holding conversations" not in caplog.text
    assert "Miners answer again" not in caplog.text


class OneAfterTheOther(EmbeddedAnnotator):
    """The embedded annotator in a set order: the poison, taken with the other, then the other."""

    def __init__(self, probed):
        super().__init__()
        self._both = asyncio.Barrier(2)
        self._probed = probed

    async def annotate(self, conversation, *, max_tags, purpose="window"):
        await self._both.wait()
        if POISON not in conversation.turns[0].text:
            await self._probed.wait()
        return await super().annotate(conversation, max_tags=max_tags, purpose=purpose)


async def test_a_probe_that_fails_after_the_hold_is_over_begins_no_other(tmp_path):
    """Nothing might end that: a conversation put off for long, no other, and miners without probes."""
    probed, hold_is_over = asyncio.Event(), asyncio.Event()

    async def late(call):
        text = call.body.decode()
        if "gearbox" not in text:
            probed.set()
            await hold_is_over.wait()
        elif POISON not in text:
            call.send_signed(answer(call.task_id))

    # Put off for so long that the hold of its second try is none of this test's.
    patient = {"validator": {"poll_seconds": 3600.0}, "annotator": OneAfterTheOther(probed)}
    line = [poison(), small("good")]
    async with network_of(tmp_path, late, line, **patient) as (validator, store, running):
        await until(lambda: state_of(store, "good").state == "done", running)
        assert probed.is_set()
        assert "holding" not in problems(validator)
        hold_is_over.set()
        await until(lambda: validator._taking.put_off == 1, running)
        assert "holding" not in problems(validator)
        assert validator.condition.holding.times == 0


async def test_of_several_on_which_all_fail_probes_blame_one_and_none_stops_a_newcomer(tmp_path):
    """A fault of our own that lets probes through must not use up one after the other."""
    line = [poison(i) for i in range(5)]
    async with network_of(tmp_path, poisoned, line) as (validator, store, running):
        unanswered = validator.condition.unanswered
        await until(
            lambda: all(unanswered.tries(f"bad-{i}") > HOLDS_BEFORE_BLAME for i in range(5)),
            running,
        )
        assert store.count_conversations()["failed"] <= 1
        store.add_conversations([small("good")])
        await until(lambda: state_of(store, "good").state == "done", running)
        await until(lambda: last_weights(store, validator) is not None, running)


async def test_dozens_at_the_head_of_the_line_hold_up_no_other(tmp_path):
    """However many are at the head of the line: each is put off once, and then others come."""
    line = [*(poison(i) for i in range(25)), small("good")]
    async with network_of(tmp_path, poisoned, line) as (validator, store, running):
        await until(lambda: state_of(store, "good").state == "done", running)
        await until(lambda: last_weights(store, validator) is not None, running)
        assert store.count_conversations()["failed"] <= 1


async def test_more_than_can_be_put_off_hold_up_no_other_and_are_not_used_up(tmp_path, monkeypatch):
    """One that is given back for want of room would be the first in line again, for ever."""
    monkeypatch.setattr(StoreSource, "most_put_off", 2)
    line = [*(poison(i) for i in range(8)), small("good")]
    async with network_of(tmp_path, poisoned, line) as (validator, store, running):
        await until(lambda: state_of(store, "good").state == "done", running)
        await until(lambda: last_weights(store, validator) is not None, running)
        assert validator._taking.put_off <= 2
        # Nothing but this one was finished, and that proves little against eight others.
        assert store.count_conversations()["failed"] <= 1


async def test_a_long_conversation_that_meets_an_outage_at_each_window_is_finished(tmp_path):
    """Each window is answered when it is asked again, so no window is to blame."""
    refused = set()

    async def shaky(call):
        text = parse_task(call.body).window.turns[0].text
        if "long" not in text or (text, call.keypair.ss58_address) in refused:
            call.send_signed(answer(call.task_id))
        else:
            refused.add((text, call.keypair.ss58_address))
            call.send(b"", status="500 Internal Server Error")

    conversation = small("long", turns=14)
    sections = {"window": {"characters": 120}, "validator": {"windows_in_flight": 1}}
    async with network_of(tmp_path, shaky, [conversation], **sections) as (_, store, running):
        await until(lambda: state_of(store, "long").state in {"done", "failed"}, running, 100)
        assert len(refused) > 2 * (HOLDS_BEFORE_BLAME + 3)
        assert (state_of(store, "long").state, state_of(store, "long").attempts) == ("done", 0)


async def test_a_conversation_that_ends_every_miner_is_put_off_while_they_come_back(tmp_path):
    """Miners that die of a window answer no probe either until they run again."""
    dead = set()

    async def dying(call):
        if holds_poison(call):
            dead.add(call.keypair.ss58_address)
            asyncio.get_running_loop().call_later(0.2, dead.discard, call.keypair.ss58_address)
        elif call.keypair.ss58_address not in dead:
            call.send_signed(answer(call.task_id))

    line = [poison(), *(small(f"good-{i}") for i in range(12))]
    async with network_of(tmp_path, dying, line) as (validator, store, running):
        await until(lambda: store.count_conversations()["done"] == 12, running)
        await until(lambda: last_weights(store, validator) is not None, running)
        assert state_of(store, "bad-0").state != "failed"


async def test_an_outage_touches_no_conversation_beyond_those_in_work(tmp_path):
    up = asyncio.Event()

    async def away(call):
        if up.is_set():
            call.send_signed(answer(call.task_id))

    line = [small(f"good-{i}") for i in range(6)]
    async with network_of(tmp_path, away, line) as (validator, store, running):
        await until(lambda: "holding" in problems(validator), running)
        holding = validator.condition.holding
        for _ in range(5):
            seen = holding._seen
            await until(lambda seen=seen: holding._seen > seen, running)
        counts = store.count_conversations()
        assert (counts["leased"], counts["waiting"]) == (2, 4)
        up.set()
        await until(lambda: store.count_conversations()["done"] == 6, running)
        assert {status.attempts for status in store.conversation_statuses()} == {0}


async def test_miners_that_answer_no_probe_do_not_prolong_a_hold(tmp_path):
    """Probes are public and nobody pays for them, so a miner may leave them unanswered."""
    up = asyncio.Event()

    async def unhelpful(call):
        if up.is_set() and "solar panels on the roof" in call.body.decode():
            call.send_signed(answer(call.task_id))

    line = [small(f"good-{i}", text="the solar panels on the roof") for i in range(4)]
    async with network_of(tmp_path, unhelpful, line) as (validator, store, running):
        await until(lambda: "holding" in problems(validator), running)
        up.set()
        await until(lambda: store.count_conversations()["done"] == 4, running)


async def test_a_hold_that_no_second_try_can_end_any_more_is_ended_by_the_next_conversation(
    tmp_path,
):
    """A probe fails while the last second try is answered, which then proves nothing; no probe is answered."""
    up, validators = asyncio.Event(), []

    async def unhelpful(call):
        text = call.body.decode()
        if not up.is_set() or "solar panels on the roof" not in text:
            return
        if "good-0" in text or "good-1" in text:
            holding = validators[0].condition.holding
            seen = holding._seen
            while holding._seen == seen:  # noqa: ASYNC110 - a probe's end is no event
                await asyncio.sleep(0.01)
        call.send_signed(answer(call.task_id))

    line = [small(f"good-{i}", text="the solar panels on the roof") for i in range(4)]
    async with network_of(tmp_path, unhelpful, line) as (validator, store, running):
        validators.append(validator)
        await until(lambda: "holding" in problems(validator), running)
        up.set()

        # Execute: others come, since a probe may fail while any of them is answered.
        number = 4
        while store.count_conversations()["done"] < 4 or "holding" in problems(validator):
            if number == store.count_conversations()["done"]:
                text = "the solar panels on the roof"
                store.add_conversations([small(f"good-{number}", text=text)])
                number += 1
            await asyncio.sleep(0.05)


def network():
    return OwnFault(FaultKind.NETWORK, "none of 3 miners asked can be reached", "check it")


def blamed(unanswered, identifier="a", *, window=0, is_proven=False):
    return unanswered.is_to_blame(identifier, network(), frozenset({window}), is_proven=is_proven)


def test_holds_for_one_window_after_the_other_blame_no_conversation():
    """A network that comes and goes meets a long conversation often, each time at another place."""
    unanswered = Unanswered()
    for window in range(50):
        assert not blamed(unanswered, window=window, is_proven=True)
        unanswered.note_finished("b")


def test_only_the_windows_that_are_unanswered_each_time_add_up():
    unanswered = Unanswered()
    verdicts = [
        unanswered.is_to_blame("a", network(), frozenset({7, 8 + i, 9 + i}), is_proven=True)
        for i in range(HOLDS_BEFORE_BLAME)
    ]
    assert verdicts == [False] * (HOLDS_BEFORE_BLAME - 1) + [True]


def test_holds_without_another_conversation_finished_between_them_blame_nobody():
    unanswered = Unanswered()
    unanswered.note_finished("b")
    assert not any(blamed(unanswered) for _ in range(50))


def test_holds_with_others_finished_between_them_blame_the_conversation_that_they_were_for():
    unanswered = Unanswered()
    verdicts = []
    for _ in range(HOLDS_BEFORE_BLAME + 1):
        verdicts.append(blamed(unanswered))
        unanswered.note_finished("b")
    assert verdicts == [False] * HOLDS_BEFORE_BLAME + [True]
    assert not blamed(unanswered, "b")


def test_each_blame_needs_another_finished_conversation():
    unanswered = Unanswered()
    for _ in range(HOLDS_BEFORE_BLAME):
        blamed(unanswered)
        unanswered.note_finished("b")
    assert blamed(unanswered)
    assert not any(blamed(unanswered) for _ in range(50))


def test_a_clock_or_a_permit_is_never_a_conversations_fault():
    unanswered = Unanswered()
    for kind in (FaultKind.CLOCK, FaultKind.CLOCK_STEPPED, FaultKind.PERMIT):
        for _ in range(2 * HOLDS_BEFORE_BLAME):
            unanswered.note_finished("b")
            assert not unanswered.is_to_blame(
                "a",
                OwnFault(kind, "it is refused", "mend it"),
                frozenset({0}),
                is_proven=True,
            )


def test_probes_alone_prove_as_finished_conversations_do():
    unanswered = Unanswered()
    verdicts = [blamed(unanswered, is_proven=True) for _ in range(HOLDS_BEFORE_BLAME)]
    assert verdicts == [False] * (HOLDS_BEFORE_BLAME - 1) + [True]


def test_a_conversation_is_alone_until_there_is_a_hold_for_another():
    unanswered = Unanswered()
    blamed(unanswered, "a")
    assert unanswered.is_alone("a")
    assert not unanswered.is_alone("b")
    unanswered.note_finished("c")
    assert unanswered.is_alone("b")


def test_a_finished_conversation_has_a_clean_record():
    unanswered = Unanswered()
    blamed(unanswered, is_proven=True)
    unanswered.note_finished("a")
    assert unanswered.tries("a") == 0
