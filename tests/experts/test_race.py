"""Programs that submit and judge at once: one wins a head, and none is lost."""

import os
import subprocess
import sys

import pytest

from cgp.experts.block import Kind
from cgp.experts.ledger import Ledger
from cgp.experts.ledger_check import check
from tests.experts.world import Clock, judge, ledger

pytestmark = pytest.mark.peers

CONTENDER = """
import sys
from pathlib import Path
import numpy as np
from bittensor.sp_core import Keypair
from cgp.experts.errors import RefusedError
from cgp.experts.judging import Judge
from cgp.experts.ledger import Ledger
from cgp.experts.network import LinearNetwork
from cgp.experts.standing import Networks
from cgp.experts.submission import expert_submission, submit
from tests.experts.world import OPERATOR, Clock, german_gate, good, head, noise, table
number = int(sys.argv[2])
key = Keypair.create_from_uri(f"//Contender{number}")
weights = good().parameters["w"] + noise(number, 0.01).parameters["w"]
with Ledger.open(Path(sys.argv[1]), Clock()) as book:
    bench = Judge(head(), table(7), OPERATOR, Networks(book))
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        network = LinearNetwork({"w": weights, "b": np.zeros(1)})
        made = expert_submission(book, "language.german", network, german_gate(), key)
        record = submit(book, made, lambda _: True)
        print(bench.decide(book, record.digest).record.state)
    except RefusedError as error:
        print(error.fault)
"""


def test_of_sixteen_programs_at_once_one_wins_the_head(tmp_path):
    # Prepare: each has loaded all that it needs and waits for the word.
    with ledger(tmp_path / "ledger") as book:
        judge(book)
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", CONTENDER, str(tmp_path / "ledger"), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for number in range(16)
    ]
    assert {program.stdout.readline() for program in programs} == {"ready\n"}

    # Execute
    for program in programs:
        program.stdin.write("go\n")
        program.stdin.flush()
    results = [program.communicate(timeout=300)[0].strip() for program in programs]

    # Assert
    assert results.count("accepted") == 1
    assert set(results) <= {"accepted", "stale", "stale_head", "copy"}
    with Ledger.open(tmp_path / "ledger", Clock()) as book:
        assert len(book.heads()) == 1
        stored = [result for result in results if result in {"accepted", "stale"}]
        assert len(book.records(kind=Kind.EXPERT)) == len(stored)
        assert check(book).faults == ()
