"""The one-command network, as its own processes: what a newcomer runs."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
# Far above what anything takes: a network that hangs fails, and a slow machine does not.
WAIT = 400


def command(*arguments):
    return [sys.executable, "-c", "from cgp.cli import main; main()", "localnet", *arguments]


def environment(folder):
    home = folder / "home"
    home.mkdir(exist_ok=True)
    return {**os.environ, "DATA_DIR": str(folder), "HOME": str(home), "PYTHONPATH": str(ROOT)}


def start(folder, *arguments):
    return subprocess.Popen(
        command(*arguments),
        env=environment(folder),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def orphans(folder):
    """Return the processes that still work in ``folder``."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            arguments = (entry / "cmdline").read_bytes().split(b"\0")
        except (NotADirectoryError, FileNotFoundError, PermissionError, ProcessLookupError):
            continue
        if str(folder / "localnet").encode() in arguments:
            found.append(int(entry.name))
    return found


def rows(folder, query):
    path = folder / "localnet" / "store.sqlite"
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        return connection.execute(query).fetchall()


def test_a_run_ends_with_weights_on_chain_and_says_so_in_json(tmp_path):
    process = start(tmp_path, "--limit", "3", "--json")
    out, err = process.communicate(timeout=WAIT)
    assert process.returncode == 0, err
    summary = json.loads(out)
    assert summary["conversations"] == 3
    assert summary["weights_set"] is True
    assert summary["answers"] == 3 * summary["windows"] > 0
    assert len(summary["tags"]) == 3
    assert all(summary["tags"].values())
    assert len(summary["miners"]) == 3
    for miner in summary["miners"]:
        assert miner["answers"] == summary["windows"]
        assert miner["reward"] == pytest.approx(miner["weight"], abs=0.002)
    assert sum(miner["weight"] for miner in summary["miners"]) == pytest.approx(1.0)
    assert Path(summary["store"]).is_file()
    assert orphans(tmp_path) == []
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.peers
def test_an_interrupted_run_stops_cleanly_and_is_continued(tmp_path):
    process = start(tmp_path, "--limit", "12", "--json")
    until(lambda: scored(tmp_path) > 0, process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=WAIT)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert orphans(tmp_path) == []

    before = rows(tmp_path, "SELECT conversation_id, window, hotkey, received_at FROM answers")
    process = start(tmp_path, "--limit", "12", "--json")
    out, err = process.communicate(timeout=WAIT)
    assert process.returncode == 0, err
    assert json.loads(out)["conversations"] == 12
    after = rows(tmp_path, "SELECT conversation_id, window, hotkey, received_at FROM answers")
    assert set(before) <= set(after)
    assert rows(tmp_path, "SELECT count(*) FROM windows WHERE state != 'done'") == [(0,)]

    # A run with nothing to do says so, knows the ground truth, and which miners do not run.
    process = start(tmp_path, "--limit", "12", "--miners", "1")
    out, err = process.communicate(timeout=WAIT)
    assert process.returncode == 0, err
    said = " ".join(out.split())
    assert "Nothing was left to tag: all conversations (12) were finished by earlier runs" in said
    assert "Ground truth: embedded/" in said
    assert "Of an earlier run, with what they earned in it: miner-2, miner-3." in said


@pytest.mark.peers
def test_killed_in_the_middle_nothing_stays_behind(tmp_path):
    process = start(tmp_path, "--limit", "4")
    until(lambda: scored(tmp_path) > 0, process)
    process.kill()
    process.communicate(timeout=WAIT)
    until(lambda: not orphans(tmp_path), None)


@pytest.mark.peers
def test_two_networks_do_not_share_a_folder(tmp_path):
    process = start(tmp_path, "--limit", "2")
    until((tmp_path / "localnet" / "localnet.lock").exists, process)
    second = subprocess.run(
        command("--limit", "1"),
        env=environment(tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=WAIT,
    )
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=WAIT)
    assert second.returncode == 1
    assert "another local network runs" in " ".join(second.stderr.split())


def test_what_cannot_be_read_is_named(tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"turns": []}\n', encoding="utf-8")
    process = start(tmp_path, "--conversations", str(bad))
    _, err = process.communicate(timeout=WAIT)
    assert process.returncode == 2
    assert "record 1" in " ".join(err.split())
    assert not (tmp_path / "localnet").exists()


@pytest.mark.peers
def test_a_bad_record_is_skipped_and_nothing_is_erased_unasked(tmp_path):
    # Prepare: a first run over two conversations of a person's own, one of them unreadable
    own = tmp_path / "own.txt"
    own.write_text("Ann: The tram is late again.\nBen: Buy a bicycle, then.\n", encoding="utf-8")
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"turns": []}\n', encoding="utf-8")
    process = start(tmp_path, "--conversations", str(own), "--conversations", str(bad), "--json")
    out, err = process.communicate(timeout=WAIT)
    assert process.returncode == 1, err
    assert "record 1" in " ".join(err.split())
    assert "1 file or record that could not be read" in " ".join(err.split())
    summary = json.loads(out)
    assert (summary["conversations"], summary["complete"]) == (1, True)
    assert (summary["imported"]["added"], summary["imported"]["unreadable"]) == (1, 1)

    # Execute: start anew where nobody can be asked, then run again without any option
    refused = start(tmp_path, "--fresh", "--json")
    _, why = refused.communicate(timeout=WAIT)
    again = start(tmp_path, "--json")
    out, err = again.communicate(timeout=WAIT)

    # Assert: the error says how, the store is there, and the samples did not join it
    assert refused.returncode == 2
    assert "--fresh --yes" in why
    assert again.returncode == 0, err
    assert json.loads(out)["conversations"] == 1

    fresh = start(tmp_path, "--fresh", "--yes", "--limit", "1", "--json")
    out, err = fresh.communicate(timeout=WAIT)
    assert fresh.returncode == 0, err
    assert list(json.loads(out)["tags"]) != []
    assert rows(tmp_path, "SELECT count(*) FROM conversations WHERE source LIKE '%text%'") == [(0,)]


def scored(folder):
    try:
        return rows(folder, "SELECT count(*) FROM windows WHERE state = 'done'")[0][0]
    except sqlite3.OperationalError:
        return 0


def line_with(text, process):
    """Return the next line with ``text`` of what a network says."""
    for line in process.stderr:
        if text in line:
            return line
    pytest.fail(f"the network ended before it said {text!r}")


def until(holds, process, seconds=WAIT):
    deadline = time.monotonic() + seconds
    while not holds():
        assert process is None or process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
