"""``cgp localnet --web``: the pages while the network works, and the whole genome when it has."""

import json
import re
import signal

import pytest
import requests

from tests.localnet.test_localnet import WAIT, line_with, orphans, start

pytestmark = pytest.mark.peers


def test_the_pages_are_there_from_the_start_and_stay_until_ctrl_c(tmp_path, monkeypatch):
    monkeypatch.setenv("API_PORT", "0")
    process = start(tmp_path, "--limit", "2", "--web", "--json")
    try:
        url = re.search(r"http://[\d.:]+", line_with("Pages at", process))[0]
        first = requests.get(url, timeout=60)
        line_with("Ctrl-C ends", process)
        with requests.get(f"{url}/events", stream=True, timeout=60) as events:
            data = next(line for line in events.iter_lines() if line.startswith(b"data: "))
        tags = requests.get(f"{url}/map/tags", timeout=60).json()["tags"]
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=WAIT)
    snapshot = json.loads(data.removeprefix(b"data: "))

    assert first.status_code == 200
    assert snapshot["conversations"]["done"] == 2
    assert {miner["name"] for miner in snapshot["miners"]} == {"miner-1", "miner-2", "miner-3"}
    assert snapshot["health"]["problems"] == []
    assert snapshot["chain"]["tempo"] > 0
    assert snapshot["chain"]["weights"] == "weights_open"
    assert len(tags) > 10
    # All was done before the interrupt, which is the way to leave.
    assert process.returncode == 0, err
    assert json.loads(out)["complete"] is True
    assert orphans(tmp_path) == []
