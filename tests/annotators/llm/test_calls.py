"""What a call costs in time, tries and money, and when it is not made at all."""

import asyncio
from datetime import date
from functools import partial

import pytest

from cgp.annotators import model_calls
from cgp.annotators.costs import Budget, CostLedger, Usage, read_accounts
from cgp.annotators.errors import (
    BackendUnavailableError,
    BudgetExhaustedError,
    CircuitOpenError,
    UnusableAnswerError,
)
from cgp.annotators.llm import make_llm_annotator
from cgp.annotators.resilience import CircuitBreaker
from tests.annotators.llm.conftest import conversation
from tests.kit.llm_server import Drops, OpenAIServer, Says, Stalls, Status, Waits


async def annotate_in_turn(annotator, talks):
    for talk in talks:
        await annotator.annotate(talk, max_tags=8)


async def accounts(settings, server):
    return await read_accounts(settings(server).data_dir / "llm-costs.sqlite")


async def test_the_wait_that_a_server_asks_for_is_kept(serve, annotator_for, talk, good):
    server = await serve(Status(429, headers={"Retry-After": "0.3"}), Says(good))
    clock = asyncio.get_running_loop().time
    start = clock()
    await annotator_for(server, retries=1).annotate(talk, max_tags=8)
    assert clock() - start >= 0.3
    assert len(server.requests) == 2


async def test_a_wait_beyond_the_time_left_ends_at_once(serve, annotator_for, talk):
    server = await serve(Status(429, headers={"Retry-After": "120"}))
    with pytest.raises(BackendUnavailableError, match=r"asked once, and asks for 120 s"):
        await annotator_for(server, retries=3).annotate(talk, max_tags=8)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("prompt", "remedy"),
    [
        ("full", "LLM_PROMPT=small, or a longer LLM_TIMEOUT_SECONDS"),
        ("small", "a longer LLM_TIMEOUT_SECONDS"),
    ],
)
async def test_a_slow_program_of_ones_own_machine_says_what_helps(
    annotator_for, talk, prompt, remedy
):
    async with OpenAIServer([Stalls()]).running() as server:
        annotator = annotator_for(
            server, type="llama.cpp", timeout_seconds=0.3, attempt_seconds=0.3, prompt=prompt
        )
        with pytest.raises(BackendUnavailableError, match=rf"on a slow machine: {remedy}\)"):
            await annotator.annotate(talk, max_tags=8)


async def test_repeats_stop_at_the_deadline(serve, annotator_for, talk):
    server = await serve(Stalls())
    annotator = annotator_for(server, retries=10, attempt_seconds=0.4, timeout_seconds=2.4)
    with pytest.raises(BackendUnavailableError):
        await annotator.annotate(talk, max_tags=8)
    assert 2 <= len(server.requests) <= 7


async def test_a_failing_server_is_left_alone_and_tried_again(
    serve, annotator_for, talk, good, monkeypatch
):
    server = await serve(Status(500), Status(500), Says(good))
    now = 0.0
    clocked = partial(CircuitBreaker, clock=lambda: now)
    monkeypatch.setattr(model_calls, "CircuitBreaker", clocked)
    annotator = annotator_for(server, breaker_failures=2, breaker_seconds=1.0)
    for _ in range(2):
        with pytest.raises(BackendUnavailableError, match="HTTP 500"):
            await annotator.annotate(talk, max_tags=8)
    with pytest.raises(CircuitOpenError, match=r"left alone .* after 2 failures.*HTTP 500"):
        await annotator.annotate(talk, max_tags=8)
    assert len(server.requests) == 2
    now = 1.05
    assert (await annotator.annotate(talk, max_tags=8)).tags


async def test_the_same_content_is_asked_for_once(serve, settings, talk, good):
    server = await serve(Says(good))
    for _ in range(2):  # the second run finds the answers of the first on disk
        annotator = make_llm_annotator(settings(server))
        first = await annotator.annotate(talk, max_tags=8)
        again = await annotator.annotate(talk, max_tags=8)
        await annotator.close()
        assert first == again
    assert len(server.requests) == 1
    (account,) = await accounts(settings, server)
    assert (account.calls, account.cached) == (1, 3)


