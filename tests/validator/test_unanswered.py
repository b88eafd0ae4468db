"""A conversation on which every miner fails is set aside; the validator works on for the others."""

import asyncio
import json
from contextlib import AsyncExitStack

from cgp.scoring import Answer
from tests.validator.local_subnet import make_subnet, problems, small, until
from tests.validator.rogue_miners import RogueMiner, answer
from validator.own_faults import FaultKind, OwnFault
from validator.unanswered import HOLDS_BEFORE_BLAME, Unanswered

POISON = "whirlpool"


async def poisoned(call):
    """Die on some windows, as by a bug that all miners share; answer the others."""
    if POISON not in json.dumps(json.loads(call.body)):
        call.send_signed(answer(call.task_id))


def state_of(store, identifier):
    return next(status for status in store.conversation_statuses() if status.id == identifier)


async def test_one_conversation_that_nobody_can_answer_stops_no_weights(tmp_path, caplog):
    # Prepare: all miners close the connection at the window of one conversation
    subnet = await make_subnet(tmp_path, miners=2)
    settings = subnet.settings(validator={"poll_seconds": 0.02, "refresh_seconds": 0.05})
    key = subnet.validator.hotkey.ss58_address
    poison = small("bad", text=f"the {POISON} off the strait took the gearbox")
    async with AsyncExitStack() as stack:
        for wallet in subnet.miners:
            rogue = await stack.enter_async_context(RogueMiner(wallet.hotkey, poisoned))
            await subnet.advertise(wallet, rogue.port)
        validator, store = await stack.enter_async_context(subnet.validating(settings, [poison]))
        running = asyncio.create_task(validator.run())

        # Execute: others come as long as it is there
        number = 0
        async with asyncio.timeout(120):
            while state_of(store, "bad").state != "failed":
                assert not running.done()
                if number == store.count_conversations()["done"]:
                    store.add_conversations([small(f"good-{number}")])
                    number += 1
                await asyncio.sleep(0.1)
        await until(lambda: store.count_conversations()["done"] == number, running)
        await until(lambda: "holding" not in problems(validator), running)
        await until(lambda: store.last_weights(key) is not None, running)
        validator.stop()
        await running

        # Assert: it is named, the others are answered, and nobody is charged
        assert "miners answer others, but not a window of it" in state_of(store, "bad").reason
        assert not store.answers_of("bad", 0)
        assert all(isinstance(given.answer, Answer) for given in store.answers_of("good-0", 0))
        assert "Traceback" not in caplog.text


def network():
    return OwnFault(FaultKind.NETWORK, "none of 3 miners asked can be reached", "check it")


def test_holds_without_another_conversation_finished_between_them_blame_nobody():
    unanswered = Unanswered()
    unanswered.note_finished()
    assert not any(unanswered.is_to_blame("a", network()) for _ in range(50))


def test_holds_with_others_finished_between_them_blame_the_conversation_that_they_were_for():
    unanswered = Unanswered()
    verdicts = []
    for _ in range(HOLDS_BEFORE_BLAME + 1):
        verdicts.append(unanswered.is_to_blame("a", network()))
        unanswered.note_finished()
    assert verdicts == [False] * HOLDS_BEFORE_BLAME + [True]
    assert not unanswered.is_to_blame("b", network())


def test_each_blame_needs_another_finished_conversation():
    unanswered = Unanswered()
    for _ in range(HOLDS_BEFORE_BLAME):
        unanswered.is_to_blame("a", network())
        unanswered.note_finished()
    assert unanswered.is_to_blame("a", network())
    assert not any(unanswered.is_to_blame("a", network()) for _ in range(50))


def test_a_clock_or_a_permit_is_never_a_conversations_fault():
    unanswered = Unanswered()
    for kind in (FaultKind.CLOCK, FaultKind.CLOCK_STEPPED, FaultKind.PERMIT):
        for _ in range(2 * HOLDS_BEFORE_BLAME):
            unanswered.note_finished()
            assert not unanswered.is_to_blame("a", OwnFault(kind, "it is refused", "mend it"))
