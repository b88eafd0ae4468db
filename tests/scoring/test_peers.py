"""Peers: agreement beyond what needs no reading, and clones that share a seat."""

from __future__ import annotations

import random

import pytest

from cgp.scoring import AnswerRecord, Identity, clone_clusters, peer_terms, record_of
from cgp.scoring.settings import PeerSettings

TOPICS = {
    "w1": ("harbour seals", "tidal turbines", "porpoise clicks", "fouling paint"),
    "w2": ("mango hot sauce", "pineapple tepache", "glass jars", "fridge shelf"),
    "w3": ("school budget", "teacher pay", "class size", "exam results"),
    "w4": ("solar panels", "roof insulation", "heat pump", "power bill"),
}
GENERIC = ("people talking", "conversation", "discussion", "opinions")


def record(hotkey: str, window: str, tags) -> AnswerRecord:
    return AnswerRecord(hotkey, window, tuple(tags), "")


def reader(hotkey: str, keep: int = 4) -> list[AnswerRecord]:
    """A miner that reads: the window's topics, each in its own words."""
    return [record(hotkey, w, [f"{t} {hotkey}" for t in tags[:keep]]) for w, tags in TOPICS.items()]


def answering_always(hotkey: str, tags) -> list[AnswerRecord]:
    return [record(hotkey, window, tags) for window in TOPICS]


def alone(history) -> dict[str, int]:
    return {hotkey: i for i, hotkey in enumerate(sorted({r.hotkey for r in history}))}


def test_readers_agree_beyond_chance_and_rings_that_do_not_read_gain_nothing(bench):
    history = [r for name in ("a", "b", "c") for r in reader(name)]
    history += [r for name in ("x", "y", "z") for r in answering_always(name, GENERIC)]
    terms = peer_terms("w1", history, alone(history), bench.embedder)
    assert min(terms[name] for name in "abc") > 0.2
    assert max(terms[name] for name in "xyz") == pytest.approx(0.0, abs=1e-9)


def test_a_cluster_counts_once_and_its_members_do_not_confirm_each_other(bench):
    history = [r for name in ("a", "b", "c") for r in reader(name)]
    ring = [r for name in ("x", "y", "z") for r in answering_always(name, ())]
    secrets = dict(zip(TOPICS, ("piano", "volcano", "zebra", "kettle"), strict=True))
    ring = [record(r.hotkey, r.window, (secrets[r.window],)) for r in ring]
    open_ring = peer_terms("w1", history + ring, alone(history + ring), bench.embedder)
    clusters = alone(history) | dict.fromkeys("xyz", 99)
    closed = peer_terms("w1", history + ring, clusters, bench.embedder)
    assert open_ring["x"] > 0.2
    assert closed["x"] < 0.05
    assert closed["a"] > open_ring["a"]


def test_agreement_is_not_used_with_fewer_than_three_clusters_or_no_other_window(bench):
    history = [r for name in ("a", "b", "c") for r in reader(name)]
    assert peer_terms("w1", history, dict.fromkeys("abc", 0), bench.embedder) == {}
    assert peer_terms("w1", history, {"a": 0, "b": 0, "c": 1}, bench.embedder) == {}
    only = [r for r in history if r.window == "w1"]
    assert peer_terms("w1", only, alone(only), bench.embedder) == {}
    assert peer_terms("nowhere", history, alone(history), bench.embedder) == {}


def test_disagreement_is_negative(bench):
    history = [r for name in ("a", "b", "c") for r in reader(name)]
    late = [
        record("late", w, TOPICS[o]) for w, o in zip(TOPICS, ["w2", "w3", "w4", "w1"], strict=True)
    ]
    terms = peer_terms("w1", history + late, alone(history + late), bench.embedder)
    assert terms["late"] < 0 < terms["a"]


