"""The leaderboard says why a miner stands where it does."""

from collections import Counter
from contextlib import closing

from cgp.localnet.reasons import AnswerRecord, answer_records, reason_of
from cgp.store import Store
from tests.dataset.filled import fill


def test_a_reason_tells_of_coverage_tags_and_silence():
    record = AnswerRecord(
        windows=10,
        silent=1,
        verdicts=Counter(ground_truth=30, ungrounded=15, generic=4, malformed=1),
        terms=Counter(coverage=4.0),
    )
    assert reason_of(record, 0.5) == (
        "covers 40% of the ground truth (the best miner: 50%); of 5.0 tags a window 60% speak for the ground "
        "truth, 30% are not supported by the window, 8% are said, but not what the window is about; "
        "1 of 10 windows unanswered (after failures a miner is not asked for a while)"
    )
    assert reason_of(AnswerRecord(windows=2, silent=2), 0.5).endswith(
        "2 of 2 windows unanswered (after failures a miner is not asked for a while)"
    )


def test_records_are_those_of_the_stored_answers(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    talks = fill(url)
    with closing(Store(url)) as store:
        records = answer_records(store)
        windows = sum(len(store.windows_of(talk.id)) for talk in talks)
        for summary in store.score_summaries():
            record = records[summary.hotkey]
            assert record.windows == summary.asked
            assert record.windows - record.silent == summary.answers
    assert max(record.windows for record in records.values()) <= windows
    assert any(record.verdicts for record in records.values())
