"""Into the store: duplicates, conflicts, interruption, and the command."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cgp.cli.import_ import import_conversations as command
from cgp.conversation_json import conversation_from_json, conversation_to_json
from cgp.sources import import_conversations, read_path
from cgp.sources.importing import SAME_CONTENT
from cgp.sources.near_duplicates import NearDuplicates
from cgp.store import Store, Taken

ROOT = Path(__file__).resolve().parent.parent.parent
app = typer.Typer()
app.command("import")(command)
COMMAND = "import typer; from cgp.cli.import_ import import_conversations as c; typer.run(c)"


def conversation(identifier, *texts):
    document = {"turns": [["Ana", text] for text in texts]}
    return document if identifier is None else {"id": identifier, **document}


def write(path, *documents):
    path.write_text("".join(json.dumps(d) + "\n" for d in documents), encoding="utf-8")
    return path


@pytest.fixture
def cgp(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


def test_all_fixtures_go_into_the_store_and_come_out_as_they_were(fixtures, store):
    report = import_conversations([fixtures], store)
    read = [r.conversation for _, r in read_path(fixtures) if r.conversation]
    assert report.read == len(read) > 60
    assert report.added + report.grown + sum(report.skipped[r.value] for r in Taken) == len(read)
    for kept in read:
        stored = store.conversation(kept.id)
        if stored is not None and stored.content_hash == kept.content_hash:
            assert conversation_to_json(stored)["turns"] == conversation_to_json(kept)["turns"]
    assert report.unreadable == len(report.problems) - report.lost > 20


def test_importing_again_changes_nothing_and_says_so(fixtures, store):
    first = import_conversations([fixtures / "discord.json"], store)
    again = import_conversations([fixtures / "discord.json"], store)
    assert (first.added, again.added) == (2, 0)
    assert again.skipped[SAME_CONTENT] == 2


def test_the_same_content_under_another_id_is_stored_once(tmp_path, store):
    path = write(tmp_path / "c.jsonl", conversation("a", "one"), conversation("b", "one"))
    report = import_conversations([path], store)
    assert report.added == 1
    assert report.skipped == {SAME_CONTENT: 1}


WORDS = [
    "the",
    "tide",
    "turbine",
    "in",
    "the",
    "strait",
    "needs",
    "new",
    "blades",
    "before",
    "the",
    "winter",
    "storms",
    "begin",
    "again",
]


def test_near_duplicates_are_left_out_when_asked_for(tmp_path, store):
    text = " ".join(f"{word}{i}" for i in range(12) for word in WORDS)
    path = write(
        tmp_path / "c.jsonl",
        conversation("a", text),
        conversation("b", text + " Indeed."),
        conversation("c", " ".join(reversed(text.split()))),
    )
    report = import_conversations([path], store, near=NearDuplicates())
    assert report.added == 2
    assert report.skipped == {"it nearly repeats another conversation": 1}
    again = import_conversations([path], store, near=NearDuplicates())
    assert (again.added, again.skipped[SAME_CONTENT]) == (0, 2)
    assert import_conversations([path], store).added == 1


def test_a_chat_that_grew_is_no_near_duplicate_of_its_beginning(tmp_path, store):
    text = " ".join(f"{word}{i}" for i in range(12) for word in WORDS)
    turns = [["Ana", text], ["Bo", "Indeed."]]
    import_conversations([write(tmp_path / "a.jsonl", {"turns": turns[:1]})], store)
    longer = write(tmp_path / "b.jsonl", {"turns": turns})
    report = import_conversations([longer], store, near=NearDuplicates())
    assert (report.grown, report.added, report.skipped) == (1, 0, {})


@pytest.mark.parametrize(("shared", "near"), [(0.97, True), (0.3, False)])
def test_the_similarity_is_estimated_well_enough_to_decide(shared, near):
    words = [f"w{i}" for i in range(3000)]
    other = [w if i < shared * len(words) else f"x{i}" for i, w in enumerate(words)]
    index = NearDuplicates(0.8)
    assert index.find(conversation_from_json(conversation("a", " ".join(words)))) is None
    found = index.find(conversation_from_json(conversation("b", " ".join(other))))
    jaccard = shared / (2 - shared)
    assert (found is not None) is near
    if found is not None:
        assert abs(found.similarity - jaccard) < 0.12


def content(path):
    with sqlite3.connect(path) as connection:
        return connection.execute(
            "SELECT id, source, content_hash, turns, document FROM conversations ORDER BY number"
        ).fetchall()


def stored(path):
    try:
        return len(content(path))
    except sqlite3.OperationalError:
        return 0


def holds_any(path):
    """Tell at once whether a store holds a conversation: the import goes on meanwhile."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT 1 FROM conversations LIMIT 1").fetchone() is not None
    except sqlite3.OperationalError:
        return False


def test_an_import_that_is_killed_is_completed_by_the_same_command(cgp, tmp_path, monkeypatch):
    # Prepare: several batches, of which a process stores the first and is killed
    number = 6000
    documents = (conversation(f"k-{i}", f"words of {i}", "and more " * 20) for i in range(number))
    path = write(tmp_path / "many.jsonl", *documents)
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "--json", str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    killed = tmp_path / "data/store.sqlite"
    while process.poll() is None and not holds_any(killed):
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "the import was over before it could be killed"
    before = stored(killed)
    assert 0 < before < number

    # Execute
    report = json.loads(cgp("--json", path).stdout)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "whole"))
    cgp(path)

    # Assert
    assert report["added"] == number - before
    assert report["skipped"] == {SAME_CONTENT: before}
    assert content(killed) == content(tmp_path / "whole/store.sqlite")


