"""A run that stands still ends, and says where it stands."""

import math

import pytest

from cgp.annotators.report import AnnotatorReport
from cgp.localnet.processes import LocalnetError
from cgp.localnet.progress import Progress
from cgp.localnet.watch import Watch

STANDING = Progress("tagging", conversations=5, conversations_done=2, windows=9, windows_done=4)


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


def test_a_run_in_which_nothing_moves_ends_at_its_limit(clock):
    watch = Watch(120, 900, clock)
    watch.see(STANDING, {})
    clock.seconds = 900
    watch.see(STANDING, {})
    clock.seconds = 901
    with pytest.raises(LocalnetError) as error:
        watch.see(STANDING, {})
    assert str(error.value) == (
        "nothing has moved for 900 s while tagging: 2 conversations of 5 done, 4 of 9 windows; "
        "the validator's log says why"
    )


def test_each_window_gives_the_whole_time_again(clock):
    watch = Watch(120, 900, clock)
    for windows in range(5):
        clock.seconds += 890
        watch.see(Progress("tagging", conversations=5, windows=9, windows_done=windows), {})


def test_a_finished_run_and_one_without_a_limit_may_stand(clock):
    finished, staying = Watch(120, 900, clock), Watch(120, math.inf, clock)
    for _ in range(3):
        clock.seconds += 5000
        finished.see(Progress("waiting for weights", conversations=5, conversations_done=5), {})
        staying.see(STANDING, {})


def reports(**failures):
    """Reports of a validator's annotators: the failures of each."""
    return {
        "validator": [
            AnnotatorReport(name, asked=9, failed=count, last_failure="it is away")
            for name, count in failures.items()
        ]
    }


def test_a_ground_truth_that_fails_again_and_again_ends_the_run_early(clock):
    watch = Watch(120, 900, clock)
    for failures in range(4):
        watch.see(STANDING, reports(model=failures))
        clock.seconds += 40
    with pytest.raises(LocalnetError, match="there is no ground truth: it is away"):
        watch.see(STANDING, reports(model=4))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"model": 0}, {"model": 2}, id="a slow one that failed early"),
        pytest.param({"model": 7}, {"model": 7}, id="one that failed before it moved"),
        pytest.param({"model": 0, "embedded": 0}, {"model": 9, "embedded": 0}, id="one of two"),
        pytest.param({"model": 9}, {"model": 1}, id="one of a validator that began anew"),
    ],
)
def test_a_ground_truth_that_may_yet_come_is_waited_for(clock, before, after):
    watch = Watch(120, 900, clock)
    watch.see(STANDING, reports(**before))
    clock.seconds = 800
    watch.see(STANDING, reports(**after))
