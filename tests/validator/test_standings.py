"""The validator's memory: in memory exactly what is stored, by hotkey and registration."""

import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.scoring import Answer, Identity, NoAnswer, Score
from cgp.scoring.settings import StandingSettings
from cgp.store import GroundTruthRecord, ScoredAnswer, Store, WindowResult
from validator.judging import WindowScores
from validator.replies import Reply
from validator.selection import MinerCandidate
from validator.standings import REBUILT_WINDOWS, EarlierStandings, Standings

VERSION = "rule/1"


@pytest.fixture
def store(tmp_path):
    opened = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield opened
    opened.close()


@pytest.fixture
def lease(store):
    turns = tuple(Turn(0, f"turn {i}") for i in range(4))
    store.add_conversations([Conversation("c", "test", (Participant("A"),), turns)])
    lease = store.reserve("validator", 600)
    truth = GroundTruthRecord("00", "{}", "a", "e", VERSION, 1)
    store.seal(lease, truth, [(i, i + 1) for i in range(4)])
    return lease


def reply(name, *tags, registered_at=1):
    miner = MinerCandidate(0, name, f"cold {name}", "8.8.8.8:1", registered_at)
    return Reply(miner, Answer(tags) if tags else NoAnswer("timeout"))


def miners(names, registered_at=1):
    return [reply(name, registered_at=registered_at).miner for name in names]


def registered(names):
    return frozenset((name, 1) for name in names)


def changes_of(standings, window, replies, values):
    scores = tuple(Score(value, value > 0) for value in values)
    return standings.after(window, replies, WindowScores(scores, 0.5), 7)


def test_nothing_changes_before_it_is_committed():
    standings = Standings([], [], default_embedder())
    changes = changes_of(standings, "w", [reply("a", "tide"), reply("b")], (0.6, 0.0))
    assert dict(standings.by_hotkey) == {}
    standings.accept(changes)
    asked = {name: (s.asked, s.answered) for name, s in standings.by_hotkey.items()}
    assert asked == {"a": (1, 1), "b": (1, 0)}


def test_what_is_loaded_after_a_restart_is_what_was_in_memory(store, lease):
    standings = Standings.load(store, "validator", VERSION, default_embedder())
    for index in range(4):
        replies = [reply("a", "tide turbine", "gearbox"), reply("b", "harbour"), reply("c")]
        changes = changes_of(standings, f"c/{index}", replies, (0.6, 0.3, 0.0))
        answers = [
            ScoredAnswer(
                r.miner.hotkey,
                0,
                r.answer,
                Score(0.5, True),
                peer_record=changes.record_of(r.miner.hotkey),
            )
            for r in replies
        ]
        result = WindowResult(index, 1, [], answers, changes.to_store(VERSION))
        assert store.commit_window(lease, result)
        standings.accept(changes)
    again = Standings.load(store, "validator", VERSION, default_embedder())
    assert again.by_hotkey == standings.by_hotkey
    assert again._history == standings._history
    assert again.regroup({}) == standings.regroup({})
    fresh = Standings.load(store, "validator", "rule/2", default_embedder())
    assert dict(fresh.by_hotkey) == {}, "standings of another version are not comparable"
    assert fresh.earlier == EarlierStandings(VERSION, registered("abc"))
    assert again.earlier is None


def test_a_version_of_few_windows_does_not_hide_the_miners_of_the_one_before(store, lease):
    # Prepare: three miners under the first version, and one was asked under the next.
    for index, (version, names) in enumerate([(VERSION, "abc"), ("rule/2", "a")]):
        standings = Standings.load(store, "validator", version, default_embedder())
        changes = changes_of(standings, f"c/{index}", [reply(n) for n in names], [0.0] * len(names))
        answers = [ScoredAnswer(n, 0, NoAnswer("timeout"), Score(0.0, False)) for n in names]
        assert store.commit_window(
            lease, WindowResult(index, 1, [], answers, changes.to_store(version))
        )

    # Execute and assert
    standings = Standings.load(store, "validator", "rule/3", default_embedder())
    assert standings.earlier is not None
    assert standings.earlier.registrations == registered("abc")
    for window in range(REBUILT_WINDOWS):
        standings.accept(changes_of(standings, f"w{window}", [reply("a", "tide")], [0.5]))
    assert not standings.are_rebuilt(miners("abc"))


def test_after_a_new_version_the_standings_are_rebuilt_when_half_of_the_miners_were_asked_enough():
    earlier = EarlierStandings(VERSION, registered("abcd"))
    standings = Standings([], [], default_embedder(), earlier=earlier)
    for window in range(REBUILT_WINDOWS):
        assert not standings.are_rebuilt(miners("abcde"))
        replies = [reply("a", "tide"), reply("b"), reply("e", "gearbox")]
        standings.accept(changes_of(standings, f"w{window}", replies, (0.5, 0.0, 0.5)))
    assert standings.are_rebuilt(miners("abcde"))
    assert standings.are_rebuilt(miners("ae")), "one that left does not count"
    assert not standings.are_rebuilt(miners("cd"))
    assert standings.are_rebuilt(miners("")), "nobody to wait for"
    assert standings.are_rebuilt(miners("cd", registered_at=9)), "they registered anew"
    assert Standings([], [], default_embedder()).are_rebuilt(miners("abcde")), "no version before"


def test_a_hotkey_that_registered_anew_starts_fresh():
    standings = Standings([], [], default_embedder())
    for window, registered_at in enumerate((1, 1, 50)):
        replies = [reply("a", "tide", registered_at=registered_at)]
        standings.accept(changes_of(standings, str(window), replies, (0.5,)))
    assert standings.by_hotkey["a"].asked == 1
    assert standings.by_hotkey["a"].registered_at == 50


def test_one_operators_hotkeys_are_one_cluster():
    standings = Standings([], [], default_embedder())
    clusters = standings.regroup({"a": Identity("x"), "b": Identity("x"), "c": Identity("y")})
    assert clusters["a"] == clusters["b"] != clusters["c"]


def test_a_gold_window_counts_as_often_as_its_weight_says_and_is_not_remembered_for_agreement():
    standings = Standings([], [], default_embedder())
    standings.accept(changes_of(standings, "w", [reply("a", "tide")], (0.1,)))
    judged = WindowScores((Score(0.5, valid=True),), 0.5)

    changes = standings.after_gold([reply("a", "harbour")], judged, 8)

    weight = StandingSettings().gold_weight
    memory = StandingSettings().memory
    expected = (memory * 0.1 + weight * 0.5) / (memory * 0.5 + weight * 0.5)
    assert changes.standings["a"].mean == pytest.approx(expected)
    assert changes.standings["a"].asked == 2
    assert changes.records == {}
    assert standings.by_hotkey["a"].asked == 1, "nothing changes before it is committed"
