"""Kills at any time: the ledger stays whole, and nothing is paid twice."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from cgp.experts.ledger import Ledger
from cgp.experts.ledger_check import check
from cgp.experts.rewards import POOL, balances, settle
from tests.experts.test_hostile_registry import Writer
from tests.experts.test_registry_faults import registry
from tests.experts.world import ALICE, BOB, Clock, good, hand_in, judge, ledger, noise

# Days go by; on each, an expert is handed in, judged, and the day before is settled.
WORK = """
import sys
from pathlib import Path
import numpy as np
from cgp.experts.errors import ExpertsError
from cgp.experts.ledger import Ledger
from cgp.experts.rewards import settle
from cgp.experts.network import LinearNetwork
from tests.experts.world import ALICE, BOB, DAY, Clock, good, hand_in, judge, noise, table
clock = Clock()
start = int(sys.argv[2])
for day in range(start, start + 40):
    clock.now = (1000 + day) * DAY
    with Ledger.open(Path(sys.argv[1]), clock) as book:
        try:
            bench = judge(book, table(day, 300))
            better = {"w": good(0.1 * (day + 1)).parameters["w"] + noise(day, 0.002).parameters["w"]}
            network = LinearNetwork({**better, "b": np.zeros(1)})
            bench.decide(book, hand_in(book, network, keypair=(ALICE, BOB)[day % 2]).digest)
        except ExpertsError as error:
            print(error, flush=True)
        settle(book, book.epoch() - 1)
    print("day", day, flush=True)
"""


@pytest.mark.peers
def test_kills_leave_a_whole_ledger_and_pay_nothing_twice(tmp_path):
    # Prepare
    folder = tmp_path / "ledger"
    ledger(folder, Clock()).close()
    day = 0

    # Execute: each worker is killed some time after its first day began.
    for pause in (0.0, 0.05, 0.12, 0.2, 0.33):
        worker = subprocess.Popen(
            [sys.executable, "-c", WORK, str(folder), str(day)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        # The first line says that the worker is in the middle of its days.
        worker.stdout.readline()
        time.sleep(pause)
        worker.send_signal(signal.SIGKILL)
        days = [line for line in worker.stdout.read().splitlines() if line.startswith("day")]
        worker.wait()
        worker.stdout.close()
        day += len(days) + 1
        with Ledger.open(folder, Clock()) as book:
            assert check(book).faults == ()

    # Assert: every epoch that was settled paid its pool once or had nothing to pay.
    clock = Clock()
    clock.now *= 2
    with Ledger.open(folder, clock) as book:
        epochs = book.transact(
            lambda c: [row[0] for row in c.execute("SELECT epoch FROM settlements")]
        )
        before = balances(book)
        assert epochs
        paid = [sum(settle(book, epoch).amounts.values()) for epoch in epochs]
        assert set(paid) <= {0, POOL}
        assert sum(paid) == sum(before.values()) > 0
        assert balances(book) == before


PULL = """
import sys
from pathlib import Path
from cgp.experts.exchange import pull
from cgp.experts.registry import Repository
print(pull(Path(sys.argv[1]), Repository(sys.argv[2])).refusals)
"""


@pytest.mark.peers
def test_kills_during_a_pull_leave_a_ledger_that_the_next_pull_completes(tmp_path):
    # Prepare: a ledger with heads, a refused expert and some that wait, in a registry.
    writer, clock = Writer(), Clock()
    with ledger(tmp_path / "here", clock) as book:
        bench = judge(book)
        for network, key in ((good(0.4), ALICE), (good(), BOB)):
            bench.decide(book, hand_in(book, network, keypair=key).digest)
        bench.decide(book, hand_in(book, noise(1), "language.noise").digest)
        for number in range(2, 6):
            hand_in(book, noise(number), f"domain.noise-{number}")
        writer.add_ledger(book)
        heads, order = book.heads(), [record.digest for record in book.records()]
    workers, requests, kills_at = [], [], []

    def answer(handler):
        requests.append(handler.path)
        is_last = len(requests) == kills_at[-1]
        # Before an answer nothing is being written; after one the kill comes anywhere.
        if is_last and kills_at[-1] % 2:
            workers[-1].kill()
        writer.answer(handler)
        if is_last:
            workers[-1].kill()

    # Execute: each pull goes on where the one before was killed.
    kills = 0
    with registry(answer) as address:
        for number in (1, 2, 5, 8, 9, 14, 10**6):
            kills_at.append(number)
            requests.clear()
            worker = subprocess.Popen(
                [sys.executable, "-c", PULL, str(tmp_path / "there"), address],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            workers.append(worker)
            output = worker.communicate(timeout=400)[0]
            kills += worker.returncode == -signal.SIGKILL
            if (tmp_path / "there").exists():
                with Ledger.open(tmp_path / "there", clock) as other:
                    assert check(other).faults == ()
                    pulled = [record.digest for record in other.records()]
                    assert pulled == order[: len(pulled)]

    # Assert
    assert kills >= 4
    assert output == "()\n"
    with Ledger.open(tmp_path / "there", clock) as other:
        assert other.heads() == heads != {}
        assert [record.digest for record in other.records()] == order
        index = json.loads((tmp_path / "there" / "index.json").read_text())
        assert {entry["digest"] for entry in index["manifests"]} >= set(heads.values())
