"""What is PostgreSQL's own: addresses, its driver, its clock, row locks and deadlocks."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from cgp.store import Store, StoreError
from cgp.store.engine import open_engine


@pytest.fixture
def backend() -> str:
    return "postgresql"


@pytest.fixture
def other(store_url):
    """Another program's connection to the store's database."""
    engine = open_engine(store_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_usual_forms_of_an_address_are_taken(store_url, scheme):
    store = Store(store_url.replace("postgresql", scheme, 1))
    assert store.count_conversations()["waiting"] == 0
    assert store.url.startswith("postgresql+psycopg://")
    store.close()


def test_another_driver_is_refused():
    with pytest.raises(StoreError, match=r"not in postgresql\+psycopg2"):
        Store("postgresql+psycopg2://localhost/x")


def test_a_server_that_is_not_there_is_a_clear_error_without_the_password(tmp_path):
    with pytest.raises(StoreError, match="cannot open the store") as raised:
        Store(f"postgresql://me:hunter2@/x?host={tmp_path}")
    assert "hunter2" not in str(raised.value)


def test_a_missing_driver_names_the_extra():
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from cgp.store import Store, StoreError\n"
        "try:\n    Store('postgresql://localhost/x')\n"
        "except StoreError as error:\n    print(error)\n"
    )
    said = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert "[postgres]" in said or "setup.sh postgres" in said


def test_leases_end_by_the_servers_clock(store_url, make_conversation, monkeypatch):
    before = time.time()
    store = Store(store_url)
    store.add_conversations([make_conversation("a")])
    monkeypatch.setattr(time, "time", lambda: 0.0)  # this machine's clock is decades behind
    lease = store.reserve("one", 60)
    assert before - 60 < lease.expires_at - 60 < before + 3600
    assert store.reserve("two", 60) is None
    store.close()


def test_a_taker_skips_what_another_has_locked(store, other, make_conversation):
    store.add_conversations([make_conversation("a"), make_conversation("b")])
    other.execute(sa.text("SELECT 1 FROM conversations WHERE id = 'a' FOR UPDATE"))
    assert store.reserve("one", 60).conversation.id == "b"
    assert store.reserve("one", 60) is None
    other.rollback()
    assert store.reserve("one", 60).conversation.id == "a"


def test_a_lease_that_is_being_renewed_is_not_taken(store, other, clock, make_conversation):
    store.add_conversations([make_conversation("a")])
    store.reserve("one", 60)
    clock.now += 61
    other.execute(sa.text("UPDATE leases SET expires_at = 1200"))
    assert store.reserve("two", 60) is None
    other.commit()
    assert store.reserve("two", 60) is None
    clock.now = 1200
    assert store.reserve("two", 60).conversation.id == "a"


def test_a_transaction_that_ends_a_deadlock_is_run_again(store, other, make_conversation):
    store.add_conversations([make_conversation("a")])
    lease = store.reserve("one", 60)
    # The other one would wait for ever: the server must end the store's transaction.
    other.execute(sa.text("SET LOCAL deadlock_timeout = '600s'"))
    other.execute(sa.text("SELECT 1 FROM conversations FOR UPDATE"))
    with ThreadPoolExecutor(1) as pool:
        released = pool.submit(store.release, lease)
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while not other.execute(sa.text(waiting)).scalar_one():
            other.execute(sa.text("SELECT pg_stat_clear_snapshot()"))
        renewed = other.execute(sa.text("UPDATE leases SET heartbeat_at = 1"))
        assert renewed.rowcount == 1, "the release was undone: nobody else could let this one go on"
        other.commit()
        assert released.result(30)
    assert store.count_conversations()["waiting"] == 1
