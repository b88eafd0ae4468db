"""What is loaded once is loaded once, however many threads ask for it at the same time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from cgp.loaded_once import loaded_once


def test_threads_that_come_together_share_one_value():
    calls, together = [], threading.Barrier(8)

    @loaded_once
    def load():
        calls.append(1)
        time.sleep(0.05)
        return object()

    def get():
        together.wait()
        return load()

    with ThreadPoolExecutor(8) as pool:
        values = [future.result() for future in [pool.submit(get) for _ in range(8)]]
    assert len(calls) == 1
    assert len(set(map(id, values))) == 1


def test_a_failure_is_tried_again():
    outcomes = [ValueError("no file"), "value"]

    @loaded_once
    def load():
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    with pytest.raises(ValueError, match="no file"):
        load()
    assert load() == load() == "value"
