"""The soak's short version: random faults for a minute, and all that must hold holds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.peers
def test_a_minute_of_random_faults_hurts_nobody(tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "benchmarks" / "soak.py"),
            *("--minutes", "1", "--miners", "6", "--seed", "1", "--folder", str(tmp_path / "soak")),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.stdout, done.stderr[-3000:]
    report = json.loads(done.stdout)
    assert report["conversations"] > 0
    assert report["holds"], json.dumps(report, indent=2)


@pytest.mark.peers
def test_hostile_requests_get_no_500_and_hurt_no_honest_one():
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "benchmarks" / "hostile_requests.py"),
            *("--count", "1500", "--seed", "2"),
        ],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