async def test_requests_at_the_same_time_share_one_call(serve, annotator_for, talk, good):
    gate = asyncio.Event()
    server = await serve(Waits(gate, Says(good)))
    annotator = annotator_for(server)
    tasks = [asyncio.create_task(annotator.annotate(talk, max_tags=8)) for _ in range(20)]
    await server.arrived(1)
    tasks[0].cancel()  # the one that started the call leaves; the others keep it
    await asyncio.sleep(0.02)
    gate.set()
    results = await asyncio.gather(*tasks[1:])
    assert len(server.requests) == 1
    assert all(result == results[0] for result in results)
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]


async def test_two_processes_do_not_ask_the_same(serve, annotator_for, talk, good):
    """Two annotators share nothing but the files, as two processes do."""
    gate = asyncio.Event()
    server = await serve(Waits(gate, Says(good)))
    one, two = annotator_for(server), annotator_for(server)
    tasks = [asyncio.create_task(a.annotate(talk, max_tags=8)) for a in (one, two)]
    await server.arrived(1)
    await asyncio.sleep(0.15)
    gate.set()
    first, second = await asyncio.gather(*tasks)
    assert first == second
    assert len(server.requests) == 1


async def test_other_content_model_or_number_of_tags_is_another_question(
    serve, annotator_for, talk, good
):
    server = await serve(Says(good))
    await annotator_for(server).annotate(talk, max_tags=8)
    await annotator_for(server).annotate(talk, max_tags=7)
    await annotator_for(server, model="n").annotate(talk, max_tags=8)
    await annotator_for(server).annotate(
        conversation("The ticket prices of public transport"), max_tags=8
    )
    assert len(server.requests) == 4


async def test_an_unusable_answer_is_remembered_too(serve, annotator_for, talk):
    server = await serve(Says("no"))
    annotator = annotator_for(server)
    for _ in range(3):
        with pytest.raises(UnusableAnswerError):
            await annotator.annotate(talk, max_tags=8)
    assert len(server.requests) == 2  # the question and its repair


async def test_no_more_requests_than_allowed_are_in_flight(serve, annotator_for, good):
    gate = asyncio.Event()
    server = await serve(Waits(gate, Says(good)))
    annotator = annotator_for(server, concurrency=2)
    talks = [conversation(f"Ticket prices of bus number {i}") for i in range(6)]
    tasks = [asyncio.create_task(annotator.annotate(talk, max_tags=8)) for talk in talks]
    await server.arrived(2)
    await asyncio.sleep(0.05)
    gate.set()
    await asyncio.gather(*tasks)
    assert server.most_in_flight == 2