def test_identical_answers_make_a_cluster_after_some_windows():
    history = answering_always("b", GENERIC) + answering_always("a", GENERIC) + reader("c")
    assert clone_clusters(history) == {"a": 0, "b": 0, "c": 1}
    few = [r for r in history if r.window in ("w1", "w2")]
    assert clone_clusters(few) == {"a": 0, "b": 1, "c": 2}


def test_reordered_tags_and_reordered_words_are_still_the_same_answer():
    forward = [record("a", w, [f"alpha beta {w}", "gamma", "delta"]) for w in TOPICS]
    turned = [record("b", w, ["delta", f"beta {w} alpha", "gamma"]) for w in TOPICS]
    assert len(set(clone_clusters(forward + turned).values())) == 1


def test_miners_that_share_two_thirds_of_their_tags_are_no_clones():
    same = [record("a", w, ["one", "two", f"seal {w} x"]) for w in TOPICS]
    near = [record("b", w, ["one", "two", f"boat {w} y"]) for w in TOPICS]
    assert len(set(clone_clusters(same + near).values())) == 2


def test_rewording_or_cloning_only_sometimes_is_seen_through():
    topics = [("alpha beta", "gamma ray", "delta wing", f"omega {i}") for i in range(12)]
    original = [record("a", f"w{i}", tags) for i, tags in enumerate(topics)]
    reworded = [
        record("b", f"w{i}", ["the alpha beta", "gamma rays", "wing delta", f"omega {i} topic"])
        for i in range(12)
    ]
    sometimes = [
        record("c", f"w{i}", tags if i % 3 else ("piano", "zebra", "kettle"))
        for i, tags in enumerate(topics)
    ]
    assert len(set(clone_clusters(original + reworded).values())) == 1
    assert len(set(clone_clusters(original + sometimes).values())) == 1


def test_nobody_can_tie_honest_miners_together_by_resembling_both():
    windows = [f"w{i}" for i in range(8)]
    pairs = [("alpha", "omega"), ("beta", "psi"), ("gamma", "chi"), ("delta", "phi")]
    one = [record("honest1", w, [a for a, _ in pairs]) for w in windows]
    two = [record("honest2", w, [b for _, b in pairs]) for w in windows]
    both = [record("attacker", w, [f"{a} {b}" for a, b in pairs]) for w in windows]
    clusters = clone_clusters(one + two + both)
    assert clusters["honest1"] != clusters["honest2"]


def test_a_common_coldkey_or_address_joins_and_joining_is_transitive():
    identities = {
        "a": Identity("cold1", "1.1.1.1"),
        "b": Identity("cold1", "2.2.2.2"),
        "c": Identity("cold2", "2.2.2.2"),
        "d": Identity(None, None),
        "e": Identity("cold3", "3.3.3.3"),
    }
    assert clone_clusters([], identities) == {"a": 0, "b": 0, "c": 0, "d": 1, "e": 2}


def test_clusters_do_not_depend_on_the_order_of_the_history():
    history = [*reader("m"), *answering_always("z", GENERIC), *answering_always("k", GENERIC)]
    expected = clone_clusters(history)
    for seed in range(5):
        shuffled = history.copy()
        random.Random(seed).shuffle(shuffled)
        assert clone_clusters(shuffled) == expected


def test_a_record_keeps_normal_forms_and_survives_storage(bench):
    answer = bench.answer(
        ("Harbour  SEALS", "harbour-seals", "", "Wind") + ("x",) * 20, bench.own.profiles
    )
    kept = record_of("hot", "c:0-3", answer)
    assert kept.tags == ("harbour seals", "wind", "x")
    assert AnswerRecord.from_json(kept.to_json()) == kept
    other = bench.answer(("Harbour  SEALS",))
    assert record_of("hot", "c:0-3", other).digest != kept.digest
    for broken in ("[]", "{}", '{"tags": 3}'):
        with pytest.raises(ValueError, match="not a stored answer record"):
            AnswerRecord.from_json(broken)


def test_the_weight_of_agreement_is_small():
    assert PeerSettings().weight <= 0.10
