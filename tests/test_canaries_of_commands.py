"""Every command over conversations with canaries: none is printed or written, but where that is its purpose.

What a command prints may go on through a pipe, and what it writes may be sent away. So the owner's own
terminal is no exception: the originals are shown only by the commands in ``ORIGINALS``.
"""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cgp.store import Store
from tests.canaries import EMAIL, TALK, fill, leaked, write_files
from tests.test_hostile_corpus import leaves

HERE = "IDENTIFIER"
"""Stands for the id that the conversation has in the store."""

WALKED = {
    "import": ["import talk.jsonl --json", "import talk.jsonl"],
    "store list": ["store list", "store list --json"],
    "store show": [f"store show {HERE}", f"store show {HERE} --json"],
    "store stats": ["store stats", "store stats --json"],
    "store replace": ["store replace talk.jsonl"],
    "store delete": ["store delete none --yes"],
    "store forget": ["store forget none --yes"],
    "quality": ["quality talk.jsonl", "quality talk.jsonl --json"],
    "gold add": ["gold add gold.jsonl"],
    "gold replay": ["gold replay none none"],
    "gold remove": ["gold remove none"],
    "library list": ["library list"],
    "library remove": ["library remove none"],
    "keys create": ["keys create ann --scope read"],
    "keys list": ["keys list"],
    "keys revoke": ["keys revoke none"],
    "models list": ["models list --json"],
    "models get": ["models get none"],
    "models remove": ["models remove none"],
    "models serve": ["models serve none"],
    "models bench": ["models bench none"],
    "plot rewards": ["plot rewards --output rewards.png"],
    "costs": ["costs"],
    "config": ["config"],
    "state": ["state", "state --json"],
    "tag": ["tag talk.jsonl"],
    "windows": ["windows talk.jsonl", "windows talk.jsonl --json"],
    "report": ["report talk.jsonl -o report.html"],
    "score": ["score question.json", "score question.json --json"],
    "compare": ["compare --gold gold.jsonl"],
    "model evaluate": ["model evaluate gold.jsonl"],
    "model train": ["model train gold.jsonl --out head.model"],
    "redteam": ["redteam --gold gold.jsonl --windows 3"],
    "index": ["index"],
    "search": ["search ferry", "search ferry --json", "search ferry --kind conversations", "search ferry --kind tags"],
    "export": ["export parquet", "export lines --format jsonl --json"],
    "annotate": ["annotate talk.jsonl"],
    "make-dataset": ["make-dataset talk.jsonl made --format jsonl"],
    "library add": ["library add talk.jsonl note.txt"],
    "chat": ["chat ferry", "chat ferry --json"],
    "doctor": ["doctor"],
    "experts table": ["experts table gold.jsonl --out one.table", "experts table gold.jsonl --hold-out --out two.table"],
    "experts evaluate": ["experts evaluate gold.jsonl"],
    "fractal corpus": ["fractal corpus talk.jsonl --out talk.latent --steps 5"],
    "fractal teach": ["fractal teach pairs.json --out pairs.talk --epochs 2"],
    "talk": ["talk pairs.talk -m ferry --no-store"],
}  # fmt: skip
"""Commands that show nothing original."""

HEAVY = {
    "tag", "windows", "report", "score", "compare", "model evaluate", "model train", "redteam", "index", "search", "export",
    "annotate", "make-dataset", "library add", "library remove", "chat", "doctor", "quality", "experts table", "import",
    "gold add", "gold replay", "gold remove", "store replace", "models get", "models remove", "models serve", "models bench",
    "keys revoke", "plot rewards", "experts evaluate", "fractal corpus", "fractal teach", "talk",
}  # fmt: skip
"""Commands that take a second or tell little: they belong to the longer tests."""

ORIGINALS = {
    "privacy": "shows what would be taken out, in its place",
    "import --dry-run": "shows what was understood of a file before it is stored",
    "store show --original": "asked for in so many words",
    "backup": "the owner's copy, readable by the owner alone: tests/operations/test_second_user.py",
    "restore": "puts that copy back; prints what it did",
    "gold list": "ids that the operator gave the windows, by which they are removed",
}

