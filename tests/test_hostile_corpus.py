"""A hostile corpus through every command that reads it: nothing stalls, fills up, acts or leaks out."""

import os
import resource
import stat
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from tests.hostile_corpus import make

CGP = Path(sys.executable).with_name("cgp")
SHOWN = "\n\t\u200c\u200d\u00ad\u200b\u2060"
CPU_SECONDS = 120
"""Processor time of one command: many times what it takes, and far less than anything quadratic."""

LARGEST_PROCESS = 400
"""MiB of the largest command in memory, its libraries and models (about 160) included."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile")
    outside = root / "outside"
    outside.mkdir()
    (outside / "victim.txt").write_text("Eve: precious\nMallory: words\n")
    make(root / "corpus", outside / "victim.txt")
    (root / "data").mkdir(mode=0o755)
    (root / "data" / "store.sqlite.partial").symlink_to(outside / "victim.txt")
    return root


def run(place, *arguments):
    """Run a command; return its status, and what it printed."""
    environment = os.environ | {"DATA_DIR": str(place / "data"), "COLUMNS": "100"}

    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))

    done = subprocess.run(
        [CGP, *map(str, arguments)],
        capture_output=True,
        check=False,
        cwd=place,
        env=environment,
        preexec_fn=limit,
    )
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "surrogateescape")


def acting(text):
    return sorted(
        {
            c
            for c in text
            if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs"} and c not in SHOWN
        }
    )


def test_every_command_reads_it_prints_nothing_that_acts_and_writes_nothing_outside(place):
    largest_before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    before = sorted(path.relative_to(place) for path in (place / "outside").rglob("*"))
    commands = [
        ("privacy", "corpus/talks.jsonl"),
        ("import", "corpus"),
        ("import", "corpus", "--json"),
        ("import", "corpus/bomb.zip"),
        ("index",),
        ("search", "ferry", "--count", "20"),
        ("search", "ferry", "--kind", "conversations", "--json"),
        ("quality", "corpus/talks.jsonl"),
    ]
    for command in commands:
        status, printed = run(place, *command)
        assert status in {0, 1}, (command, status, printed[-2000:])
        assert acting(printed) == [], command
        assert "Traceback" not in printed
        assert "precious" not in printed
    assert (place / "outside" / "victim.txt").read_text() == "Eve: precious\nMallory: words\n"
    assert sorted(path.relative_to(place) for path in (place / "outside").rglob("*")) == before
    assert not (place / "outside.txt").exists()
    assert stat.S_IMODE((place / "data").stat().st_mode) == 0o700
    # The system keeps the greatest child of this whole worker; an earlier test's may be greater.
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert largest < max(LARGEST_PROCESS * 1024, largest_before + 1)
