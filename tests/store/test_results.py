"""Results: whole or absent, once, and never from somebody who lost the lease."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace

import pytest

from cgp.metadata import Claim, Metadata, ParticipantProfile, Tag
from cgp.scoring.task import Answer, NoAnswer, Score, TagVerdict
from cgp.store import (
    ConversationResult,
    GroundTruthRecord,
    Lease,
    LeaseLost,
    ScoredAnswer,
    StandingChanges,
    StandingRecord,
    StoreError,
    WeightsRecord,
    WindowReference,
    WindowResult,
)
from cgp.windows import WindowPlan

PLAN = WindowPlan(100, 2, 0)
METADATA = Metadata((Tag("budget"), Tag("remote control", 0.6)), (ParticipantProfile(0),))
TRUTH = GroundTruthRecord(
    seal="cd" * 32,
    document=json.dumps({"ground_truth": METADATA.to_json(), "window_plan": asdict(PLAN)}),
    annotator="embedded/1",
    embedder="words/1",
    rule_version="1",
    seed=2**63 - 1,
)
PROFILES = (ParticipantProfile(1, (Claim("topic", "budgets", (0, 2)),)),)


@pytest.fixture
def lease(store, make_conversation) -> Lease:
    store.add_conversations([make_conversation("a")])
    return store.reserve("validator", 60)


def result(
    index: int, standing: str = "good", answers: Sequence[ScoredAnswer] = ()
) -> WindowResult:
    record = ScoredAnswer(
        hotkey="miner",
        uid=3,
        answer=Answer(("budget", "money\ud800"), PROFILES),
        score=Score(0.75, True, "", {"tags": 0.7}, (TagVerdict("budget", 1.0, "novel", "why"),)),
        seconds=0.25,
        evidence={"signature": "0x00"},
        body_hash="ef" * 32,
        peer_record=f"record of window {index}",
    )
    return WindowResult(
        index=index,
        seed=7,
        background=[WindowReference("b", 0, 2)],
        answers=answers or [record],
        changes=StandingChanges("1", [StandingRecord("miner", 12, standing)]),
    )


def test_a_ground_truth_is_sealed_once_with_its_windows(store, lease):
    assert store.seal(lease, TRUTH, [(0, 2), (2, 4)]) == TRUTH
    other = replace(TRUTH, seal="00" * 32)
    assert store.seal(lease, other, [(0, 4)]) == TRUTH, "the published seal stands"
    assert store.ground_truth("a") == TRUTH
    assert (TRUTH.metadata, TRUTH.plan) == (METADATA, PLAN)
    assert [(w.index, w.start, w.stop, w.done) for w in store.windows_of("a")] == [
        (0, 0, 2, False),
        (1, 2, 4, False),
    ]


def test_a_windows_result_is_stored_whole_and_read_back(store, lease):
    store.seal(lease, TRUTH, [(0, 2), (2, 4)])
    assert store.commit_window(lease, result(0))
    (record,) = store.answers_of("a", 0)
    assert record.answer.tags == ("budget", "money\ud800")
    assert record.answer.profiles == PROFILES
    assert record.score == result(0).answers[0].score
    assert (record.uid, record.seconds, record.body_hash) == (3, 0.25, "ef" * 32)
    assert store.standings_of("validator", "1") == [StandingRecord("miner", 12, "good")]
    assert store.peer_history("validator", 5) == ["record of window 0"]
    assert store.times_asked("validator") == {"miner": 1}
    assert [w.done for w in store.windows_of("a")] == [True, False]
    assert store.count_windows() == (1, 2)


def test_a_window_that_is_done_is_never_scored_again(store, lease):
    store.seal(lease, TRUTH, [(0, 4)])
    assert store.commit_window(lease, result(0, "first"))
    assert not store.commit_window(lease, result(0, "second"))
    assert [record.standing for record in store.standings_of("validator", "1")] == ["first"]
    assert len(store.answers_of("a")) == 1


def test_a_result_that_cannot_be_stored_changes_nothing(store, lease):
    store.seal(lease, TRUTH, [(0, 4)])
    broken = ScoredAnswer(
        "miner", 3, NoAnswer("timeout"), Score(0.0, False, "", {"x": float("nan")})
    )
    with pytest.raises(Exception, match="not JSON compliant"):
        store.commit_window(lease, result(0, answers=[broken]))
    assert store.count_windows() == (0, 1)
    assert store.answers_of("a") == []
    assert store.standings_of("validator", "1") == []
    assert store.commit_window(lease, result(0))


def test_silence_is_stored_with_its_kind(store, lease):
    store.seal(lease, TRUTH, [(0, 4)])
    silent = ScoredAnswer("miner", 3, NoAnswer("timeout", "12 s\0"), Score(0.0, False, "timeout"))
    store.commit_window(lease, result(0, answers=[silent]))
    (record,) = store.answers_of("a")
    assert record.answer == NoAnswer("timeout", "12 s")
    assert list(store.score_summaries()) == [("miner", 1, 0, 0.0)]


def test_a_window_without_miners_can_be_done(store, lease):
    store.seal(lease, TRUTH, [(0, 4)])
    nobody = WindowResult(0, 7, [], [], StandingChanges("1"))
    assert store.commit_window(lease, nobody)
    store.finish(lease, ConversationResult(Metadata()))


def test_the_conversations_finished_since_a_time_are_the_done_ones(
    store, lease, clock, make_conversation
):
    store.add_conversations([make_conversation("waiting")])
    store.seal(lease, TRUTH, [(0, 4)])
    store.commit_window(lease, result(0))
    clock.now = 1_010.0
    assert store.finished_since(0.0) == []
    store.finish(lease, ConversationResult(METADATA))
    assert store.finished_since(1_009.0) == ["a"]
    assert store.finished_since(1_010.0) == []


def test_a_conversation_is_finished_once_and_only_with_all_its_windows(store, lease):
    store.seal(lease, TRUTH, [(0, 2), (2, 4)])
    store.commit_window(lease, result(0))
    with pytest.raises(StoreError, match="1 windows to do"):
        store.finish(lease, ConversationResult(METADATA))
    store.commit_window(lease, result(1))
    store.finish(lease, ConversationResult(METADATA))
    assert store.metadata_of("a") == METADATA
    assert store.profiles_of("Ann") == [("a", ParticipantProfile(0))]
    assert store.profiles_of("Bo") == []
    assert store.count_conversations()["done"] == 1
    assert store.reserve("validator", 60) is None
    with pytest.raises(LeaseLost):
        store.finish(lease, ConversationResult(METADATA))


def test_who_lost_the_lease_cannot_seal_commit_or_finish(store, lease, clock):
    store.seal(lease, TRUTH, [(0, 2), (2, 4)])
    clock.now += 61
    store.reserve("another", 60)
    for act in (
        lambda: store.seal(lease, TRUTH, [(0, 4)]),
        lambda: store.commit_window(lease, result(0)),
        lambda: store.finish(lease, ConversationResult(Metadata())),
    ):
        with pytest.raises(LeaseLost):
            act()
    assert store.count_windows() == (0, 2)


def test_standings_are_kept_apart_by_version_and_validator(store, lease):
    store.seal(lease, TRUTH, [(0, 4)])
    store.commit_window(lease, result(0))
    assert store.standings_of("validator", "2") == []
    assert store.standings_of("another", "1") == []


def test_the_peer_history_is_that_of_the_latest_windows_oldest_first(store, lease, clock):
    store.seal(lease, TRUTH, [(0, 1), (1, 2), (2, 3)])
    for index in (2, 0, 1):
        clock.now += 1
        store.commit_window(lease, result(index))
    assert store.peer_history("validator", 2) == ["record of window 0", "record of window 1"]
    assert store.peer_history("another", 2) == []


def test_the_last_weights_that_the_chain_took_are_remembered(store):
    assert store.last_weights("validator") is None
    taken = WeightsRecord(10, {"miner": 1.0}, {3: 1.0}, success=True)
    store.log_weights("validator", taken)
    store.log_weights("validator", WeightsRecord(11, {}, {}, False, "RATE_LIMITED", "wait"))
    assert store.last_weights("validator") == taken
