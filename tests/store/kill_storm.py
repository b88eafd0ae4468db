"""Workers that reserve, commit and finish conversations in one store while some are killed at random.

The suite runs a small storm. A large one, by hand (``postgresql`` starts a server for it)::

    python -m tests.store.kill_storm sqlite:///PATH --conversations 1000
    python -m tests.store.kill_storm postgresql --conversations 1000

Every window that is committed adds one to a counter in the same transaction, so a window that is lost
or counted twice shows in the sum. Who holds a conversation holds a file lock too, which the kernel drops
when the holder is killed: a second holder finds it taken.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TextIO

from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Metadata, Tag
from cgp.scoring.task import Answer, Score
from cgp.store import (
    ConversationResult,
    GroundTruthRecord,
    Lease,
    LeaseLost,
    ScoredAnswer,
    StandingChanges,
    StandingRecord,
    Store,
    WindowResult,
)
from tests.store.postgres_server import PostgresServer, binaries

ROOT = Path(__file__).resolve().parent.parent.parent
WINDOWS = 4
MINERS = ("a", "b", "c")


@dataclass(frozen=True)
class Outcome:
    """What a storm came to; a correct store leaves nothing lost, doubled or overlapping."""

    states: dict[str, int]
    windows: tuple[int, int]
    counted: int
    finished_twice: list[str]
    held_by_two: list[str]
    kills: int
    strangers: int
    seconds: float

    def problems(self, conversations: int) -> list[str]:
        """Return what is not as it must be."""
        windows = conversations * WINDOWS
        checks = {
            f"states {self.states}": self.states
            == {"waiting": 0, "leased": 0, "done": conversations, "failed": 0},
            f"windows {self.windows}": self.windows == (windows, windows),
            f"counted {self.counted}": self.counted == windows * len(MINERS),
            f"finished twice {self.finished_twice}": not self.finished_twice,
            f"held by two {self.held_by_two}": not self.held_by_two,
        }
        return [problem for problem, right in checks.items() if not right]


def storm(
    url: str,
    *,
    conversations: int,
    workers: int,
    kills: int,
    lease_seconds: float,
    patience: float,
    seed: int = 5,
) -> Outcome:
    """Process ``conversations`` with ``workers`` processes, killing ``kills`` of them on the way.

    Every other killed worker starts again under its name, which frees what it held at once; the
    others are replaced by a stranger, so that what they held has to expire.
    """
    started = time.monotonic()
    chance = random.Random(seed)
    store = Store(url)
    store.add_conversations(_conversation(number) for number in range(conversations))
    total = conversations * WINDOWS
    moments = sorted(chance.sample(range(1, total * 9 // 10), kills))
    with tempfile.TemporaryDirectory() as name, _Crew(url, Path(name), lease_seconds) as crew:
        for _ in range(workers):
            crew.start_stranger()
        for number, moment in enumerate(moments):
            while store.count_windows()[0] < moment:
                assert time.monotonic() < started + patience, "the workers do not get on"
                time.sleep(0.01)
            crew.kill_one(chance, replace=bool(number % 2))
        crew.wait(started + patience)
        finished = Counter((Path(name) / "finished").read_text().split())
        held_by_two = Path(name) / "held_by_two"
        outcome = Outcome(
            states=dict(store.count_conversations()),
            windows=store.count_windows(),
            counted=sum(int(r.standing) for n in crew.names for r in store.standings_of(n, "1")),
            finished_twice=[key for key, times in finished.items() if times > 1],
            held_by_two=held_by_two.read_text().split() if held_by_two.exists() else [],
            kills=kills,
            strangers=len(crew.names) - workers,
            seconds=time.monotonic() - started,
        )
    store.close()
    return outcome


class _Crew:
    """The worker processes, by the name that they work under."""

    def __init__(self, url: str, folder: Path, lease_seconds: float) -> None:
        self._arguments = (url, str(folder), str(lease_seconds))
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.names: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()

    def start_stranger(self) -> None:
        self.names.append(f"worker-{len(self.names)}")
        self._start(self.names[-1])

    def kill_one(self, chance: random.Random, *, replace: bool) -> None:
        name = chance.choice(sorted(self._running))
        process = self._running.pop(name)
        process.kill()
        process.wait()
        if replace:
            self.start_stranger()
        else:
            self._start(name)

    def wait(self, give_up: float) -> None:
        for process in self._running.values():
            assert process.wait(max(1.0, give_up - time.monotonic())) == 0

    def _start(self, name: str) -> None:
        command = [sys.executable, "-m", "tests.store.kill_storm", *self._arguments, "--as", name]
        self._running[name] = subprocess.Popen(command, cwd=ROOT)


def work(url: str, name: str, folder: Path, lease_seconds: float) -> None:
    """Do conversations until all are done."""
    store = Store(url)
    store.release_held(name)
    while True:
        lease = store.reserve(name, lease_seconds)
        if lease is None:
            counts = store.count_conversations()
            if counts["waiting"] + counts["leased"] == 0:
                break
            time.sleep(0.05)
            continue
        try:
            with _holding(lease, folder) as held:
                _process(store, lease, lease_seconds, held)
                _note(folder / "finished", lease.conversation.id)
        except LeaseLost:
            continue
    store.close()


def _process(store: Store, lease: Lease, lease_seconds: float, held: TextIO) -> None:
    conversation = lease.conversation
    truth = GroundTruthRecord("00", "{}", "a", "e", "1", 1)
    store.seal(lease, truth, [(i, i + 1) for i in range(len(conversation.turns))])
    for window in store.windows_of(conversation.id):
        if window.done:
            continue
        counts = {r.hotkey: int(r.standing) for r in store.standings_of(lease.holder, "1")}
        answers = [ScoredAnswer(key, 0, Answer(("x",)), Score(0.5, True)) for key in MINERS]
        standings = [StandingRecord(key, 1, str(counts.get(key, 0) + 1)) for key in MINERS]
        changes = StandingChanges("1", standings)
        assert store.commit_window(lease, WindowResult(window.index, 1, [], answers, changes))
        until = time.time() + lease_seconds
        if not store.heartbeat(lease, lease_seconds):
            raise LeaseLost(conversation.id)
        _write(held, until)
    store.finish(lease, ConversationResult(Metadata((Tag("x"),))))


@contextmanager
def _holding(lease: Lease, folder: Path) -> Iterator[TextIO]:
    """Hold the conversation's file, which says until when; note where another process does and its lease has not ended."""
    identifier = lease.conversation.id
    with (folder / f"held-{identifier}").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            if float(file.read() or "0") > time.time():
                _note(folder / "held_by_two", identifier)
        _write(file, lease.expires_at)
        yield file


