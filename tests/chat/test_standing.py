"""Pauses of a worker: after failures, of which one event counts once, and after faults."""

from cgp.chat.standing import COOLING_SECONDS, FAULT_SECONDS, WorkerStanding


def test_jobs_lost_together_are_one_failure_and_three_failures_pause():
    standing = WorkerStanding()
    for _ in range(8):
        standing.count_failure(10.0, began=1.0)
    assert standing.losses == 8
    assert not standing.is_cooling(10.0)

    standing.count_failure(20.0, began=11.0)
    standing.count_failure(30.0, began=21.0)

    assert standing.is_cooling(30.0 + COOLING_SECONDS - 1)
    assert standing.has_room(4, 30.0 + COOLING_SECONDS), "then one job goes to it, a probe"
    standing.busy = 1
    assert not standing.has_room(4, 30.0 + COOLING_SECONDS)


def test_faults_in_a_row_pause_twice_as_long_each_and_an_agreement_ends_the_row():
    standing = WorkerStanding()
    ends = []
    for start in (0.0, 10_000.0, 20_000.0):
        standing.count_fault(start)
        ends.append(standing.cooling_until - start)
    standing.count_agreement()
    standing.count_fault(30_000.0)
    ends.append(standing.cooling_until - 30_000.0)
    assert ends == [FAULT_SECONDS * factor for factor in (1, 2, 4, 1)]
    assert standing.faults == 4
