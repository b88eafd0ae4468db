"""Each part by itself: which way it goes, and what it does without evidence."""

import math

import numpy as np
import pytest

from cgp.quality.chance import excess
from cgp.quality.coherence import cohesion, continuity
from cgp.quality.engagement import balance, exchange, response
from cgp.quality.fluency import closure, collocation
from cgp.quality.novelty import novelty
from cgp.quality.relevance import relevance


def split(*texts):
    return [tuple(text.split()) for text in texts]


def test_excess_is_0_at_chance_1_far_above_and_a_half_without_evidence():
    assert excess(0, 0) == 0.5
    assert excess(1e6, 1e6) == pytest.approx(0, abs=1e-5)
    assert excess(1e6, 2e6) == pytest.approx(0, abs=1e-5)
    assert excess(1e6, 1.0) == pytest.approx(1, abs=1e-4)


def test_excess_rises_with_what_is_observed_above_chance():
    values = [excess(observed, 10.0) for observed in (10, 15, 30, 100)]
    assert values == sorted(values)
    assert len(set(values)) == 4


def test_balance_is_the_evenness_of_words():
    assert balance([10, 10, 10]) == pytest.approx(1.0)
    assert balance([50]) == 0.0
    assert balance([]) == 0.0
    assert balance([0, 0]) == 0.0
    assert balance([75, 25]) == pytest.approx(
        -(0.75 * math.log(0.75) + 0.25 * math.log(0.25)) / math.log(2)
    )
    assert balance([99, 1]) < balance([75, 25]) < balance([60, 40])


def test_who_takes_part_in_silence_unbalances():
    assert balance([10, 10, 0]) < balance([10, 10])


def test_exchange_is_the_share_of_changes_of_speaker():
    assert exchange([0, 1, 0, 1]) == 1.0
    assert exchange([0, 0, 1, 1]) == pytest.approx(1 / 3)
    assert exchange([0, 0, 0]) == 0.0
    assert exchange([0]) == 0.0


def test_response_counts_questions_that_another_answers():
    texts = ["Where is it?", "Over there.", "Which one?", "The red one."]
    assert response([0, 1, 0, 1], texts) == pytest.approx((1 + 2) / (2 + 2))
    assert response([0, 0, 1, 1], texts) == pytest.approx((1 + 0) / (2 + 2))
    assert response([0, 1], ["It is there.", "Good."]) == 0.5


def test_an_empty_turn_is_no_answer():
    assert (
        response([0, 1, 0], ["Where?", " ", "Here."]) < 0.5 < response([0, 1], ["Where?", "There."])
    )


@pytest.mark.parametrize("mark", ["?", "？", "؟", "\u037e"])
def test_questions_are_known_in_several_scripts(mark):
    assert response([0, 1], [f"x{mark}", "y"]) > 0.5


def test_novelty_is_distinct_trigrams_times_new_turns():
    assert novelty(split("a b c d", "e f g h")) == 1.0
    assert novelty(split("a b c", "d e f", "a b c")) == pytest.approx((2 / 3) * (6 / 9))
    assert novelty(split("a b c d", "x a b c")) == pytest.approx(3 / 4)


def test_short_turns_repeated_are_not_new():
    assert novelty(split(*["ok"] * 100)) == pytest.approx(1 / 100)
    assert novelty([()]) == 0.0


def test_novelty_falls_with_templates():
    fills = [f"{a} {b}" for a in "abcdef" for b in "uvwxyz"]
    free = split(*(f"{fill} {fill[::-1]}{i} {i}x {i}y {i}z" for i, fill in enumerate(fills)))
    filled = split(*(f"i think that {fill} matters for us" for fill in fills))
    assert novelty(filled) < 0.6 < novelty(free)


def directions(order):
    """Return a unit vector per turn, by subject."""
    return np.eye(4)[list(order)]


def test_continuity_falls_when_subjects_are_mixed():
    blocks = [subject for subject in range(4) for _ in range(10)]
    mixed = [(7 * i) % 4 for i in range(40)]
    assert continuity(directions(blocks)) > 0.8
    assert continuity(directions(mixed)) < 0.2