def _write(held: TextIO, until: float) -> None:
    held.truncate(0)
    held.write(str(until))
    held.flush()


def _note(path: Path, line: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, f"{line}\n".encode())
    os.close(handle)


def _conversation(number: int) -> Conversation:
    turns = tuple(Turn(i % 2, f"turn {i} of {number}") for i in range(WINDOWS))
    return Conversation(str(number), "storm", (Participant("Ann"), Participant("Bo")), turns)


def main() -> None:
    """Run a storm, or one of its workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("lease_seconds", nargs="?", type=float, default=5.0)
    parser.add_argument("--as", dest="name")
    parser.add_argument("--conversations", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--kills", type=int, default=30)
    chosen = parser.parse_args()
    if chosen.name:
        work(chosen.url, chosen.name, chosen.folder, chosen.lease_seconds)
        return
    with _database(chosen.url) as url:
        outcome = storm(
            url,
            conversations=chosen.conversations,
            workers=chosen.workers,
            kills=chosen.kills,
            lease_seconds=chosen.lease_seconds,
            patience=3600,
        )
    print(outcome)
    problems = outcome.problems(chosen.conversations)
    print("\n".join(problems) or "nothing lost, nothing double")
    sys.exit(bool(problems))


@contextmanager
def _database(url: str) -> Iterator[str]:
    if url != "postgresql":
        yield url
        return
    with PostgresServer(binaries()) as server:
        yield server.url(server.new_database())


if __name__ == "__main__":
    main()
