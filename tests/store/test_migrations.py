"""How a schema comes into being and changes: once, whole, whoever opens the store first."""

import hashlib
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from cgp.conversation import Conversation, Participant, Turn
from cgp.metadata import Claim, ParticipantProfile
from cgp.privacy import STANDARD
from cgp.store import Store, StoreError, Taken
from cgp.store.engine import open_engine
from cgp.store.migrate import VERSION_TABLE
from cgp.store.schema import SCHEMA_VERSION, schema

VERSION_1 = Path(__file__).with_name("version_1.sql")


@pytest.fixture
def version_1(tmp_path) -> str:
    """A store as the first release left it: a finished, a waiting and a leased conversation."""
    path = tmp_path / "old.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(VERSION_1.read_text())
    connection.close()
    return f"sqlite:///{path}"


def execute(url: str, statement: str) -> list[sa.Row]:
    engine = open_engine(url)
    with engine.begin() as connection:
        done = connection.execute(sa.text(statement))
        rows = list(done) if done.returns_rows else []
    engine.dispose()
    return rows


def tables(url: str) -> set[str]:
    engine = open_engine(url)
    names = set(sa.inspect(engine).get_table_names())
    engine.dispose()
    return names


def differences(url: str) -> list[object]:
    engine = open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        found = compare_metadata(context, schema)
    engine.dispose()
    return found


def test_the_migrations_make_exactly_the_schema(empty_url):
    Store(empty_url).close()
    assert differences(empty_url) == []
    assert tables(empty_url) == {*schema.tables, VERSION_TABLE}


def test_the_comparison_would_find_a_difference(empty_url):
    Store(empty_url).close()
    execute(empty_url, "DROP INDEX ix_profiles_name")
    execute(empty_url, "ALTER TABLE weights ADD COLUMN mood TEXT")
    assert len(differences(empty_url)) == 2


def test_the_last_migration_leads_to_the_version_of_the_schema():
    config = Config()
    config.set_main_option("script_location", "cgp.store:migrations")
    config.set_main_option("path_separator", "os")
    steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert steps == [str(version) for version in range(SCHEMA_VERSION, 0, -1)]


def test_a_store_of_the_first_version_is_adopted_with_all_that_it_holds(version_1):
    store = Store(version_1)
    assert store.count_conversations() == {"waiting": 1, "leased": 1, "done": 1, "failed": 0}
    assert store.conversation("finished").participants[0].id == "@ann"
    assert [tag.text for tag in store.metadata_of("finished").tags] == ["beans"]
    assert store.profiles_of("Bo") == [
        ("finished", ParticipantProfile(1, (Claim("topic", "peas", (1,)),)))
    ]
    assert [record.hotkey for record in store.answers_of("finished")] == ["good", "bad"]
    assert store.release_held("validator") == 1
    waiting = store.conversation("waiting")
    assert store.redacted(waiting, STANDARD) == store.redacted(waiting, STANDARD)
    store.close()
    assert differences(version_1) == []
    Store(version_1).close()


def test_vaults_of_earlier_versions_move_to_the_redactions(version_1):
    engine = open_engine(version_1)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "cgp.store:migrations")
        config.set_main_option("path_separator", "os")
        command.stamp(config, "1")
        command.upgrade(config, "5")
    engine.dispose()
    execute(
        version_1,
        "INSERT INTO vaults VALUES ('waiting', '{\"[EMAIL_1]\": \"ann@example.org\"}', 7.0)",
    )
    store = Store(version_1)
    assert store.vault_of("waiting") == {"[EMAIL_1]": "ann@example.org"}
    assert store.kept_redaction(store.conversation("waiting"), STANDARD) is None
    store.close()
    assert differences(version_1) == []