def test_continuity_of_random_order_is_near_0():
    values = []
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(np.repeat(range(4), 50))
        values.append(continuity(directions(order)))
    assert np.median(values) < 0.2


@pytest.mark.parametrize("turns", [1, 2])
def test_continuity_of_one_or_two_turns_is_undecided(turns):
    assert continuity(directions(range(turns))) == 0.5


def test_continuity_of_turns_all_alike_is_undecided():
    assert continuity(directions([0] * 9)) == 0.5
    assert continuity(np.zeros((9, 4))) == 0.5


def subjects(order):
    """Return turns of three words of their subject and one of their own."""
    return [(f"s{s}a", f"s{s}b", f"s{s}c", f"own{i}") for i, s in enumerate(order)]


def test_cohesion_falls_when_words_of_a_subject_are_scattered():
    blocks = [subject for subject in range(10) for _ in range(5)]
    scattered = [i % 10 for i in range(50)]
    assert cohesion(subjects(blocks)) > 0.5
    assert cohesion(subjects(scattered)) < 0.05


def test_cohesion_takes_no_tie_from_repeated_turns():
    turn = ("these", "same", "words")
    assert cohesion([turn] * 30) == 0.5


def test_collocation_tells_a_language_from_its_words_in_any_order():
    rng = np.random.default_rng(0)
    phrases = [
        "are going to",
        "do you know",
        "one of the",
        "a lot of",
        "at the moment",
        "so that we",
    ]
    turns = [
        tuple(f"{phrases[i]} w{rng.integers(60)} {phrases[j]}".split())
        for i, j in rng.integers(6, size=(120, 2))
    ]
    words = rng.permutation([word for turn in turns for word in turn])
    salad = [tuple(map(str, words[i : i + 7])) for i in range(0, len(words), 7)]
    assert collocation(turns) > 0.5
    assert collocation(salad) < 0.2


def test_collocation_does_not_rise_by_repeating_turns():
    turns = split("we are going to see", "who is going to see it", "they are going home")
    assert collocation(turns * 20) == collocation(turns)


@pytest.mark.parametrize("turns", [[], [()], [("a",)], [("a",), ("b",)]])
def test_collocation_without_neighbours_is_undecided(turns):
    assert collocation(turns) == 0.5


def test_closure_rises_with_punctuation_at_the_ends_of_turns():
    ended = ["we met there today ."] * 20
    inside = ["we met . there today"] * 20
    assert closure(ended) > 0.6
    assert closure(inside) == pytest.approx(2 / (20 / 5 + 4))
    assert closure(inside * 50) < 0.05


def test_closure_without_punctuation_is_undecided():
    assert closure(["so we met", "yes"]) == 0.5
    assert closure([" ", ""]) == 0.5


@pytest.mark.parametrize("mark", ".!?。।؟…！")
def test_closure_knows_the_marks_of_many_scripts(mark):
    assert closure([f"one two three four five{mark}"] * 20) > 0.6
    assert closure([f"今日は会議です{mark}"] * 20) > 0.6


def test_relevance_falls_with_turns_off_the_subject():
    words = [("w",) * 5] * 10
    together = directions([0] * 10)
    apart = directions([0] * 7 + [1, 2, 3])
    assert relevance(words, together) == pytest.approx(1.0)
    assert relevance(words, apart) < 0.95
    assert relevance(words, directions([0] * 4 + [1, 2, 3] * 2)) < relevance(words, apart)


def test_relevance_weighs_turns_by_their_length():
    vectors = directions([0] * 6 + [1] * 2)
    long_aside = [("w",)] * 6 + [("w",) * 50] * 2
    short_aside = [("w",) * 50] * 6 + [("w",)] * 2
    assert relevance(long_aside, vectors) < relevance(short_aside, vectors)


def test_relevance_without_anything_to_compare_is_undecided():
    assert relevance([("w",)], directions([0])) == 0.5
    assert relevance([()], directions([0])) == 0.0
    assert relevance([("w",)] * 3, np.zeros((3, 4))) == 0.0
