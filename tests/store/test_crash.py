"""SIGKILL at any point of the work: every conversation ends once, no window counts twice."""

import subprocess
import sys
import time

import pytest

from cgp.store import Store

_WORKER = """
import sys
from cgp.metadata import Metadata, Tag
from cgp.scoring.task import Answer, Score
from cgp.store import *

store, me = Store(sys.argv[1]), sys.argv[2]
store.release_held(me)
while lease := store.reserve(me, 600):
    truth = GroundTruthRecord("00", "{}", "a", "e", "1", 1)
    store.seal(lease, truth, [(i, i + 1) for i in range(len(lease.conversation.turns))])
    for window in store.windows_of(lease.conversation.id):
        if window.done:
            continue
        counts = {r.hotkey: int(r.standing) for r in store.standings_of(me, "1")}
        records = [ScoredAnswer(k, 0, Answer(("x",) * 20), Score(0.5, True)) for k in "abc"]
        standings = [StandingRecord(k, 1, str(counts.get(k, 0) + 1)) for k in "abc"]
        result = WindowResult(window.index, 1, [], records, StandingChanges("1", standings))
        assert store.commit_window(lease, result)
    store.finish(lease, Metadata((Tag("x"),)))
"""


def _spawn(url: str, name: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", _WORKER, url, name])


@pytest.mark.parametrize("workers", [2])
def test_killed_workers_lose_nothing_and_count_nothing_twice(
    store, store_url, make_conversation, workers
):
    conversations, turns = 15, 12
    store.add_conversations(make_conversation(str(i), turns=turns) for i in range(conversations))
    running = {name: _spawn(store_url, name) for name in [f"v{i}" for i in range(workers)]}
    kills, give_up = 0, time.monotonic() + 60
    while any(process.poll() is None for process in running.values()):
        assert time.monotonic() < give_up
        done = store.count_windows()[0]
        if kills < 3 and done > (kills + 1) * 30:
            name = f"v{kills % workers}"
            running[name].kill()
            running[name].wait()
            running[name] = _spawn(store_url, name)
            kills += 1
    assert kills == 3
    assert [process.returncode for process in running.values()] == [0] * workers
    assert store.count_conversations()["done"] == conversations
    assert store.count_windows() == (conversations * turns, conversations * turns)
    counted = [int(record.standing) for name in running for record in store.standings_of(name, "1")]
    assert sum(counted) == 3 * conversations * turns
    assert all(asked == conversations * turns for _, asked, _, _ in store.score_summaries())


def test_a_store_that_was_killed_while_writing_opens_again(store_url, store, make_conversation):
    store.add_conversations(make_conversation(str(i), turns=50) for i in range(20))
    worker = _spawn(store_url, "v")
    while store.count_windows()[0] < 20:
        assert worker.poll() is None
    worker.kill()
    worker.wait()
    again = Store(store_url)
    assert again.release_held("v") in {0, 1}
    assert sum(again.count_conversations().values()) == 20
    again.close()
