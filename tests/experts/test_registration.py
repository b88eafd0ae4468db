"""Hotkeys of the subnet that a long-running service of experts knows."""

import pytest

from cgp.chain import ChainAwayError
from cgp.experts.registration import RegisteredHotkeys


class Readings:
    """Answers of a chain, one after the other, and a clock."""

    def __init__(self, *answers):
        self.answers, self.now = list(answers), 0.0

    def read(self):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return frozenset(answer)


def test_a_hotkey_that_registers_or_leaves_later_is_noticed_within_a_minute():
    chain = Readings({"old"}, {"new"})
    registered = RegisteredHotkeys(chain.read, lambda: chain.now)

    before = [registered("old"), registered("new")]
    chain.now = 59.0
    still = registered("new")
    chain.now = 60.0

    assert (before, still) == ([True, False], False)
    assert [registered("new"), registered("old")] == [True, False]
    assert chain.answers == []


@pytest.mark.parametrize("error", [ChainAwayError("away"), TimeoutError()])
def test_while_the_chain_is_away_the_last_reading_stands_and_the_log_says_so(error, caplog):
    chain = Readings({"old"}, error, {"old", "new"})
    registered = RegisteredHotkeys(chain.read, lambda: chain.now)

    chain.now = 60.0
    away = [registered("old"), registered("new")]
    chain.now = 120.0

    assert away == [True, False]
    assert "stay as they were" in caplog.text
    assert registered("new")


def test_a_first_reading_that_fails_is_told():
    with pytest.raises(ChainAwayError):
        RegisteredHotkeys(Readings(ChainAwayError("away")).read)
