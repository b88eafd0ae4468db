"""SIGKILL at any point: the same export, given again, ends with the same bytes."""

import os
import signal
import subprocess
import sys
import time

import pytest

from cgp.dataset import ShardLimits, read_manifest
from tests.dataset.folders import tree

COMMAND = "import typer; from cgp.cli.export import export; typer.run(export)"


@pytest.mark.parametrize(
    ("format_name", "first", "every"),
    [("hf", "7", "19"), ("hf", "195", "9"), ("jsonl", "120", "29")],
)
def test_whatever_step_kills_an_export_it_ends_the_same(
    small, make_dataset, tmp_path, format_name, first, every
):
    out, whole = tmp_path / "out", tmp_path / "whole"
    make_dataset(whole, small, format=format_name, limits=ShardLimits(rows=40), batch=2)
    if format_name != "hf":
        # It takes the place of another dataset of the same format.
        make_dataset(out, small, format=format_name)
    done = subprocess.run(
        [sys.executable, "-m", "tests.dataset.killed", small, out, format_name, first, every],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 3
    assert tree(out) == tree(whole)


def command(folder, store, out, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(out), "--batch", "5", "--shard-rows", "40", *arguments],
        env=os.environ | {"DATA_DIR": str(folder), "DATABASE_URL": store},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.peers
def test_the_command_goes_on_after_a_kill_from_outside(filled, hf, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    # On a busy machine an export may be over before it is seen that it has begun.
    for attempt in range(20):
        out = tmp_path / f"out-{attempt}"
        process = command(folder, filled[0], out)
        begun = out / ".export/kept/shards/conversations.json"
        while not begun.exists() and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode == -signal.SIGKILL:
            break
    assert process.returncode == -signal.SIGKILL
    assert read_manifest(out) is None
    process = command(folder, filled[0], out)
    text, problems = process.communicate()
    assert process.returncode == 0, problems
    assert "16 conversations in" in text
    assert tree(out) == tree(hf[0])