async def test_a_cancelled_call_is_closed_and_its_money_presumed_spent(serve, settings, talk):
    server = await serve(Stalls())
    annotator = make_llm_annotator(settings(server, price_input=1, price_output=1, run_budget=1))
    task = asyncio.create_task(annotator.annotate(talk, max_tags=8))
    await server.arrived(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await annotator.close()
    (account,) = await accounts(settings, server)
    assert (account.calls, account.failed) == (1, 1)
    assert account.usd == account.presumed_usd > 0


async def test_tokens_and_money_come_from_the_response(serve, settings, talk, good):
    server = await serve(Says(good, tokens=(1000, 50)))
    annotator = make_llm_annotator(settings(server, price_input=2.0, price_output=10.0))
    await annotator.annotate(talk, max_tags=8, purpose="ground_truth")
    await annotator.close()
    (account,) = await accounts(settings, server)
    assert (account.input_tokens, account.output_tokens, account.calls) == (1000, 50, 1)
    assert account.usd == pytest.approx((1000 * 2 + 50 * 10) / 1e6)
    assert account.purpose == "ground_truth"
    assert account.presumed_usd == 0


async def test_the_price_that_a_server_tells_counts_before_the_table(settings, talk, good):
    async with OpenAIServer([Says(good, cost=0.125)]).running() as server:
        annotator = make_llm_annotator(settings(server))
        await annotator.annotate(talk, max_tags=8)
        await annotator.close()
        (account,) = await accounts(settings, server)
        assert (account.usd, account.unpriced) == (0.125, 0)


async def test_a_call_without_a_price_is_counted_as_such(serve, settings, talk, good):
    server = await serve(Says(good))
    annotator = make_llm_annotator(settings(server))
    await annotator.annotate(talk, max_tags=8)
    await annotator.close()
    (account,) = await accounts(settings, server)
    assert (account.unpriced, account.usd, account.input_tokens) == (1, 0, 100)


async def test_a_refused_connection_costs_nothing_and_a_lost_answer_the_most(settings, talk):
    async with OpenAIServer([Drops(after_start=True)]).running() as server:
        annotator = make_llm_annotator(settings(server, price_input=1, price_output=1))
        with pytest.raises(BackendUnavailableError):
            await annotator.annotate(talk, max_tags=8)
    with pytest.raises(BackendUnavailableError, match="no connection"):
        await annotator.annotate(talk, max_tags=7)
    await annotator.close()
    (account,) = await accounts(settings, server)
    assert (account.calls, account.failed) == (2, 2)
    assert account.usd == account.presumed_usd
    assert 4096 / 1e6 < account.usd < 2 * 4096 / 1e6


@pytest.mark.parametrize("budget", ["daily_budget", "run_budget"])
async def test_a_budget_stops_calls_with_a_clear_message(serve, annotator_for, good, budget):
    server = await serve(Says(good, tokens=(1000, 1000)))
    prices = {"price_input": 10.0, "price_output": 10.0, "max_output_tokens": 1000}
    annotator = annotator_for(server, **prices, **{budget: 0.1})
    talks = [conversation(f"Ticket prices of bus number {i}") for i in range(10)]
    with pytest.raises(BudgetExhaustedError, match=rf"LLM_{budget.upper()} of \$0.1 is spent"):
        await annotate_in_turn(annotator, talks)
    # 1000 + 1000 tokens are $0.02; the most that a call can cost is about $0.07.
    assert 1 <= len(server.requests) <= 4
    assert server.problems == []


async def test_calls_at_the_same_time_cannot_exceed_a_budget_together(tmp_path):
    """Ten reserve at once from two ledgers on one file; the day has money for three."""
    ledgers = [
        CostLedger(tmp_path / "c.sqlite", Budget(day=3.0), day=lambda: date(2026, 1, 1))
        for _ in range(2)
    ]
    reservations = [ledgers[i % 2].reservation("m", "p", 1.0) for i in range(10)]
    results = await asyncio.gather(
        *(ledgers[i % 2].reserve(r) for i, r in enumerate(reservations)), return_exceptions=True
    )
    allowed = [i for i, result in enumerate(results) if result is None]
    assert len(allowed) == 3
    for i, reservation in enumerate(reservations):
        ledgers[i % 2].settle(reservation, Usage(usd=0.5))
    for ledger in ledgers:
        await ledger.close()
    (account,) = await read_accounts(tmp_path / "c.sqlite")
    assert (account.calls, account.usd) == (3, 1.5)


async def test_a_new_day_has_new_money(tmp_path):
    day = [date(2026, 1, 1)]
    ledger = CostLedger(tmp_path / "c.sqlite", Budget(day=1.0), day=lambda: day[0])
    await ledger.reserve(ledger.reservation("m", "p", 1.0))
    with pytest.raises(BudgetExhaustedError):
        await ledger.reserve(ledger.reservation("m", "p", 0.1))
    for later in (2, 3, 9):
        day[0] = date(2026, 1, later)
        await ledger.reserve(ledger.reservation("m", "p", 1.0))
    await ledger.close()
