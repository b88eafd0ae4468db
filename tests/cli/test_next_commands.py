"""The next commands that are printed work when they are pasted in a new shell."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from cgp.cli.next_commands import program, search_command, shell_line, typeable

TALK = """Ann: The night trains to Vienna come back in May.
Ben: Night trains? I thought that the sleeping cars were sold.
Ann: They rent sleeping cars from Sweden, for the night trains alone.
Ben: Then I book the sleeping car to Vienna.
"""
EARLIER = """Cid: The honey of the rooftop hives is dark this year.
Dora: Rooftop hives? I thought that the city forbids bees.
Cid: It allows three hives on a roof, and the honey may be sold.
"""
PROGRAMS = Path(sys.executable).parent


def run(folder, *command, **variables):
    done = subprocess.run(
        command,
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k == "PYTHONPATH"} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_search_after_make_dataset_finds_its_own_talk_in_a_new_shell(tmp_path):
    # Prepare: earlier talks, which have the commonest tags.
    for number in range(2):
        talk = f"{EARLIER}Cid: That makes {number + 2} of them.\n"
        (tmp_path / f"earlier-{number}.txt").write_text(talk, encoding="utf-8")
    earlier = [f"earlier-{number}.txt" for number in range(2)]
    run(tmp_path, str(PROGRAMS / "cgp"), "import", *earlier, DATA_DIR="data/my set")
    (tmp_path / "talk.txt").write_text(TALK, encoding="utf-8")
    made = run(
        tmp_path,
        str(PROGRAMS / "cgp"),
        *("make-dataset", "talk.txt", "out", "--format", "jsonl"),
        DATA_DIR="data/my set",
    )

    # Execute: the lines as they stand
    first, second = made.partition("Next:  ")[2].splitlines()[:2]
    said = run(tmp_path, "bash", "-c", f"{first}\n{second}", PATH="/usr/bin:/bin")

    # Assert
    assert first.startswith("export DATA_DIR='data/my set' PATH=")
    assert second.strip().startswith("cgp search ")
    assert "nothing relevant" not in said
    assert "Vienna" in said


def test_a_clone_names_its_own_commands_shortly(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shell_line(tmp_path / "data") == f'export DATA_DIR=data PATH={PROGRAMS}:"$PATH"'
    monkeypatch.setattr(sys, "executable", str(Path.cwd() / ".venv" / "bin" / "python"))
    assert shell_line(tmp_path / "data") == 'export DATA_DIR=data PATH="$PWD/.venv/bin:$PATH"'


@pytest.mark.parametrize(
    "tag", ["housing policy", "it's $(reboot)", '"; rm -rf ~ #', "का समय", "a\\!b"]
)
def test_a_tag_is_a_query_and_nothing_else_to_a_shell(tmp_path, tag):
    assert list(typeable([tag])) == [tag]
    (tmp_path / "cgp").write_text('#!/bin/sh\nprintf "%s|" "$@"\n', encoding="utf-8")
    (tmp_path / "cgp").chmod(0o755)
    said = run(tmp_path, "bash", "-c", search_command(tag), PATH=f"{tmp_path}:/usr/bin:/bin")
    assert said == f"search|{tag}|"
    assert shlex.split(search_command(tag)) == ["cgp", "search", tag]


def test_a_tag_that_cannot_be_typed_is_not_suggested():
    assert not list(typeable(["--json", "a\x1b[2Jb", "two\nlines", "\u202eturned"]))


def test_a_new_shell_finds_the_program(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = run(tmp_path, "bash", "-c", f"{program()} mycelium --help", PATH="/usr/bin:/bin")
    assert "status" in said
    monkeypatch.chdir(PROGRAMS.parent)
    assert program() == "bin/cgp"