def test_the_command_imports_guessing_the_format(cgp, fixtures, tmp_path):
    done = cgp(fixtures / "discord.json", fixtures / "meeting.jsonl")
    assert done.exit_code == 0, done.output
    assert "3 of 3 conversations imported" in done.stdout
    assert "1 skipped: no text" in done.stdout
    assert stored(tmp_path / "data/store.sqlite") == 3


@pytest.mark.parametrize("how", [("meeting",), ("--format", "meeting"), ("-f", "meeting")])
def test_the_format_may_come_first_or_as_an_option(cgp, fixtures, how):
    done = cgp("--json", *how, fixtures / "meeting.jsonl")
    assert json.loads(done.stdout)["formats"] == {"meeting": 1}


def test_a_file_called_as_a_format_is_reached_by_its_path(cgp, fixtures, tmp_path):
    (tmp_path / "meeting").write_bytes((fixtures / "meeting.jsonl").read_bytes())
    assert cgp("meeting").exit_code == 2
    assert cgp("./meeting").exit_code == 0


def test_unreadable_records_are_named_and_end_with_status_1(cgp, fixtures):
    path = fixtures / "conversations-broken.jsonl"
    done = cgp("--json", path)
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert (report["added"], report["unreadable"]) == (2, 2)
    assert report["problems"][0] == {
        "file": str(path), "record": 2, "reason": "turn 0: text must be a string, not int",
    }  # fmt: skip
    assert "record 3: not JSON" in " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.json"], "no such file or folder"),
        ([], "no file, folder or archive to import"),
        (["slack"], "no file, folder or archive to import"),
        (["--format", "vhs", "x"], "no format is called 'vhs'"),
    ],
)
def test_a_wrong_command_ends_with_status_2_and_makes_no_store(cgp, tmp_path, arguments, words):
    done = cgp(*arguments)
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())
    assert not (tmp_path / "data").exists()


def test_a_dry_run_stores_nothing(cgp, fixtures, tmp_path):
    done = cgp("--dry-run", fixtures / "discord.json")
    assert "2 of 2 conversations would be imported" in done.stdout
    assert not (tmp_path / "data").exists()


def test_the_formats_are_listed(cgp):
    done = cgp("--list-formats")
    assert done.exit_code == 0
    assert "whatsapp" in done.stdout


def test_a_store_that_cannot_be_opened_is_an_error_with_a_reason(cgp, fixtures, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://x/y")
    done = cgp(fixtures / "discord.json")
    assert done.exit_code == 1
    assert "kept in sqlite or postgresql" in done.stderr


def test_a_database_url_is_where_it_goes(cgp, fixtures, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    assert cgp(fixtures / "discord.json").exit_code == 0
    store = Store(f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    assert store.count_conversations()["waiting"] == 2
    store.close()


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("[LINE] Chat history with Ann\nSaved on: 2024/01/06 10:00\n\n2024.01.05 Friday\n21h03 Ann Hello\n", False),
        ("[28/02/24, 21:00:11] Ann: Messages and calls are end-to-end encrypted. No one else can read them.\n", True),
    ],
)  # fmt: skip
def test_a_file_of_which_nothing_is_read_is_named(tmp_path, text, complete):
    (tmp_path / "chat.txt").write_text(text, encoding="utf-8")
    report = import_conversations([tmp_path / "chat.txt"], None)
    assert report.complete == complete
    assert [Path(problem.file).name for problem in report.problems + report.left_out] == [
        "chat.txt"
    ]


CHAT = "[28/02/24, 21:00:11] Ann: hi\n[28/02/24, 21:01:12] Bob: yo\n"
LIST = {"messages": [{"sender_name": "Ann", "timestamp_ms": 1704445200000, "content": "hi"}]}


@pytest.mark.parametrize(
    ("files", "complete"),
    [
        ({"_chat.txt": CHAT, "00000003-offer.pdf": "%PDF-1.4", "00000004-Bo.vcf": "BEGIN:VCARD\n", "00000005-list.txt": "milk\n"}, True),
        ({"_chat.txt": CHAT, "list.txt": "milk\n"}, False),
        ({"your_instagram_activity/messages/inbox/ann_1/message_1.json": json.dumps({"participants": [{"name": "Ann"}], **LIST, "title": "Ann"}),
          "your_instagram_activity/messages/reported_conversations.json": '{"reported": [{"x": 1}]}',
          "connections/followers_1.json": '[{"title": "", "string_list_data": []}]'}, True),
    ],
)  # fmt: skip
def test_what_lies_beside_the_chats_of_an_export_is_named_and_no_loss(tmp_path, files, complete):
    # Prepare
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    # Execute
    report = import_conversations([tmp_path], None)

    # Assert
    assert (report.added, report.complete) == (1, complete)
    assert len(report.left_out + report.problems) == len(files) - 1