ELSEWHERE = {
    "serve": "every route: tests/test_canaries.py",
    "mcp": "every tool: tests/test_canaries.py",
    "gateway": "every route, and what a worker is given: tests/chat/test_canaries.py",
    "worker": "what it is given: tests/chat/test_canaries.py; it keeps no text",
    **{
        f"mycelium {name}": "reads posts of the fediverse, and no conversation"
        for name in ("actor", "bot", "proposals")
    },
    **{
        f"mycelium {name}": "keeps, shows and sends numbers that a node has learned, and no words"
        for name in ("up", "status", "timeline")
    },
    **{
        f"experts {name}": "reads tables of numbers, weights and hotkeys: experts table is walked"
        for name in (
            "init",
            "train",
            "submit",
            "seal",
            "publish",
            "judge",
            "list",
            "fsck",
            "settle",
            "archive",
            "push",
            "pull",
            "commit",
            "committed",
            "node",
            "serve",
            "trial",
        )
    },
    **{
        f"fractal {name}": "reads weights and tables of numbers: experts table is walked"
        for name in ("plot", "show")
    },
    "fractal studio": "its functions are those of fractal teach and talk",
    "localnet": "test_a_subnet_prints_logs_and_measures_none below",
}


def test_no_command_is_forgotten():
    assert set(leaves()) == {
        *WALKED,
        *ELSEWHERE,
        *(name for name in ORIGINALS if " -" not in name),
    }


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """Return a function that runs a command and returns its status and all that it showed."""
    root = tmp_path_factory.mktemp("commands")
    work, data = root / "work", root / "data"
    work.mkdir()
    with closing(Store(f"sqlite:///{data / 'store.sqlite'}")) as store:
        identifier = fill(store)
    write_files(work)
    (work / "note.txt").write_text(f"The ferry: ask {EMAIL['turn']}.")
    given = {path.name for path in work.iterdir()}
    environment = os.environ | {
        "DATA_DIR": str(data),
        "WALLET_PATH": str(root / "wallets"),
        "COLUMNS": "100",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-m", "tests.kit.forked_commands", str(work)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:

        def run(line):
            arguments = [identifier if word == HERE else word for word in line.split(" ")]
            process.stdin.write(json.dumps({"arguments": arguments}) + "\n")
            process.stdin.flush()
            taken = json.loads(process.stdout.readline())
            files = [path for path in work.rglob("*") if path.is_file() and path.name not in given]
            written = [path.read_bytes().decode("utf-8", "replace") for path in files]
            return taken["status"], [taken["printed"], *map(str, files), *written]

        yield run
        process.stdin.close()


def lines():
    for name, commands in WALKED.items():
        marks = [pytest.mark.peers] if name in HEAVY else []
        yield from (pytest.param(line, marks=marks) for line in commands)


@pytest.mark.parametrize("line", list(lines()))
def test_a_command_shows_and_writes_none(walk, line):
    if line.startswith(("search", "chat")):
        walk("index")
    if line.startswith("talk"):
        walk(WALKED["fractal teach"][0])
    status, shown = walk(line)
    refused = {1, 2} if "none" in line.split(" ") or line.startswith(("plot", "model train", "redteam", "doctor", "make-dataset", "experts evaluate", "fractal corpus")) else set()  # fmt: skip
    assert status in {0} | refused, shown[0][-2000:]
    assert "Traceback" not in shown[0]
    assert leaked(*shown) == []


def test_a_command_that_shows_originals_would_be_noticed(walk):
    assert "canaryturnexample" in leaked(*walk("import --dry-run talk.jsonl")[1])
    assert "canaryturnexample" in leaked(*walk(f"store show {HERE} --original")[1])


@pytest.mark.peers
def test_a_subnet_prints_logs_and_measures_none(tmp_path):
    """Run a miner and a validator on it; read what they print, their logs and their measurements."""
    write_files(tmp_path)
    environment = os.environ | {"DATA_DIR": str(tmp_path / "data"), "COLUMNS": "100", "HOME": str(tmp_path)}  # fmt: skip
    command = [Path(sys.executable).with_name("cgp"), "localnet", "--conversations", "talk.jsonl", "--miners", "1"]  # fmt: skip
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, check=False, text=True
    )
    kept = {
        "talk.jsonl",
        "question.json",
        "gold.jsonl",
        "pairs.json",
        "store.sqlite",
        "store.sqlite-wal",
    }
    files = {path.name: path for path in (tmp_path).rglob("*") if path.is_file()}
    shown = [path.read_bytes().decode("utf-8", "replace") for name, path in files.items() if name not in kept]  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert any(name.endswith(".log") for name in files)
    assert any(name.startswith("validator-") and name.endswith(".jsonl") for name in files)
    assert leaked(TALK) != []
    assert leaked(done.stdout, done.stderr, *shown) == []
