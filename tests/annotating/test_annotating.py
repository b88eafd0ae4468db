"""A person's files become finished conversations without chain or miners, whatever interrupts it."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cgp import samples
from cgp.cli.app import app
from cgp.conversation_json import conversation_to_json
from cgp.counts import counted
from cgp.dataset import read_manifest, read_table
from cgp.store import Store

ROOT = Path(__file__).resolve().parent.parent.parent


# Few: each costs a second of reading.
SHORT = sorted(samples.load(), key=lambda talk: sum(len(turn.text) for turn in talk.turns))[:3]
TALKS = [*SHORT, next(talk for talk in samples.load() if "tidal" in talk.id)]
N = len(TALKS)


@pytest.fixture
def talks(tmp_path):
    file = tmp_path / "talks.jsonl"
    lines = (json.dumps(conversation_to_json(talk)) for talk in TALKS)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture(autouse=True)
def data_dir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))


def run(*arguments, status=0, **options):
    """Run a command in this process, which costs a tenth of one of its own."""
    result = CliRunner().invoke(app, list(map(str, arguments)), **options)
    assert result.exit_code == status, (result.output, result.exception)
    return " ".join(result.stdout.split())


def process_of(folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", "from cgp.cli import main; main()", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT)},
        cwd=folder,
    )


def rows_of(folder, table):
    return list(read_table(folder, read_manifest(folder), table))


def store(folder):
    return closing(Store(f"sqlite:///{folder}/data/store.sqlite"))


def documents(opened):
    """Return everything that the store knows of each conversation."""
    return {
        status.id: (
            opened.metadata_of(status.id),
            opened.mined_windows(status.id),
            opened.quality_of(status.id),
            opened.annotator_of(status.id),
        )
        for status in opened.conversation_statuses()
    }


def test_files_become_a_dataset_in_one_command(tmp_path, talks):
    # Execute
    out = run("make-dataset", talks, tmp_path / "set", "--format", "jsonl")

    # Assert: every conversation has windows, tags and a quality, and no miner is claimed
    assert f"{N} of {N} conversations imported" in out
    assert f"{N} of {N} waiting conversations annotated" in out
    assert read_manifest(tmp_path / "set").rows("conversations") == N
    conversations = rows_of(tmp_path / "set", "conversations")
    assert {row["made_by"] for row in conversations} == {"annotator"}
    assert all(row["annotator"].startswith("embedded/") for row in conversations)
    tagged = {row["conversation_id"] for row in rows_of(tmp_path / "set", "tags")}
    assert tagged == {row["conversation_id"] for row in conversations}
    assert len(rows_of(tmp_path / "set", "quality")) == N
    assert rows_of(tmp_path / "set", "scores") == []
    tags = rows_of(tmp_path / "set", "tags")
    assert {(row["confidence"], row["in_ground_truth"]) for row in tags} == {(None, None)}
    assert max(row["support"] for row in tags) > 1, "of the whole and of each window"
    found = json.loads(run("search", "tidal energy", "--json"))
    assert "tidal" in found[0]["conversation_id"]


def test_a_killed_run_is_continued_to_the_same_result(tmp_path, talks, monkeypatch):
    # Prepare: one run that nothing disturbs, and one that is killed once some batches are done
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("DATA_DIR", str(tmp_path / "whole" / "data"))
        run("annotate", talks)
    process = process_of(tmp_path, "annotate", talks, "--batch", "1")
    deadline = time.monotonic() + 400
    while _done(tmp_path) < 1:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    kept = _done(tmp_path)

    # Execute
    out = run("annotate")

    # Assert
    assert f"{N - kept} of {counted(N - kept, 'waiting conversation')} annotated" in out
    with store(tmp_path) as continued, store(tmp_path / "whole") as whole:
        assert documents(continued) == documents(whole)


def test_what_a_validator_has_begun_is_left_to_it(tmp_path, talks):
    run("import", talks)
    with store(tmp_path) as opened:
        lease = opened.reserve("validator", 600)
    run("annotate")
    with store(tmp_path) as opened:
        assert opened.state_of(lease.conversation.id) == "leased"
        assert opened.count_conversations()["done"] == N - 1


def test_standard_input_and_a_bad_record(tmp_path):
    text = "\n".join([json.dumps(conversation_to_json(samples.load()[0])), '{"turns": 3}'])
    out = run("annotate", "-", status=1, input=text)
    assert "1 of 1 conversation imported" in out
    assert "1 of 1 waiting conversation annotated" in out


def test_a_partial_success_ends_in_a_summary_whose_counts_add_up(tmp_path, talks):
    # Prepare: a folder with the talks, one of them twice, a broken file and one that is no talk
    folder = tmp_path / "exports"
    folder.mkdir()
    first_line = talks.read_text(encoding="utf-8").splitlines()[0]
    (folder / "again.jsonl").write_text(first_line + "\n", encoding="utf-8")
    talks.rename(folder / "talks.jsonl")
    (folder / "broken.json").write_text('{"turns": [{"speaker": "Ann"', encoding="utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))

    # Execute
    arguments = ["make-dataset", str(folder), str(tmp_path / "set"), "--format", "jsonl"]
    result = CliRunner().invoke(app, arguments)

    # Assert: read = imported + skipped; the files that are none are counted apart; no error
    out, err = (" ".join(text.split()) for text in (result.stdout, result.stderr))
    assert result.exit_code == 1
    assert (
        f"{N} of {N + 1} conversations imported 1 skipped: its content is in the store already "
        "besides, 2 files or records without a conversation:" in out
    )
    assert "1 could not be read" in out
    assert f"{N} conversations in" in out
    assert "left out: 1 file or record that could not be read, named above; all else is done" in err
    assert "nothing is done" not in err
    # While rows are made ready there is none in the index, and nothing is said of it.
    assert " made ready (" in err
    assert "0 new or changed" not in err


def test_annotating_with_what_the_index_holds_later_reads_nothing_twice(tmp_path, talks):
    """The index takes windows and tags of finished conversations as they are."""
    run("annotate", talks)
    run("index")
    with store(tmp_path) as opened:
        leaves = {one.conversation.id: one.leaves for one in opened.corpus()}
    (rows,) = (tmp_path / "data" / "index" / "batches").glob("*.jsonl")
    for line in rows.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        assert [(w["start"], w["stop"]) for w in row["windows"]] == [
            (leaf.start, leaf.stop) for leaf in leaves[row["id"]]
        ]
        for window, leaf in zip(row["windows"], leaves[row["id"]], strict=True):
            assert [tag["text"] for tag in window["tags"]] == [t.text for t in leaf.metadata.tags]


def test_a_folder_of_another_format_is_not_overwritten(tmp_path, talks):
    run("annotate", talks)
    run("export", "set", "--format", "jsonl")
    before = sorted((tmp_path / "set").rglob("*"))
    result = CliRunner().invoke(app, ["export", "set", "--format", "parquet"])
    assert result.exit_code == 2
    assert "name another folder" in result.stderr
    assert sorted((tmp_path / "set").rglob("*")) == before


def _done(folder):
    if not (folder / "data" / "store.sqlite").exists():
        return 0
    with store(folder) as opened:
        return opened.count_conversations()["done"]
