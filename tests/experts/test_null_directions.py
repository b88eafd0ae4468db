"""A gain that a random direction has as surely is luck, and nobody is paid for it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.experts.block import SPECIFICATION, Block, Kind, Payload, sign
from cgp.experts.calibration import fitted
from cgp.experts.judge import Change, Reason, Rule, measure
from cgp.experts.ledger import Ledger, State
from cgp.experts.mixture import Layer, Member, with_member
from cgp.experts.network import LinearNetwork, MlpNetwork
from cgp.experts.null_directions import (
    Addition,
    is_surer_than_chance,
    random_directions,
    sureness,
)
from cgp.experts.specification import Specification
from cgp.experts.window_table import added_log_odds, base_log_odds
from cgp.tagmodel.head import INPUTS
from tests.experts.world import (
    OPERATOR,
    Clock,
    german_gate,
    good,
    hand_in,
    head,
    judge,
    ledger,
    specification,
    table,
)

EMPTY = (Layer("language", 2, ()),)
THRESHOLDS_ALONE = Rule(null_draws=0)


@pytest.fixture(scope="module")
def hold_out():
    """Return windows that the head gets so wrong that luck alone passes the thresholds."""
    return table(11, strength=3.0)


def change(network, digest="sha256:x"):
    member = Member("language.german", digest, german_gate(), lambda: network)
    after = with_member(EMPTY, "language", member)
    return Change(digest, EMPTY, after, "language", "language.german")


def random_linear(seed):
    random = np.random.default_rng(seed)
    return LinearNetwork(
        {"w": random.normal(size=INPUTS) * 0.05, "b": random.normal(size=1) * 0.05}
    )


def random_mlp(seed):
    random = np.random.default_rng(seed)
    return MlpNetwork(
        {
            "u": random.normal(size=(INPUTS, 16)) * 0.2,
            "c": random.normal(size=16) * 0.2,
            "v": random.normal(size=16) * 0.1,
        }
    )


def lucky(make, hold_out):
    """Return the first random network that the thresholds alone accept."""
    networks = map(make, range(200))
    return next(
        n for n in networks if measure(head(), change(n), hold_out, THRESHOLDS_ALONE).is_accepted
    )


@pytest.mark.parametrize("make", [random_linear, random_mlp])
def test_a_lucky_direction_truly_gains_and_is_refused_all_the_same(hold_out, make):
    network = lucky(make, hold_out)

    decision = measure(head(), change(network), hold_out)

    assert decision.reason is Reason.CHANCE
    assert decision.told_gain == 0
    # It is no fault of the bootstrap: other windows gain as well.
    fresh = table(99, 2000, strength=3.0)
    base = base_log_odds(head(), fresh)
    after = fresh.losses(base + added_log_odds(change(network).after, fresh)).mean()
    assert after < 0.995 * fresh.losses(base).mean()


@pytest.mark.parametrize("share", [0.05, 0.3, 1.0])
def test_what_was_learned_is_accepted_whatever_its_size(hold_out, share):
    assert measure(head(), change(good(3.0 * share)), hold_out).is_accepted


@pytest.mark.parametrize("draws", [1, 4, 9])
def test_random_candidates_come_first_as_seldom_as_chance_says(draws):
    # Prepare: windows that the head gets wrong, and candidates behind half-open gates.
    windows = table(5, 40, strength=3.0)
    before = base_log_odds(head(), windows) + 1.0
    openings = np.random.default_rng(0).random(40)[windows.window_of_row]
    count, firsts = 300, 0

    # Execute
    for seed in range(count):
        random = np.random.default_rng([1, seed])
        added = openings * (windows.rows @ random.normal(size=INPUTS) + random.normal())
        firsts += is_surer_than_chance(
            Addition(before, added * 10.0 ** random.uniform(-3, 0), openings),
            windows,
            draws,
            seed,
            lambda log_odds: windows.losses(fitted(log_odds, windows, windows.slices)),
        )

    # Assert: no oftener than first of its like, no seldomer than first of both kinds.
    low, high = 1 / (2 * draws + 1), 1 / (draws + 1)
    low_error, high_error = (4 * np.sqrt(p * (1 - p) / count) for p in (low, high))
    assert low - low_error < firsts / count < high + high_error
    assert firsts > 0


@given(st.integers(0, 2**32), st.floats(1e-3, 1e3))
def test_directions_are_of_one_size_behind_the_gate_and_half_of_them_know_no_units(seed, unit):
    # Prepare
    windows = table(6, 12)
    openings = np.repeat([0.0, 0.5, 1.0], len(windows.inputs) // 3)
    inputs = windows.inputs.copy()
    inputs[:, 3] *= unit

    # Execute
    directions, others = (
        np.hstack(
            [np.hstack(list(blocks)) for blocks in random_directions(part, openings, 5, seed)]
        )
        for part in (windows, replace(windows, inputs=inputs))
    )

    # Assert
    assert directions.shape == (len(openings), 10)
    assert np.allclose((directions**2).mean(axis=0), 1.0)
    assert (directions[openings == 0.0] == 0.0).all()
    assert np.allclose(directions[:, 5:], others[:, 5:], atol=1e-4)
    # Of the others none is drawn twice.
    assert np.unique(directions.round(6), axis=1).shape == directions.shape


@given(st.integers(0, 2**32), st.floats(1e-3, 1e3))
def test_a_gain_is_as_sure_in_other_units_and_when_a_conversation_says_it_twice(seed, unit):
    gains = np.random.default_rng(seed).normal(0.1, size=(30, 4))
    origins = [str(number // 2) for number in range(30)]

    sure = sureness(gains, origins)

    assert np.allclose(sureness(unit * gains, origins), sure)
    assert np.allclose(sureness(-gains, origins), -sure)
    assert np.allclose(sureness(np.vstack([gains, gains]), [*origins, *origins]), sure)
    # As many conversations more would make it surer.
    others = [f"other {origin}" for origin in origins]
    twice = sureness(np.vstack([gains, gains]), [*origins, *others])
    assert np.allclose(twice, np.sqrt(2.0) * sure)


def test_of_a_single_conversation_the_greater_gain_is_surer():
    gains = np.array([[0.1, 0.2], [0.1, 0.2]])

    first, second = sureness(gains, ["a", "a"])

    assert np.isfinite([first, second]).all()
    assert first < second


def test_a_ledger_that_was_made_before_keeps_its_rule(tmp_path, hold_out):
    # Prepare: the first block of a ledger from before random directions were drawn.
    document = json.loads(specification().to_bytes())
    del document["null_draws"]
    data, clock = json.dumps(document).encode(), Clock()
    payload = Payload.of(SPECIFICATION, data)
    genesis = Block(Kind.META, "genesis", OPERATOR.ss58_address, int(clock()), payloads=(payload,))
    network = lucky(random_linear, hold_out)

    # Execute
    with Ledger(tmp_path / "old", clock) as book:
        book.blobs.prepare()
        book.add(genesis, sign(genesis, OPERATOR), {payload.digest: data}, State.STORED)
        assert book.specification.rule() == replace(specification().rule(), null_draws=0)
        old = judge(book, hold_out).decide(book, hand_in(book, network).digest).record
    with ledger(tmp_path / "new", null_draws=Rule().null_draws) as book:
        new = judge(book, hold_out).decide(book, hand_in(book, network).digest).record

    # Assert
    assert old.state is State.ACCEPTED
    assert (new.state, new.reason) == (State.REFUSED, "chance")


def test_a_specification_says_how_many_directions_are_drawn():
    usual = Specification({"language": 2}, (OPERATOR.ss58_address,))
    assert usual.rule() == Rule()
    asked = specification(null_draws=19)
    assert Specification.from_bytes(asked.to_bytes()) == asked
    for number in (-1, 100_001, True, "1"):
        with pytest.raises(ValueError, match="null_draws is a whole number of 0 to 100,000"):
            specification(null_draws=number)