def test_a_store_of_schema_8_finds_overlaps_and_keeps_what_was_forgotten(tmp_path):
    # Prepare: a store as schema 8 left it, with a chat, and the three hashes of a forgotten one
    def chat(identifier, first, stop):
        turns = tuple(Turn(n % 2, f"line {n}", 60.0 * (n - first)) for n in range(first, stop))
        people = (Participant("Ann"), Participant("Bob"))
        start = f"2024-02-28T19:{first:02}:00"
        return Conversation(identifier, "test", people, turns, started_at=start)

    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    store = Store(url)
    store.add_conversations([chat("kept", 0, 8)])
    store.close()
    gone = hashlib.sha256(b"id\ntest\ngone").hexdigest()
    execute(url, "ALTER TABLE conversations DROP COLUMN language_recognised")
    execute(url, "DROP TABLE anchors")
    execute(url, "DROP TABLE tombstones")
    execute(url, "CREATE TABLE tombstones (hash VARCHAR(64) NOT NULL, forgotten_at FLOAT NOT NULL, "
                 "CONSTRAINT pk_tombstones PRIMARY KEY (hash))")  # fmt: skip
    execute(url, f"INSERT INTO tombstones VALUES ('{gone}', 1.0), ('b', 1.0), ('c', 1.0)")
    execute(url, f"UPDATE {VERSION_TABLE} SET version_num = '8'")

    # Execute
    store = Store(url)
    outcomes = store.take_conversations([chat("other", 4, 12), chat("gone", 20, 24)])

    # Assert
    assert outcomes == [Taken.GROWN, Taken.FORGOTTEN]
    assert len(store.conversation("kept").turns) == 12
    assert store.count_forgotten() == 1
    assert store.forget(["kept"]) == ["kept"]
    assert store.count_forgotten() == 2
    store.close()
    assert differences(url) == []


def test_a_store_of_schema_10_learns_the_languages(tmp_path):
    # Prepare: a store as schema 10 left it
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    texts = {"english": "What do you think of the ferry and of all that?", "short": "Ferry!"}
    store = Store(url)
    people = (Participant("Ann"),)
    store.add_conversations(
        Conversation(name, "test", people, (Turn(0, text),)) for name, text in texts.items()
    )
    store.close()
    execute(url, "ALTER TABLE conversations DROP COLUMN language_recognised")
    execute(url, f"UPDATE {VERSION_TABLE} SET version_num = '10'")

    # Execute
    Store(url).close()

    # Assert
    query = "SELECT id, language_recognised FROM conversations ORDER BY id"
    assert execute(url, query) == [("english", "en"), ("short", "")]
    assert differences(url) == []


def test_an_upgrade_that_fails_leaves_the_store_as_it_was(version_1):
    execute(version_1, "CREATE TABLE profiles (x TEXT)")
    before = tables(version_1)
    with pytest.raises(StoreError, match="table profiles already exists"):
        Store(version_1)
    assert tables(version_1) == before
    execute(version_1, "DROP TABLE profiles")
    Store(version_1).close()


def test_a_newer_store_is_refused_and_not_touched(empty_url):
    Store(empty_url).close()
    execute(empty_url, f"UPDATE {VERSION_TABLE} SET version_num = '99'")
    with pytest.raises(StoreError, match=r"schema version 99.* update the program"):
        Store(empty_url)
    assert execute(empty_url, f"SELECT version_num FROM {VERSION_TABLE}") == [("99",)]


def test_a_reader_refuses_an_older_store_and_does_not_touch_it(version_1):
    before = tables(version_1)
    with pytest.raises(StoreError, match=r"schema version 1.* a reader upgrades nothing"):
        Store(version_1, upgrades=False)
    assert tables(version_1) == before
    Store(version_1).close()
    Store(version_1, upgrades=False).close()


def test_a_database_of_another_program_is_refused(empty_url):
    execute(empty_url, "CREATE TABLE conversations (title TEXT)")
    with pytest.raises(StoreError, match="another program"):
        Store(empty_url)
    assert tables(empty_url) == {"conversations"}


_OPENER = """
import sys
from cgp.store import Store
store = Store(sys.argv[1])
print("alembic" in sys.modules, sum(store.count_conversations().values()))
store.close()
"""


def _open_in_processes(url: str, count: int) -> list[str]:
    command = [sys.executable, "-c", _OPENER, url]
    openers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    said = [opener.communicate(timeout=240)[0].strip() for opener in openers]
    assert [opener.returncode for opener in openers] == [0] * count
    return said


def test_processes_that_create_the_store_at_once_all_succeed(empty_url):
    assert {said.split()[1] for said in _open_in_processes(empty_url, 2)} == {"0"}
    assert differences(empty_url) == []
    assert _open_in_processes(empty_url, 1) == ["False 0"], "alembic loads only to migrate"


def test_processes_that_upgrade_the_store_at_once_all_succeed(version_1):
    assert {said.split()[1] for said in _open_in_processes(version_1, 2)} == {"3"}
    assert differences(version_1) == []


def test_threads_that_create_stores_at_once_all_succeed(empty_url, tmp_path):
    urls = [empty_url] * 3 + [f"sqlite:///{tmp_path / f'{i}.sqlite'}" for i in range(3)]
    with ThreadPoolExecutor(6) as pool:
        for store in pool.map(Store, urls):
            assert store.reserve("one", 60) is None
            store.close()
