"""A network that stays: pages beside it, new conversations, and a miner that a person brings."""

import contextlib
import json
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from cgp import samples
from tests.localnet.test_localnet import ROOT, WAIT, environment, orphans

TAGGER = """
class Tagger:
    def tags(self, conversation, max_tags):
        words = " ".join(turn.text for turn in conversation.turns).lower().split()
        return [word for word in dict.fromkeys(words) if len(word) > 7]
"""


def next_line(stream):
    line = stream.readline()
    assert line, "it ended early"
    return line


@pytest.mark.peers
def test_an_own_miner_joins_a_network_that_stays_and_pages_show_it(tmp_path):
    # Prepare: a network of one conversation, which stays after its work
    (tmp_path / "tagger.py").write_text(TAGGER, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    around = environment(tmp_path) | {"API_PORT": str(port)}
    command = [sys.executable, "-c", "from cgp.cli import main; main()"]
    flags = ["localnet", "--limit", "1", "--miners", "1", "--truth", "embedded", "--web", "--json"]
    pipe = subprocess.PIPE
    network = subprocess.Popen(
        [*command, *flags], env=around, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True
    )
    with contextlib.ExitStack() as stack:
        stack.callback(network.kill)
        first = json.loads(next_line(network.stdout))
        line = ""
        while "A miner of your own:" not in line:
            line = next_line(network.stderr)

        # Execute: the printed command with a file of one's own, and another conversation
        start = shlex.split(line.partition(": ")[2].replace("FILE.py:CLASS", "tagger.py:Tagger"))
        start[:2] = [sys.executable, str(ROOT / "miner" / "miner.py")]
        with (tmp_path / "own.log").open("w") as log:
            miner = subprocess.Popen(start, env=around, cwd=tmp_path, stdout=log, stderr=log)
        stack.callback(miner.kill)
        until = time.monotonic() + WAIT
        while "Mining on" not in (tmp_path / "own.log").read_text():
            assert time.monotonic() < until
            time.sleep(0.5)
        # The validator reads the metagraph every second or so: it may not know the miner at first.
        for count, name in enumerate(samples.names()[1:], 2):
            subprocess.run(
                [*command, "import", str(ROOT / "cgp" / "samples" / f"{name}.json")],
                env=around | {"DATA_DIR": str(tmp_path / "localnet")},
                cwd=tmp_path,
                check=True,
            )
            later = json.loads(next_line(network.stdout))
            assert later["conversations"] == count
            own = next((one for one in later["miners"] if one["name"] == "own"), None)
            if own and own["answers"]:
                break
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
            shown = page.status
        network.send_signal(signal.SIGINT)
        network.communicate(timeout=WAIT)
        status = network.returncode
        miner.terminate()
        miner.wait(timeout=WAIT)

    # Assert
    assert first["conversations"] == 1
    assert own["answers"] > 0
    assert own["annotator"] == "tagger/Tagger"
    assert shown == 200
    assert status == 0
    assert orphans(tmp_path) == []
