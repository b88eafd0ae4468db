"""A dry run that shows what it found, and a folder into which files are dropped."""

import json
import threading
import time

import pytest
import typer
from typer.testing import CliRunner

from cgp.cli.import_ import import_conversations as command
from cgp.sources import import_conversations
from cgp.sources.preview import Preview
from cgp.sources.watching import arrivals

app = typer.Typer()
app.command("import")(command)
TALK = "Ana: Hello there.\nBo: Hello yourself.\nAna: How is the tide?\nBo: Out.\n"


@pytest.fixture
def cgp(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, [str(a) for a in arguments])


def test_a_dry_run_shows_format_reason_counts_and_first_turns(cgp, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/talk.txt").write_text(TALK)
    (tmp_path / "in/README.md").write_text("# Fence\n\nInstall: pip\n")
    done = cgp("--dry-run", "--json", tmp_path / "in")
    assert done.exit_code == 1
    files = {file["file"].rpartition("/")[2]: file for file in json.loads(done.stdout)["files"]}
    assert files["README.md"]["format"] is None
    assert "labels ('Install')" in files["README.md"]["why"]
    talk = files["talk.txt"]
    assert (talk["format"], talk["conversations"], talk["turns"], talk["participants"]) == (
        "text",
        1,
        4,
        2,
    )
    assert [turn["text"] for turn in talk["first_turns"]] == [
        "Hello there.", "Hello yourself.", "How is the tide?",
    ]  # fmt: skip
    assert "its beginning is that of" in talk["why"]
    assert not (tmp_path / "data").exists()


def test_a_dry_run_counts_the_files_that_it_does_not_show(tmp_path):
    for number in range(5):
        lines = "".join(json.dumps({"turns": [["Ana", f"{number} {i}"]]}) + "\n" for i in range(3))
        (tmp_path / f"{number}.jsonl").write_text(lines)
    preview = Preview(most_files=2)
    report = import_conversations([tmp_path], None, observe=preview.see)
    assert (report.added, len(preview.files), preview.more) == (15, 2, 3)
    assert preview.to_json()["more_files"] == 3


def test_what_a_dry_run_shows_does_not_act_on_the_terminal(cgp, tmp_path):
    (tmp_path / "talk.txt").write_text(TALK.replace("tide", "\x1b]0;owned\x07tide"))
    done = cgp("--dry-run", tmp_path / "talk.txt")
    assert "How is the" in done.stdout
    assert "\x1b]" not in done.stdout


def test_files_that_are_dropped_into_a_folder_are_imported_once_written(tmp_path, store):
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "there.txt").write_text(TALK)
    (folder / "half.txt.part").write_text(TALK)
    stop = threading.Event()
    groups = []

    def run():
        for arrived in arrivals(folder, stop, quiet_seconds=0.2):
            groups.append([path.name for path in arrived])
            import_conversations(arrived, store)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        until = time.monotonic() + 240
        while not groups and time.monotonic() < until:
            time.sleep(0.05)
        (folder / "later").mkdir()  # also before the watcher is set up, after the first group
        (folder / "later/chat.txt").write_text(TALK.replace("tide", "ferry"))
        while store.count_conversations()["waiting"] < 2 and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(240)
    assert not thread.is_alive()
    assert groups[0] == ["there.txt"]
    assert {name for group in groups[1:] for name in group} == {"later"}
    assert store.count_conversations()["waiting"] == 2


def test_a_file_that_is_still_being_written_waits_until_it_is_whole(tmp_path):
    (tmp_path / "growing.txt").write_text(TALK[:10])
    stop = threading.Event()
    seen = []
    thread = threading.Thread(
        target=lambda: seen.extend(
            path.read_text()
            # Far above the pauses of a writer on a busy machine.
            for group in arrivals(tmp_path, stop, quiet_seconds=2.0)
            for path in group
        )
    )
    thread.start()
    try:
        with (tmp_path / "growing.txt").open("a") as file:
            for character in TALK[10:]:
                file.write(character)
                file.flush()
                time.sleep(0.01)
        until = time.monotonic() + 240
        while not seen and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(240)
    assert set(seen) == {TALK}


def test_a_folder_that_is_not_there_cannot_be_watched(cgp):
    done = cgp("--watch", "nowhere")
    assert done.exit_code == 2
    assert "no such folder to watch" in " ".join(done.stderr.split())
