"""Fixtures of the store's tests: a real database file, and conversations to put in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cgp.conversation import Conversation, Participant, Turn
from cgp.store import Store


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture
def store(store_url: str, clock: Clock) -> Iterator[Store]:
    opened = Store(store_url, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def make_conversation() -> Callable[..., Conversation]:
    def make(identifier: str, text: str | None = None, turns: int = 4) -> Conversation:
        return Conversation(
            id=identifier,
            source="test",
            participants=(Participant("Ann"), Participant("Bo")),
            turns=tuple(
                Turn(i % 2, f"{text or identifier}, said for the {i}. time") for i in range(turns)
            ),
        )

    return make
