"""Looking after a store: nothing that is needed is lost, and others go on working meanwhile."""

import contextlib
import sqlite3
import threading
import time

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from cgp import samples
from cgp.cli.app import app
from cgp.store import HolderReplacedError, Store, StoreError
from cgp.store.maintenance import restore
from cgp.store.schema import conversations, leases

TALKS = samples.load()


@pytest.fixture
def store(tmp_path):
    with contextlib.closing(Store(f"sqlite:///{tmp_path / 'store.sqlite'}")) as opened:
        opened.add_conversations(TALKS[:6])
        yield opened


def cgp(tmp_path, monkeypatch, *arguments):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    return CliRunner().invoke(app, arguments)


def test_what_failed_goes_back_into_the_line(store, tmp_path, monkeypatch):
    for _ in range(2):
        lease = store.reserve("validator", 60)
        assert store.fail(lease, "the model was of no use", max_attempts=1)
    assert store.failure_reasons() == {"the model was of no use": 2}
    shown = cgp(tmp_path, monkeypatch, "state", "--requeue-failed", "--json")
    assert shown.exit_code == 0, shown.output
    assert store.count_conversations() == {"waiting": 6, "leased": 0, "done": 0, "failed": 0}
    assert {status.attempts for status in store.conversation_statuses()} == {0}


def test_leases_and_states_that_disagree_are_put_right(store):
    kept, orphan, stray = (store.reserve("validator", 60) for _ in range(3))
    with store._writer.begin() as connection:
        connection.execute(
            sa.delete(leases).where(leases.c.conversation_id == orphan.conversation.id)
        )
        connection.execute(
            sa.update(conversations)
            .where(conversations.c.id == stray.conversation.id)
            .values(state="waiting")
        )
    repaired = store.repair()
    assert (repaired.leases_dropped, repaired.conversations_freed) == (1, 1)
    assert store.count_conversations()["leased"] == 1
    assert store.heartbeat(kept, 60)
    assert store.repair() == type(repaired)(0, 0)


def test_a_backup_is_one_moment_of_a_store_that_is_written_meanwhile(store, tmp_path):
    stop = threading.Event()

    def write():
        while not stop.is_set():
            lease = store.reserve("validator", 60)
            if lease is not None:
                store.release(lease)
            time.sleep(0.001)

    writing = threading.Thread(target=write)
    writing.start()
    try:
        store.backup(tmp_path / "backup.sqlite")
    finally:
        stop.set()
        writing.join()
    with contextlib.closing(Store(f"sqlite:///{tmp_path / 'backup.sqlite'}")) as copy:
        assert sum(copy.count_conversations().values()) == 6
    with pytest.raises(StoreError, match="there already"):
        store.backup(tmp_path / "backup.sqlite")
    assert not list(tmp_path.glob("*.part"))


def test_a_restore_stops_who_works_on_the_store_and_frees_what_was_leased(store, tmp_path):
    store.release_held("validator")
    assert store.reserve("validator", 60) is not None
    store.backup(tmp_path / "backup.sqlite")
    store.add_conversations(TALKS[6:8])
    kept = restore(tmp_path / "backup.sqlite", store.url)
    assert store.count_conversations() == {"waiting": 6, "leased": 0, "done": 0, "failed": 0}
    with pytest.raises(HolderReplacedError):
        store.reserve("validator", 60)
    with contextlib.closing(Store(f"sqlite:///{kept}")) as former:
        assert sum(former.count_conversations().values()) == 8


def test_only_a_whole_backup_of_a_store_is_restored(store, tmp_path):
    broken, strange = tmp_path / "broken.sqlite", tmp_path / "strange.sqlite"
    store.backup(broken)
    data = bytearray(broken.read_bytes())
    data[4096:-4096] = b"\0" * (len(data) - 8192)
    broken.write_bytes(data)
    with contextlib.closing(sqlite3.connect(strange)) as connection, connection:
        connection.execute("CREATE TABLE other (x)")
    for file in (broken, strange, tmp_path / "none.sqlite"):
        with pytest.raises(StoreError):
            restore(file, store.url)
    assert store.count_conversations()["waiting"] == 6


def test_the_commands_say_what_they_did(store, tmp_path, monkeypatch):
    shown = cgp(tmp_path, monkeypatch, "state", "--repair", "--prune", "30", "--compact")
    assert shown.exit_code == 0, shown.output
    assert "conversations: waiting 6" in shown.output
    assert "answers dropped: 0" in shown.output
    file = tmp_path / "b.sqlite"
    assert cgp(tmp_path, monkeypatch, "backup", str(file)).exit_code == 0
    assert cgp(tmp_path, monkeypatch, "restore", str(file)).exit_code == 0
    again = cgp(tmp_path, monkeypatch, "restore", str(tmp_path / "none"))
    assert again.exit_code == 1
