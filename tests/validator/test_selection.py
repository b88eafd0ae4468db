"""The choice of miners: fair, repeatable, never ourselves, never into a private network."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgp.chain.metagraph import Metagraph, Neuron
from validator.selection import MinerCandidate, Selection, candidates, draw, is_public


def miner(uid):
    return MinerCandidate(uid, f"hotkey {uid}", "cold", f"8.8.8.{uid}:80", 1)


def neuron(uid, axon):
    return Neuron(uid, f"hotkey {uid}", "cold", axon, False, 0.0, 0.0, 0, 5)


def metagraph(*axons):
    return Metagraph(18, 9, None, tuple(neuron(uid, axon) for uid, axon in enumerate(axons)))


def test_only_others_who_serve_are_asked():
    seen = candidates(metagraph("8.8.8.8:1", None, "8.8.4.4:2"), "hotkey 0", allow_private=False)
    assert [(c.uid, c.axon, c.registered_at) for c in seen] == [(2, "8.8.4.4:2", 5)]


@pytest.mark.parametrize(
    "axon",
    [
        "127.0.0.1:80",
        "10.0.0.1:80",
        "192.168.1.1:80",
        "169.254.169.254:80",
        "0.0.0.0:80",
        "[::1]:80",
        "[fe80::1]:80",
        "[fd00::1]:80",
        "[::ffff:127.0.0.1]:80",
        "224.0.0.1:80",
        "x:80",
    ],
)
def test_no_request_goes_into_a_private_network_unless_it_may(axon):
    assert not is_public(axon)
    assert not candidates(metagraph(axon), "other", allow_private=False)
    assert candidates(metagraph(axon), "other", allow_private=True)


@pytest.mark.parametrize("axon", ["8.8.8.8:80", "[2001:4860:4860::8888]:80"])
def test_public_addresses_are_asked(axon):
    assert is_public(axon)


@given(st.integers(1, 20), st.integers(1, 6), st.integers(0, 2**32))
def test_all_miners_are_asked_equally_often(miners, count, seed):
    among = [miner(uid) for uid in range(miners)]
    selection = Selection({}, seed)
    asked = Counter()
    for window in range(30):
        chosen = selection.choose(among, count, "c", window)
        assert len({c.uid for c in chosen}) == len(chosen) == min(count, miners)
        asked.update(c.uid for c in chosen)
    assert max(asked.values()) - min(asked[uid] for uid in range(miners)) <= 1


def test_the_choice_is_repeatable_and_depends_on_the_seed():
    among = [miner(uid) for uid in range(12)]

    def choices(seed):
        selection = Selection({}, seed)
        return [selection.choose(among, 3, "c", window) for window in range(10)]

    assert choices(1) == choices(1)
    assert choices(1) != choices(2)


def test_groups_of_miners_vary():
    among = [miner(uid) for uid in range(6)]
    selection = Selection({}, 0)
    groups = {
        frozenset(c.uid for c in selection.choose(among, 3, "c", window)) for window in range(40)
    }
    assert len(groups) > 8


def test_neither_a_newcomer_nor_one_who_was_away_is_flooded():
    among = [miner(uid) for uid in range(6)]
    selection = Selection({f"hotkey {uid}": 1000 for uid in range(4)} | {"hotkey 4": 10}, 0)
    asked = Counter(c.uid for window in range(20) for c in selection.choose(among, 2, "c", window))
    assert asked[4] <= 10
    assert asked[5] <= 10
    assert min(asked.values()) >= 3


def test_a_draw_is_the_same_on_every_machine():
    assert draw(0, "c", 1, "hotkey") == draw(0, "c", 1, "hotkey") != draw(0, "c", 11, "hotkey")
    assert draw("a", "bc") != draw("ab", "c")
    assert 0 <= draw("x") < 2**63
