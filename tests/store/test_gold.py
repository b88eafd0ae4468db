"""Hidden gold windows in the store: bounded, never twice to one miner, whatever happens in between."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import cgp
from cgp.conversation import Participant
from cgp.gold import bundled_gold
from cgp.scoring import Answer, NoAnswer, Score, TagVerdict
from cgp.store import (
    GoldAsk,
    GoldTask,
    LeaseLost,
    ScoredAnswer,
    StandingChanges,
    StandingRecord,
    Store,
    StoreError,
    WindowReference,
)

RULE = "rule/1"
FIRST, SECOND = bundled_gold()[:2]
NO_CHANGES = StandingChanges(RULE)


@pytest.fixture
def lease(store, make_conversation):
    store.add_conversations([make_conversation("c")])
    return store.reserve("validator", 600)


def ask(hotkey, *others, coldkey=None, address=None):
    return GoldAsk(hotkey, 7, frozenset({hotkey, *others}), coldkey, address)


def task(record, *asks):
    background = (WindowReference("c", 0, 2),)
    return GoldTask(record.number, record.gold, background, RULE, asks)


def added(store, *windows, most_uses=2):
    store.add_gold(windows or [FIRST], most_uses)
    return store.gold()[-1]


def test_what_is_added_is_there_with_no_past(store):
    assert store.add_gold([FIRST, SECOND], 3).added == 2

    records = store.gold()

    assert [record.gold for record in records] == [FIRST, SECOND]
    assert {(r.uses, r.most_uses, r.removed) for r in records} == {(0, 3, False)}


def test_new_annotations_replace_the_old_ones_and_the_past_stays(store, lease):
    record = added(store)
    store.reserve_gold(lease, task(record, ask("a")))
    better = replace(FIRST, tags=FIRST.tags[:3])

    outcome = store.add_gold([better], 5)

    (record,) = store.gold()
    assert (outcome.added, outcome.changed) == (0, 1)
    assert record.gold == better
    assert (record.uses, record.most_uses) == (1, 5)
    assert store.reserve_gold(lease, task(record, ask("a"))) is None


def test_an_id_stands_for_one_window(store):
    added(store)
    other = replace(SECOND, window=replace(SECOND.window, id=FIRST.id))

    with pytest.raises(StoreError, match="another gold window"):
        store.add_gold([SECOND, other], 1)

    assert [record.gold for record in store.gold()] == [FIRST]


def test_a_window_goes_out_only_as_often_as_allowed(store, lease):
    record = added(store, most_uses=2)

    uses = [store.reserve_gold(lease, task(record, ask(name))) for name in ("a", "b", "c")]

    assert uses[2] is None
    assert None not in uses[:2]
    assert store.gold()[0].uses == 2


@pytest.mark.parametrize(
    "again",
    [
        ask("a"),
        ask("b", "a"),  # joined with "a" since
        ask("twin"),  # was joined with "a" when it was asked
        ask("new", coldkey="cold"),
        ask("new", address="198.51.100.7"),
    ],
    ids=["the same", "joined since", "joined then", "its coldkey", "its address"],
)
def test_no_miner_gets_a_window_twice(store, lease, again):
    record = added(store)
    first = ask("a", "twin", coldkey="cold", address="198.51.100.7")
    assert store.reserve_gold(lease, task(record, first)) is not None

    assert store.reserve_gold(lease, task(record, again)) is None
    assert store.reserve_gold(lease, task(record, ask("free"), again)) is None
    assert store.reserve_gold(lease, task(record, ask("free", coldkey="own"))) is not None


def test_two_hotkeys_of_one_cluster_do_not_get_it_together(store, lease):
    record = added(store)

    assert store.reserve_gold(lease, task(record, ask("a", "b"), ask("b", "a"))) is None
    assert store.reserve_gold(lease, task(record)) is None
    assert store.gold()[0].uses == 0


def test_miners_without_a_public_address_are_not_taken_for_one(store, lease):
    record = added(store)

    assert store.reserve_gold(lease, task(record, ask("a"), ask("b"))) is not None


def test_a_use_is_spent_when_the_validator_dies_before_it_records_anything(store_url, lease, store):
    record = added(store, most_uses=1)
    store.reserve_gold(lease, task(record, ask("a")))
    store.close()

    with_next_start = Store(store_url)
    (record,) = with_next_start.gold()
    (use,) = with_next_start.gold_uses()

    assert (record.uses, record.exposure.hotkeys) == (1, {"a"})
    assert (use.done_at, use.answers) == (None, ())
    with_next_start.close()


def test_what_a_use_yields_is_stored_once_with_the_standings(store, lease):
    record = added(store)
    use = store.reserve_gold(lease, task(record, ask("a"), ask("b")))
    verdicts = (TagVerdict("migraine", 1.0, "ground_truth", "said"),)
    scored = [
        ScoredAnswer(
            "a", 7, Answer(("migraine",)), Score(0.5, True, tags=verdicts), 1.5, {"s": "x"}, "h"
        ),
        ScoredAnswer("b", 7, NoAnswer("timeout", "late"), Score(0.0, False, "timeout"), 12.0),
    ]
    changes = StandingChanges(RULE, [StandingRecord("a", 1, "text")])

    assert store.commit_gold(lease, use, scored, changes)
    assert not store.commit_gold(lease, use, scored, StandingChanges(RULE))

    (stored,) = store.gold_uses(FIRST.id)
    assert stored.gold == FIRST
    assert stored.background == (WindowReference("c", 0, 2),)
    by_hotkey = {answer.hotkey: answer for answer in stored.answers}
    assert by_hotkey["a"].answer.tags == ("migraine",)
    assert by_hotkey["a"].score == scored[0].score
    assert by_hotkey["a"].evidence == {"s": "x"}
    assert by_hotkey["b"].answer == NoAnswer("timeout", "late")
    assert [record.standing for record in store.standings_of("validator", RULE)] == ["text"]
    assert store.times_asked("validator") == {"a": 1, "b": 1}


def test_nothing_goes_out_or_in_under_a_lost_lease(store, lease):
    record = added(store)
    use = store.reserve_gold(lease, task(record, ask("a")))
    store.release(lease)

    with pytest.raises(LeaseLost):
        store.reserve_gold(lease, task(record, ask("b")))
    with pytest.raises(LeaseLost):
        store.commit_gold(lease, use, [], NO_CHANGES)


def test_a_removed_window_is_out_of_use_until_it_is_added_again(store, lease):
    record = added(store)
    store.reserve_gold(lease, task(record, ask("a")))

    assert store.remove_gold(FIRST.id)
    assert not store.remove_gold(FIRST.id)
    assert store.reserve_gold(lease, task(record, ask("b"))) is None
    assert store.gold()[0].removed

    added(store)
    assert store.reserve_gold(lease, task(record, ask("a"))) is None
    assert store.reserve_gold(lease, task(record, ask("b"))) is not None


def test_of_many_validators_that_try_at_once_one_gets_the_last_use(store_url, store, lease):
    record = added(store, most_uses=1)

    def attempt(number):
        own = Store(store_url)
        try:
            return own.reserve_gold(lease, task(record, ask(f"miner {number}")))
        finally:
            own.close()

    with ThreadPoolExecutor(6) as pool:
        uses = list(pool.map(attempt, range(6)))

    assert sum(use is not None for use in uses) == 1


def test_a_window_as_it_was_sent_keeps_its_numbers_of_participants(store, lease):
    record = added(store)
    names = record.gold.window.participants
    shifted = replace(
        record.gold,
        window=replace(
            record.gold.window,
            participants=(Participant(""), *names),
            turns=tuple(replace(t, speaker=t.speaker + 1) for t in record.gold.window.turns),
        ),
    )
    store.reserve_gold(lease, GoldTask(record.number, shifted, (), RULE, (ask("a"),)))

    (use,) = store.gold_uses()

    assert use.gold == shifted


@pytest.mark.parametrize("room", ["api", "dataset", "indexing", "mcp", "search", "sources"])
def test_nothing_that_is_served_indexed_or_exported_knows_of_gold(room):
    folder = Path(cgp.__file__).parent / room
    mentions = [p.name for p in folder.rglob("*.py") if "gold" in p.read_text(encoding="utf-8")]

    assert mentions == []
