"""The short versions of the long measurements: faults, hostile requests, load; what must hold holds."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.peers


def measure(script, *flags):
    """Run a benchmark; return its verdicts, which must all have held."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / script), *flags],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    lines = done.stdout.splitlines()
    assert all(line.startswith("pass  ") for line in lines)
    return lines


def test_a_minute_of_random_faults_hurts_nobody(tmp_path):
    folder = str(tmp_path / "soak")
    lines = measure("soak.py", "--minutes", "1", "--miners", "6", "--seed", "1", "--folder", folder)
    for clause in (
        "every conversation ends exactly once and with answers",
        "no weight to the owner",
        "share lost by a miner that was not faulted",
        "weights set in every window",
        "agreement of the validators",
        "memory",
        "logs with a traceback",
        "health told the truth within 10 s of each fault",
    ):
        assert any(clause in line for line in lines), clause


def test_hostile_requests_hurt_no_miner():
    measure("hostile_requests.py", "--count", "1500", "--seed", "2")


def test_hostile_requests_hurt_no_api():
    measure("hostile_api.py", "--count", "600", "--seed", "2")


def test_an_overloaded_miner_answers_what_it_takes_in_time():
    measure("miner_load.py", "--seconds", "3", "--only", "overload")


def test_strangers_do_not_keep_honest_validators_waiting():
    kinds = ("idle", "slow", "endless", "bombs", "unsigned", "forged")
    assert len(measure("miner_load.py", "--seconds", "3", "--only", *kinds)) == len(kinds)
