"""Measurements: metrics that Prometheus reads, lines of JSON, duties that restart, and a full disk."""

import asyncio
import json
import logging
import stat
import sys
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cgp.chain import ChainMismatchError
from cgp.config import LogSettings, Settings
from cgp.telemetry import (
    Duties,
    Duty,
    DutyName,
    Health,
    Problem,
    Recorder,
    Sample,
    configure_logging,
    exposition,
    health_samples,
    make_recorder,
    supervise,
)
from cgp.telemetry.recorder import LinesSink
from cgp.telemetry.wandb_run import wandb_mode
from tests.kit.waiting import until


def test_health_and_counts_are_metrics_that_prometheus_reads():
    duty = Duty(DutyName.SYNC, 10.0, "do something")
    duty.note_failure("away")
    details = {"uptime_seconds": 3.0, "chain": {"block": 7, "age_seconds": 1.5}}
    health = Health((Problem("sync", "away", "do"),), details)
    text = exposition([*health_samples(health), Sample("cgp_answers_total", "Answers", 4)])
    read = {
        (sample.name, tuple(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert read["cgp_ready", ()] == 0
    assert read["cgp_problem", (("name", "sync"),)] == 1
    assert read["cgp_chain_block", ()] == 7
    assert read["cgp_answers_total", ()] == 4


def test_records_are_lines_of_json_in_bounded_files(tmp_path, monkeypatch):
    monkeypatch.setattr("cgp.telemetry.recorder.FILE_BYTES", 2_000)
    with Recorder(LinesSink(tmp_path / "deep" / "m.jsonl"), clock=lambda: 12.0) as recorder:
        for number in range(500):
            recorder.record("window", number=number, score={"3": 0.5})
    files = sorted((tmp_path / "deep").iterdir())
    assert len(files) == 5
    assert sum(file.stat().st_size for file in files) < 5 * 2_000
    lines = (tmp_path / "deep" / "m.jsonl").read_text().splitlines()
    assert json.loads(lines[-1]) == {
        "time": 12.0,
        "kind": "window",
        "number": 499,
        "score": {"3": 0.5},
    }
    assert recorder.dropped == 0


def test_measurements_are_their_owners_alone_and_no_planted_link_is_followed(tmp_path):
    file, victim = tmp_path / "m.jsonl", tmp_path / "victim"
    with Recorder(LinesSink(file)) as recorder:
        recorder.record("window", score=1)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600

    (tmp_path / "planted.jsonl").symlink_to(victim)
    with Recorder(LinesSink(tmp_path / "planted.jsonl")) as recorder:
        recorder.record("window", score=1)
    assert recorder.dropped == 1
    assert not victim.exists()


def test_a_disk_that_is_full_loses_records_and_nothing_else():
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with Recorder(LinesSink(Path("/dev/full"))) as recorder:
        for _ in range(50):
            recorder.record("window", score=1)
    assert recorder.dropped == 50
    assert "No space left" in recorder.error


class Hanging:
    def take(self, record):
        time.sleep(60)

    def close(self):
        pass


def test_a_sink_that_hangs_blocks_nobody(monkeypatch):
    monkeypatch.setattr("cgp.telemetry.recorder.QUEUE", 10)
    recorder = Recorder(Hanging())
    recorder._thread.start()
    for _ in range(100):
        recorder.record("window", score=1)
    assert recorder.dropped >= 80


def test_wandb_is_on_with_a_key_or_where_it_is_asked_for(tmp_path):
    def mode(**wandb):
        return wandb_mode(Settings(_env_file=None, wandb=wandb))

    assert mode() is None
    assert mode(api_key="k") == "online"
    assert mode(mode="offline") == "offline"
    assert mode(api_key="k", mode="disabled") is None


@pytest.mark.peers
def test_wandb_takes_the_records_offline_and_no_text(tmp_path):
    pytest.importorskip("wandb")
    settings = Settings(_env_file=None, data_dir=tmp_path, wandb={"mode": "offline"})
    with make_recorder(settings, "validator", "5Fhotkey") as recorder:
        for number in range(5):
            recorder.record("window", score={"3": number / 10}, seconds={"3": 0.1})
        # What is not written ten seconds after the end is lost, and wandb takes as long to begin.
        lines = tmp_path / "telemetry" / "validator-5Fhotkey.jsonl"
        until(lambda: lines.exists() and lines.read_text().count("\n") == 5)
        until(lambda: list(tmp_path.glob("telemetry/wandb/wandb/offline-run-*/*.wandb")))
    assert recorder.dropped == 0


async def test_a_duty_that_fails_is_begun_again_and_says_since_when(monkeypatch):
    monkeypatch.setattr("cgp.telemetry.duties.FIRST_PAUSE_SECONDS", 0.01)
    duty, calls = Duty(DutyName.SYNC, 60.0, "wait"), []

    async def work():
        calls.append(1)
        if len(calls) < 4:
            raise ConnectionError("nobody answers")
        duty.note_success()

    await supervise(duty, work, defect=lambda error: False)
    report = duty.report()
    assert (report.failures, report.failures_in_a_row, len(calls)) == (3, 0, 4)
    assert duty.problem() is None


async def test_one_duty_never_stops_another():
    good, bad = Duty(DutyName.SYNC, 60.0, ""), Duty(DutyName.WEIGHTS, 60.0, "look")

    async def works():
        for _ in range(5):
            good.note_success()
            await asyncio.sleep(0.01)

    async def fails():
        raise RuntimeError("a defect")

    failing = asyncio.create_task(supervise(bad, fails))
    await supervise(good, works)
    failing.cancel()
    (problem,) = Duties(good, bad).problems()
    assert (problem.name, problem.remedy) == ("weights", "look")
    assert "a defect" in problem.reason


async def test_an_error_with_a_remedy_of_its_own_is_told_with_it(monkeypatch):
    monkeypatch.setattr("cgp.telemetry.duties.FIRST_PAUSE_SECONDS", 0.01)
    errors = [ChainMismatchError("runtime 9 does not fit"), ConnectionError("nobody answers")]
    duty, problems = Duty(DutyName.SYNC, 60.0, "see whether it can be reached"), []

    async def work():
        problems.append(duty.problem())
        if errors:
            raise errors.pop(0)
        duty.note_success()

    await supervise(duty, work, defect=lambda error: False)
    assert [problem.remedy for problem in problems[1:]] == [
        ChainMismatchError.remedy,
        "see whether it can be reached",
    ]
    assert duty.problem() is None


def test_a_duty_that_hangs_is_found_out():
    now = 0.0
    duty = Duty(DutyName.WEIGHTS, 30.0, "look", clock=lambda: now)
    duty.note_success()
    now = 29.0
    assert duty.problem() is None
    now = 31.0
    assert "no success for 31 s" in duty.problem().reason


def test_json_lines_stay_json_whatever_is_logged(capsys):
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure_logging(LogSettings(format="json"), sys.stderr)
        try:
            int("line one\nline two \ud800")
        except ValueError:
            logging.getLogger("x").exception("two\nlines", extra={"request_id": "t-1"})
    finally:
        root.handlers[:], root.level = handlers, level
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["request_id"] == "t-1"
