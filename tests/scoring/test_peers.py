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


def over(hotkey: str, windows: int, tags) -> list[AnswerRecord]:
    """Answers to many windows; ``tags`` are given the number of the window."""
    return [record(hotkey, f"w{i}", tags(i)) for i in range(windows)]


SPARE = ("kettle", "zebra", "violin", "castle", "pirate", "lemon", "desert", "rocket", "piano")
NOUNS = [
    "kettle",
    "zebra",
    "violin",
    "castle",
    "pirate",
    "lemon",
    "desert",
    "rocket",
    "piano",
    "harbour",
    "turbine",
    "budget",
    "teacher",
    "roof",
    "mango",
    "pepper",
    "glacier",
    "tuba",
    "orchid",
    "lizard",
    "copper",
    "novel",
    "parliament",
    "diabetes",
    "volcano",
    "cricket",
    "algebra",
    "carpet",
    "sausage",
    "helicopter",
    "wedding",
    "inflation",
    "monastery",
    "tornado",
    "bicycle",
    "chess",
    "rainforest",
    "dentist",
]
PHRASES = ("harbour seals", "tidal turbines", "porpoise clicks", "fouling paint", "strike price")


def phrases(i: int) -> tuple[str, ...]:
    """Five phrases, others in every window."""
    return tuple(
        f"{phrase.split()[i % 2]} {SPARE[(i + n) % 9]}" for n, phrase in enumerate(PHRASES)
    )


def reworded(i: int) -> tuple[str, ...]:
    """Four of them, none in the same words, and a word of one's own."""
    added = ("region", "engine", "sound", "layer")
    return (*(f"{tag} {word}" for tag, word in zip(phrases(i)[:4], added, strict=True)), "mango")


def test_identical_answers_make_a_cluster_after_some_windows(bench):
    history = answering_always("b", GENERIC) + answering_always("a", GENERIC) + reader("c")
    assert clone_clusters(history, bench.embedder) == {"a": 0, "b": 0, "c": 1}
    few = [r for r in history if r.window in ("w1", "w2")]
    assert clone_clusters(few, bench.embedder) == {"a": 0, "b": 1, "c": 2}


def test_reordered_tags_and_reordered_words_are_still_the_same_answer(bench):
    forward = [record("a", w, [f"alpha beta {w}", "gamma", "delta"]) for w in TOPICS]
    turned = [record("b", w, ["delta", f"beta {w} alpha", "gamma"]) for w in TOPICS]
    assert len(set(clone_clusters(forward + turned, bench.embedder).values())) == 1


def test_tags_in_a_script_unknown_to_the_embedder_are_compared_as_they_are(bench):
    unknown = "\U00012000\U00012001", "\U00012002"
    history = answering_always("a", unknown) + answering_always("b", unknown)
    assert len(set(clone_clusters(history, bench.embedder).values())) == 1


def test_rewording_every_tag_is_seen_through_once_there_are_windows_enough(bench):
    history = over("a", 14, phrases) + over("b", 14, reworded)
    assert len(set(clone_clusters(history, bench.embedder).values())) == 1
    soon = [r for r in history if int(r.window[1:]) < 11]
    assert len(set(clone_clusters(soon, bench.embedder).values())) == 2


def test_miners_that_share_half_of_their_tags_are_no_clones(bench):
    mine = over("a", 20, lambda i: (*PHRASES[:3], *SPARE[:3]))
    theirs = over("b", 20, lambda i: (*PHRASES[:3], *SPARE[3:6]))
    assert len(set(clone_clusters(mine + theirs, bench.embedder).values())) == 2


def test_cloning_on_two_tasks_of_three_is_seen_through(bench):
    original = over("a", 15, phrases)
    sometimes = over("b", 15, lambda i: phrases(i) if i % 3 else phrases(i + 1))
    assert len(set(clone_clusters(original + sometimes, bench.embedder).values())) == 1


def drawn(*seed: int, count: int = 12) -> tuple[str, ...]:
    """Return some of the nouns, as one reader of many might choose them."""
    return tuple(random.Random(str(seed)).sample(NOUNS, count))


