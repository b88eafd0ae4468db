"""One reading behind several hotkeys: told by shared errors, and by nothing that the truth explains."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from cgp.scoring import AnswerRecord, clone_clusters, record_of
from cgp.scoring.redteam.vocabulary import COMMON_WORDS
from cgp.scoring.settings import PeerSettings
from cgp.scoring.shared_errors import shared_readings

SETTINGS = PeerSettings()
WINDOWS = 40
NAMES = "abcdefghij"


def reading(window: int, reader: str, size: int = 10) -> list[str]:
    """What one reading of a window says, in two words each."""
    rng = random.Random(f"{window}/{reader}")
    return [" ".join(rng.sample(COMMON_WORDS, 2)) for _ in range(size)]


def errors(readers: dict[str, str], picks: int = 7) -> list[dict[str, list[str]]]:
    """Each hotkey's errors: picks of its own from the reading behind it."""
    return [
        {
            hotkey: random.Random(f"{window}/{hotkey}").sample(reading(window, reader), picks)
            for hotkey, reader in readers.items()
        }
        for window in range(WINDOWS)
    ]


def pairs(shared, hotkeys) -> set[str]:
    return {hotkeys[i] + hotkeys[j] for i, j in zip(*np.nonzero(np.triu(shared)), strict=True)}


def test_different_picks_from_one_reading_are_found_among_independent_ones():
    readers = {name: name for name in NAMES} | {"a": "one", "b": "one", "c": "one"}
    assert pairs(shared_readings(errors(readers), NAMES, SETTINGS), NAMES) == {"ab", "ac", "bc"}


def test_where_everybody_reads_with_one_annotator_nobody_stands_out():
    readers = dict.fromkeys(NAMES, "the same")
    assert not shared_readings(errors(readers), NAMES, SETTINGS).any()


def test_good_miners_of_one_annotator_do_not_stand_out_among_poor_ones():
    """They share half of their errors, the others none: that is not yet one reading."""
    rng = random.Random(0)
    good, poor = NAMES[:4], NAMES[4:]
    windows = [
        {hotkey: rng.sample(reading(window, "notes", 14), 7) for hotkey in good}
        | {hotkey: reading(window, hotkey, 7) for hotkey in poor}
        for window in range(WINDOWS)
    ]
    assert not shared_readings(windows, NAMES, SETTINGS).any()


def half_of(window: int, ranked: list[str]) -> list[str]:
    """The half of an annotator's notes that one reading of accomplices finds."""
    rng = random.Random(f"{window}/half")
    return [note for note in ranked if rng.random() < 0.5]


def picks_by_rank(window: int, hotkey: str, ranked: list[str], count: int) -> list[str]:
    """Picks of one's own: notes that rank high are liked by everybody, each in its own order."""
    rng = random.Random(f"{window}/{hotkey}/picks")
    place = {note: rank + rng.gauss(0, 7) for rank, note in enumerate(ranked)}
    return sorted(ranked, key=place.__getitem__)[:count]


def test_picks_from_a_hidden_half_of_what_all_read_are_found_though_few_errors_are_common():
    hotkeys = [f"honest {n:02d}" for n in range(14)] + [f"clone {n}" for n in range(6)]
    windows = []
    for window in range(WINDOWS):
        notes = reading(window, "notes", 30)
        windows.append(
            {
                hotkey: picks_by_rank(
                    window, hotkey, half_of(window, notes) if "clone" in hotkey else notes, 6
                )
                for hotkey in hotkeys
            }
        )
    shared = shared_readings(windows, hotkeys, SETTINGS)
    clones = [hotkey.startswith("clone") for hotkey in hotkeys]
    assert shared[np.ix_(clones, clones)].sum() >= 0.9 * 6 * 5
    honest = np.logical_not(clones)
    assert not shared[honest].any()
    # By their common errors alone they would not stand out.
    by_share = replace(SETTINGS, choice_least=2.0)
    assert not shared_readings(windows, hotkeys, by_share).any()


def test_miners_of_two_annotators_are_no_accomplices():
    hotkeys = [f"{annotator} {n}" for annotator in "ab" for n in range(8)]
    windows = [
        {
            hotkey: picks_by_rank(window, hotkey, reading(window, hotkey[0], 30), 6)
            for hotkey in hotkeys
        }
        for window in range(WINDOWS)
    ]
    assert not shared_readings(windows, hotkeys, SETTINGS).any()


def test_nothing_is_known_from_few_errors_or_few_others():
    readers = {name: name for name in NAMES} | {"a": "one", "b": "one"}
    assert not shared_readings(errors(readers)[:10], NAMES, SETTINGS).any()
    few = {name: readers[name] for name in "abcd"}
    assert not shared_readings(errors(few), "abcd", SETTINGS).any()
    assert not shared_readings([], NAMES, SETTINGS).any()


def test_word_order_and_plurals_make_no_other_error():
    readers = {name: name for name in NAMES} | {"a": "one", "b": "one"}
    disguised = [
        {**each, "b": [" ".join(reversed(f"{tag}s".split())) for tag in each["b"]]}
        for each in errors(readers)
    ]
    assert pairs(shared_readings(disguised, NAMES, SETTINGS), NAMES) == {"ab"}


def test_hotkeys_of_one_reading_share_a_seat_and_good_miners_who_agree_on_the_truth_do_not(bench):
    readers = {name: name for name in NAMES} | {"a": "one", "b": "one"}
    history = [
        AnswerRecord(hotkey, f"w{window}", (*true(window, hotkey), *wrong), "", tuple(wrong))
        for window, each in enumerate(errors(readers, picks=7))
        for hotkey, wrong in each.items()
    ]
    clusters = clone_clusters(history, bench.embedder)
    assert clusters["a"] == clusters["b"]
    assert len(set(clusters.values())) == len(NAMES) - 1
    silent = [replace(record, errors=()) for record in history]
    assert len(set(clone_clusters(silent, bench.embedder).values())) == len(NAMES)


def true(window: int, hotkey: str) -> list[str]:
    """Four of the six things that the truth holds."""
    return random.Random(f"{window}/{hotkey}/true").sample(reading(window, "the truth", 6), 4)


def test_a_record_keeps_what_the_truth_does_not_explain(bench):
    answer = bench.answer((bench.true[0], "Volcano", "zebra crossing"))
    [score] = bench.scores(answer)
    kept = record_of("hot", "w", answer, score=score)
    assert kept.errors == ("volcano", "zebra crossing")
    assert AnswerRecord.from_json(kept.to_json()) == kept
    old = kept.to_json().replace('"errors":["volcano","zebra crossing"],', "")
    assert AnswerRecord.from_json(old) == replace(kept, errors=())
    assert record_of("hot", "w", answer).errors == ()
