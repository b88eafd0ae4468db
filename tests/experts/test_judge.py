"""The judge: noise is refused, gains are accepted and measured, claims count nothing."""

from dataclasses import replace

import numpy as np
import pytest

from cgp.experts.block import Kind
from cgp.experts.errors import Fault, RefusedError
from cgp.experts.judge import Change, HoldOutTooSmallError, Reason, measure
from cgp.experts.judging import HoldOutError, Judge
from cgp.experts.ledger import State
from cgp.experts.ledger_check import check
from cgp.experts.mixture import Layer, Member, with_member
from cgp.experts.standing import Networks, standing_mixture
from cgp.experts.submission import CLAIM, expert_submission, router_submission, submit
from cgp.experts.window_table import added_log_odds, base_log_odds
from tests.experts.world import (
    ALICE,
    BOB,
    DAY,
    OPERATOR,
    Clock,
    german_gate,
    good,
    hand_in,
    head,
    judge,
    ledger,
    noise,
    registered,
    table,
)

EMPTY = (Layer("language", 2, ()),)


def change(network, digest="sha256:x", before=EMPTY, gate=None):
    member = Member("language.german", digest, gate or german_gate(), lambda: network)
    after = with_member(before, "language", member)
    return Change(digest, before, after, "language", "language.german")


@pytest.fixture(scope="module")
def hold_out():
    return table(11)


def true_share(network, seed=99):
    """Return the relative gain on windows that nobody judges by."""
    fresh = table(seed, 1000)
    base = base_log_odds(head(), fresh)
    before = fresh.losses(base).mean()
    return (
        before - fresh.losses(base + added_log_odds(change(network).after, fresh)).mean()
    ) / before


def test_noise_is_refused(hold_out):
    # 60 of the 500 that `benchmarks/experts_judge.py` runs.
    accepted = [
        seed
        for seed in range(60)
        if measure(head(), change(noise(seed), f"sha256:{seed}"), hold_out).is_accepted
    ]

    assert accepted == []


def test_gains_of_two_percent_are_accepted():
    network = good()
    assert true_share(network) >= 0.02
    # 10 of the 20 seeds of `benchmarks/experts_judge.py`.
    decisions = [measure(head(), change(network, f"sha256:{s}"), table(s)) for s in range(20, 30)]

    assert sum(decision.is_accepted for decision in decisions) >= 9
    assert all(decision.routed_share == pytest.approx(0.5, abs=0.02) for decision in decisions)


def test_a_kind_of_talk_that_gets_worse_stops_a_gain():
    # Prepare: German windows gain more than English ones lose. So many windows say so surely.
    hold_out = table(11, 1500)
    helping, harming = good(), noise(1, 0.22)
    before = EMPTY
    english = replace(german_gate(), weights=-german_gate().weights)
    harm = Member("language.english", "sha256:h", english, lambda: harming)
    help_ = Member("language.german", "sha256:g", german_gate(), lambda: helping)
    after = with_member(with_member(before, "language", help_), "language", harm)

    # Execute
    decision = measure(head(), Change("sha256:b", before, after, "language", None), hold_out)

    # Assert
    assert decision.gain > 0.0
    assert decision.worst_slice == "en"
    assert not decision.is_accepted


def test_a_chance_in_a_kind_of_one_conversation_stops_no_gain(hold_out):
    # Prepare: each of the last windows is a kind of its own, and one of them loses.
    kinds = [f"kind {n}" if n >= 280 else name for n, name in enumerate(hold_out.slices)]
    layers = change(good()).after
    base = base_log_odds(head(), hold_out)
    gains = hold_out.losses(base) - hold_out.losses(base + added_log_odds(layers, hold_out))
    assert (gains[280:] < 0).any()

    # Execute
    decision = measure(head(), change(good()), replace(hold_out, slices=tuple(kinds)))

    # Assert: together they are a kind that can be told of.
    assert decision.is_accepted
    harmed = replace(hold_out, slices=tuple("kind" if g < 0 else "rest" for g in gains))
    assert measure(head(), change(good()), harmed).worst_slice == "kind"


def test_an_expert_that_is_never_routed_is_refused(hold_out):
    from cgp.experts.gate import Gate

    shut = Gate(np.full_like(german_gate().weights, -500.0))

    assert measure(head(), change(good(), gate=shut), hold_out).reason in {
        Reason.NEVER_ROUTED,
        Reason.NO_GAIN,
    }


def test_a_small_hold_out_decides_nothing():
    with pytest.raises(HoldOutTooSmallError, match="299"):
        measure(head(), change(good()), table(1, 299))


def test_the_same_candidate_and_hold_out_give_the_same_decision(hold_out):
    assert measure(head(), change(good()), hold_out) == measure(head(), change(good()), hold_out)