def test_partners_that_change_with_every_window_are_seen_through(bench):
    clones = [f"clone{seat}" for seat in range(8)]
    alone = [f"alone{seat}" for seat in range(8)]
    history = []
    for window in range(40):
        order = random.Random(window).sample(range(8), 8)
        for seat, hotkey in enumerate(clones):
            history.append(record(hotkey, f"w{window}", drawn(window, order.index(seat) // 2)))
        for seat, hotkey in enumerate(alone):
            history.append(record(hotkey, f"w{window}", drawn(window, 100 + seat)))
    clusters = clone_clusters(history, bench.embedder)
    assert len({clusters[hotkey] for hotkey in clones}) == 1
    assert len({clusters[hotkey] for hotkey in alone}) == 8


def test_saying_all_there_is_to_say_of_small_windows_makes_nobody_a_clone(bench):
    """Two read every window apart; a third of them hold but five tags. Four others say other things."""
    history = []
    for window in range(39):
        small = window % 3 == 0
        for seat in range(2):
            tags = drawn(window, count=5) if small else drawn(window, seat)
            history.append(record(f"reader{seat}", f"w{window}", tags))
        history += [record(f"other{i}", f"w{window}", drawn(window, i)) for i in range(2, 6)]
    assert len(set(clone_clusters(history, bench.embedder).values())) == 6


def test_windows_on_which_everybody_agrees_make_nobody_a_clone(bench):
    names = ("a", "b", "c", "d")

    def answer(number: int, i: int) -> tuple[str, ...]:
        """Half of the windows are so small that there is but one answer."""
        return PHRASES if i % 2 else (*PHRASES[:3], *SPARE[2 * number : 2 * number + 2])

    history = [
        r for n, name in enumerate(names) for r in over(name, 30, lambda i, n=n: answer(n, i))
    ]
    assert len(set(clone_clusters(history, bench.embedder).values())) == 4
    small = [r for r in history if int(r.window[1:]) % 2]
    assert len(set(clone_clusters(small, bench.embedder).values())) == 1


def test_a_majority_of_clones_cannot_pass_for_small_windows(bench):
    clones = [r for name in "abcdefgh" for r in over(name, 15, phrases)]
    alone = over("z", 15, lambda i: SPARE[:5])
    clusters = clone_clusters(clones + alone, bench.embedder)
    assert len({clusters[name] for name in "abcdefgh"}) == 1
    assert clusters["z"] != clusters["a"]


def test_nobody_can_tie_honest_miners_together_by_resembling_both(bench):
    one = over("honest1", 20, lambda i: (*PHRASES[:3], *SPARE[:2]))
    two = over("honest2", 20, lambda i: (*PHRASES[:3], *SPARE[2:4]))
    both = over("attacker", 20, lambda i: (*PHRASES[:3], *SPARE[2 * (i % 2) : 2 * (i % 2) + 2]))
    with_one = clone_clusters(one + both, bench.embedder)
    assert with_one["honest1"] == with_one["attacker"], "the attacker does resemble one of them"
    clusters = clone_clusters(one + two + both, bench.embedder)
    assert clusters["honest1"] != clusters["honest2"]


def test_the_likest_are_joined_first(bench):
    """One hotkey is like two others, which are not alike: it joins the one that it is likest."""
    ten = (*PHRASES, *SPARE[:5])
    near = over("a", 20, lambda i: (*ten[:9], "mango"))
    middle = over("b", 20, lambda i: ten)
    far = over("c", 20, lambda i: ("tuba", "glacier", *ten[2:]))
    assert len(set(clone_clusters(middle + far, bench.embedder).values())) == 1
    assert len(set(clone_clusters(near + far, bench.embedder).values())) == 2
    clusters = clone_clusters(near + middle + far, bench.embedder)
    assert clusters["a"] == clusters["b"] != clusters["c"]


def test_a_common_coldkey_or_address_joins_and_joining_is_transitive(bench):
    identities = {
        "a": Identity("cold1", "1.1.1.1"),
        "b": Identity("cold1", "2.2.2.2"),
        "c": Identity("cold2", "2.2.2.2"),
        "d": Identity(None, None),
        "e": Identity("cold3", "3.3.3.3"),
    }
    clusters = clone_clusters([], bench.embedder, identities)
    assert clusters == {"a": 0, "b": 0, "c": 0, "d": 1, "e": 2}


def test_clusters_do_not_depend_on_the_order_of_the_history(bench):
    history = [*reader("m"), *answering_always("z", GENERIC), *answering_always("k", GENERIC)]
    expected = clone_clusters(history, bench.embedder)
    for seed in range(5):
        shuffled = history.copy()
        random.Random(seed).shuffle(shuffled)
        assert clone_clusters(shuffled, bench.embedder) == expected


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