def test_a_verdict_tells_the_gain_in_steps_and_nothing_of_the_hold_out(tmp_path):
    with ledger(tmp_path / "ledger") as book:
        hold_out = table(7)
        outcome = judge(book, hold_out).decide(book, hand_in(book, good()).digest)
        [verdict] = book.records(kind=Kind.VERDICT)
        notes = book.block(verdict.digest).notes

        assert outcome.record.state is State.ACCEPTED
        grain = round(0.001 * outcome.measurement.loss_before * 1e6)
        assert int(notes["gain"]) % grain == 0
        assert 0 <= outcome.measurement.gain * 1e6 - int(notes["gain"]) < grain
        assert set(notes) == {"accepted", "reason", "gain", "routed", "against"}
        stored = [book.blobs.get(digest) for digest in book.blobs.digests()]
        assert all(hold_out.to_bytes() != data for data in stored)
        assert all(hold_out.salt.encode() not in data for data in stored)


def test_a_claimed_loss_changes_nothing(tmp_path):
    states = {}
    for claim in ("", "0", "999", "nan"):
        with ledger(tmp_path / f"ledger{claim}") as book:
            bench = judge(book)
            submission = expert_submission(
                book, "language.noise", noise(4), german_gate(), ALICE, claim=claim
            )
            record = submit(book, submission, registered)
            states[claim] = bench.decide(book, record.digest).record.state
            assert book.block(record.digest).notes.get(CLAIM, "") == claim

    assert set(states.values()) == {State.REFUSED}


def test_two_thirds_of_the_judges_move_a_head(tmp_path):
    from bittensor.sp_core import Keypair

    judges = [Keypair.create_from_uri(f"//Judge{n}") for n in range(3)]
    addresses = tuple(key.ss58_address for key in judges)
    with ledger(tmp_path / "ledger", judges=addresses) as book:
        benches = [judge(book, table(20 + n), key) for n, key in enumerate(judges)]
        record = hand_in(book, good())
        first = benches[0].decide(book, record.digest).record
        again = benches[0].decide(book, record.digest).record
        second = benches[1].decide(book, record.digest).record

        assert (first.state, again.state) == (State.PENDING, State.PENDING)
        assert second.state is State.ACCEPTED
        with pytest.raises(RefusedError) as error:
            Judge(head(), table(20), OPERATOR, Networks(book)).decide(book, record.digest)
        assert error.value.fault is Fault.NOT_A_JUDGE


def test_a_hold_out_serves_the_epoch_that_it_was_sealed_for(tmp_path):
    clock = Clock()
    with ledger(tmp_path / "ledger", clock) as book:
        bench = judge(book)
        record = hand_in(book, good())
        clock.now += DAY
        with pytest.raises(HoldOutError, match="epoch"):
            bench.decide(book, record.digest)
        unsealed = Judge(head(), table(8), OPERATOR, Networks(book))
        with pytest.raises(HoldOutError, match="not sealed"):
            unsealed.decide(book, record.digest)


def test_a_better_version_replaces_the_head_and_its_gain_is_its_own(tmp_path):
    clock = Clock()
    with ledger(tmp_path / "ledger", clock) as book:
        judge(book, table(7)).decide(book, hand_in(book, good(0.4)).digest)
        clock.now += DAY
        second = hand_in(book, good(1.0), keypair=BOB)
        outcome = judge(book, table(8)).decide(book, second.digest)

        assert outcome.record.state is State.ACCEPTED
        assert [block.signer for block in book.history("language.german")] == [
            BOB.ss58_address,
            ALICE.ss58_address,
        ]
        assert outcome.measurement.gain < true_share(good()) * outcome.measurement.loss_before


def test_a_router_that_opens_gates_where_they_help_is_accepted_and_used(tmp_path):
    # Prepare: an expert whose own gate is open for German windows by half alone.
    clock = Clock()
    with ledger(tmp_path / "ledger", clock) as book:
        half = replace(german_gate(), weights=german_gate().weights * 0.0)
        outcome = judge(book, table(7)).decide(book, hand_in(book, good(0.8), gate=half).digest)
        assert outcome.record.state is State.ACCEPTED
        clock.now += DAY

        # Execute
        gates = {"language.german": german_gate()}
        submission = router_submission(book, "language", gates, BOB)
        record = submit(book, submission, registered)
        routed = judge(book, table(8)).decide(book, record.digest)

        # Assert
        assert routed.record.state is State.ACCEPTED
        assert routed.measurement.routed_share == 1.0
        [member] = standing_mixture(book, Networks(book)).layers[1].members
        assert np.array_equal(member.gate.weights, german_gate().weights)
        assert check(book).faults == ()


def test_a_router_of_another_shape_is_refused(tmp_path):
    with ledger(tmp_path / "ledger") as book:
        short = replace(german_gate(), weights=german_gate().weights[:5])
        submission = router_submission(book, "language", {"language.german": short}, BOB)
        with pytest.raises(RefusedError) as error:
            submit(book, submission, registered)
        assert error.value.fault is Fault.WRONG_TENSORS
