"""A hostile corpus through every command: nothing stalls, fills up, acts or leaks out.

What each command takes is measured against the same command on harmless input: Python, the packages and
the models weigh the same in both. Processor time is counted, so that a busy machine fails nothing.
"""

import json
import os
import stat
import subprocess
import sys
import unicodedata
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from cgp.cli.app import app_commands, load_command
from cgp.store import Store
from tests.hostile_corpus import ESCAPES, fill, make

SHOWN = "\n\t\u200c\u200d\u00ad\u200b\u2060"
STALL_SECONDS = 2.0
"""Processor time that hostile input may cost a command beyond harmless input, for each conversation."""

MOST_MIB = 300
"""Memory that hostile input may cost a command beyond what harmless input does, or in all."""

VICTIM = "Eve: precious\nMallory: words\n"


@dataclass(frozen=True)
class Case:
    """A command on hostile input, and the same on harmless input (the store's commands: on an empty store)."""

    hostile: tuple[str, ...]
    harmless: tuple[str, ...]
    statuses: tuple[int, ...] = (0,)
    conversations: int = 1


def case(hostile, harmless=None, statuses=(0,), conversations=1):
    return Case(
        tuple(hostile.split(" ")), tuple((harmless or hostile).split(" ")), statuses, conversations
    )


# Options take one word each: no argument here has a space in it. Each case runs alone, too: what it
# needs is in the store from the start, or made by the fixtures of NEEDS.
CASES = {
    "privacy": [
        case("privacy corpus", "privacy plain/plain.jsonl", (1,), 12),
        case("privacy --json corpus/talks.jsonl", "privacy --json plain/plain.jsonl", (1,), 8),
    ],
    "tag": [case("tag corpus/talks.jsonl", "tag plain/plain.jsonl", (1,), 8)],
    "windows": [case("windows corpus/talks.jsonl", "windows plain/plain.jsonl", (1,), 8)],
    "quality": [case("quality corpus/talks.jsonl", "quality plain/plain.jsonl", (1,), 8)],
    "report": [
        case(
            "report corpus/talks.jsonl -o out/hostile.html", "report plain/plain.jsonl -o out/plain.html", (1,), 8
        ),
    ],
    "score": [
        case("score files/question.json", "score plain/question.json"),
        case("score corpus/deep.json", "score plain/question.json", (2,)),
        case("score corpus/objects.json", "score plain/question.json", (2,)),
    ],
    "compare": [
        case("compare --gold files/gold.jsonl", "compare --gold plain/gold.jsonl"),
        case("compare --gold files/wrong-gold.jsonl", "compare --gold plain/gold.jsonl", (2,)),
        case(
            "compare --gold files/gold.jsonl --answers x=files/answers.jsonl --no-baselines",
            "compare --gold plain/gold.jsonl --no-baselines",
        ),
        case("compare --gold corpus/deep.json", "compare --gold plain/gold.jsonl", (2,)),
    ],
    "model evaluate": [
        case("model evaluate files/gold.jsonl", "model evaluate plain/gold.jsonl"),
        case("model evaluate corpus/deep.json", "model evaluate plain/gold.jsonl", (1, 2)),
    ],
    "model train": [
        case("model train files/gold.jsonl --out h.model", "model train plain/gold.jsonl --out p.model", (1, 2)),
    ],
    "redteam": [
        case("redteam --gold files/wrong-gold.jsonl --windows 3", "redteam --gold corpus/deep.json", (2,)),
    ],
    "gold add": [
        case("gold add files/gold.jsonl", "gold add plain/gold.jsonl"),
        case("gold add files/wrong-gold.jsonl", "gold add plain/gold.jsonl", (2,)),
        case("gold add corpus/objects.json", "gold add plain/gold.jsonl", (2,)),
    ],
    "gold list": [case("gold list"), case("gold list --json")],
    "gold remove": [case(f"gold remove {ESCAPES}", statuses=(1, 2))],
    "gold replay": [case(f"gold replay {ESCAPES} {ESCAPES}", statuses=(1, 2))],
    "import": [
        case("import --dry-run corpus", "import --dry-run plain/plain.jsonl", (1,), 12),
        case("import corpus/bomb.zip", "import plain/plain.jsonl", (1,)),
        case("import corpus/tags.html", "import plain/plain.jsonl", (0, 1)),
        case("import corpus/voice.vtt", "import plain/plain.jsonl", (0, 1)),
        case("import corpus/styles.srt", "import plain/plain.jsonl", (0, 1)),
        case("import corpus/chat.txt", "import plain/plain.jsonl", (0, 1)),
        case("import corpus/line.txt", "import plain/plain.jsonl", (0, 1)),
        case("import corpus/deep.json", "import plain/plain.jsonl", (1,)),
        case("import corpus", "import plain/plain.jsonl", (1,), 12),
        case("import corpus --json", "import plain/plain.jsonl --json", (1,), 12),
    ],
    "index": [
        case("index corpus/talks.jsonl", "index plain/plain.jsonl", (0, 1), 8),
        case("index", conversations=12),
    ],
    "search": [
        case("search ferry --count 20"),
        case("search ferry --kind conversations --json"),
        case(f"search {ESCAPES} --source {ESCAPES} --participant {ESCAPES} --tag {ESCAPES}"),
        case("search " + "ferry[" * 2_000, statuses=(0, 2)),
    ],
    "export": [
        case("export out/parquet --provenance files/provenance.json", "export out/p1", conversations=8),
        case("export out/lines --format jsonl --json", "export out/p2 --format jsonl", conversations=8),
    ],
    "annotate": [case("annotate corpus/talks.jsonl", "annotate plain/plain.jsonl", (0, 1), 12)],
    "make-dataset": [
        case(
            "make-dataset corpus/talks.jsonl out/made --format jsonl",
            "make-dataset plain/plain.jsonl out/made-plain --format jsonl",
            (0, 1),
            12,
        ),
    ],
    "store list": [case("store list", conversations=12), case("store list --json", conversations=12)],
    "store show": [case("store show escapes", "store show plain", (0, 2), 8), case("store show markup --json", "store show plain", (0, 2), 8), case(f"store show {ESCAPES}", statuses=(2,))],
    "store stats": [case("store stats"), case("store stats --json")],
    "store delete": [case(f"store delete {ESCAPES} --yes", statuses=(1,))],
    "store forget": [case(f"store forget {ESCAPES} --yes", statuses=(1,))],
    "store replace": [case("store replace corpus/talks.jsonl", "store replace plain/plain.jsonl", (0, 1), 8)],
    "library add": [case("library add corpus/talks.jsonl", "library add plain/plain.jsonl", (0, 1), 8)],
    "library list": [case("library list")],
    "library remove": [case(f"library remove {ESCAPES}", statuses=(0, 1, 2))],
    "keys create": [case(f"keys create {ESCAPES}[red]x --scope import", "keys create x --scope import")],
    "keys list": [case("keys list")],
    "keys revoke": [case(f"keys revoke {ESCAPES}", "keys revoke none", (1, 2))],
    "plot rewards": [case("plot rewards --output out/rewards.png", statuses=(0, 1))],
    "state": [case("state"), case("state --json"), case("state --requeue-failed --repair --compact")],
    "backup": [case("backup out/copy.sqlite", "backup out/other.sqlite")],
    "restore": [
        case("restore files/garbage.sqlite", "restore plain/plain.jsonl", (1,)),
        case("restore files/strange.sqlite", "restore plain/plain.jsonl", (1,)),
    ],
    "chat": [case("chat ferry"), case(f"chat {ESCAPES}[red] --json", "chat ferry --json", (0, 1))],
    "experts table": [
        case("experts table files/gold.jsonl --out out/hostile.table", "experts table plain/gold.jsonl --out out/plain.table"),
        case("experts table corpus/deep.json --out out/deep.table", "experts table plain/gold.jsonl --out out/plain.table", (2,)),
    ],
    "experts init": [case(f"experts init --layer {ESCAPES}:1", "experts init --layer none:1", (1, 2))],
    "experts train": [case(f"experts train corpus/deep.json --name {ESCAPES}.x --out out/e", statuses=(1, 2))],
    "experts submit": [case(f"experts submit corpus/deep.json --name {ESCAPES}.x", statuses=(1, 2))],
    "experts seal": [case("experts seal corpus/deep.json", statuses=(1, 2))],
    "experts publish": [case("experts publish corpus/objects.json", statuses=(1, 2))],
    "experts judge": [case(f"experts judge corpus/deep.json {ESCAPES}", statuses=(1, 2))],
    "experts list": [case("experts list", statuses=(0, 1))],
    "experts fsck": [case("experts fsck", statuses=(0, 1))],
    "experts settle": [case("experts settle 7", statuses=(0, 1))],
    "experts evaluate": [case("experts evaluate files/gold.jsonl", statuses=(0, 1))],
    "experts archive": [case("experts archive corpus/deep.json", statuses=(1, 2)), case("experts archive files/garbage.sqlite --dry-run", statuses=(1, 2))],
    "experts push": [case(f"experts push {ESCAPES}[red]", statuses=(1, 2))],
    "experts pull": [case(f"experts pull {ESCAPES}[red] --genesis {ESCAPES}", statuses=(1, 2))],
    "experts commit": [case("experts commit --ledger corpus", statuses=(1, 2))],
    "experts committed": [case(f"experts committed {ESCAPES}[red] --ledger corpus", statuses=(1, 2))],
    "fractal corpus": [case("fractal corpus corpus/talks.jsonl --out out/c.latent --steps 20", "fractal corpus plain/plain.jsonl --out out/p.latent --steps 20", (0, 1, 2), 8)],
    "fractal plot": [case("fractal plot corpus/deep.json --out out/tree.svg", statuses=(1, 2)), case("fractal plot files/garbage.sqlite --growth corpus/deep.json --out out/tree.svg", statuses=(1, 2))],
    "fractal show": [case("fractal show corpus/deep.json corpus/objects.json", statuses=(1, 2))],
    "fractal teach": [
        case("fractal teach corpus/deep.json --out out/deep.talk", statuses=(1, 2)),
        case("fractal teach files/pairs.json --out out/pairs.talk --epochs 2", statuses=(0, 1)),
    ],
    "talk": [
        case(f"talk corpus/deep.json -m {ESCAPES}", statuses=(1, 2)),
        case(f"talk out/pairs.talk -m {ESCAPES}[red] --no-store", statuses=(0, 1, 2)),
    ],
    "models list": [case("models list"), case("models list --json --verify")],
    "models get": [case(f"models get {ESCAPES}[red]", "models get ../none", (1, 2))],
    "models remove": [case(f"models remove {ESCAPES}[red]", "models remove none", (1, 2))],
    "models serve": [case(f"models serve {ESCAPES}[red]", "models serve none", (1, 2))],
    "models bench": [case(f"models bench {ESCAPES}[red]", "models bench none", (1, 2))],
    "mycelium status": [case("mycelium status --folder corpus", "mycelium status", (1, 2)), case("mycelium status --json", statuses=(1, 2))],
    "mycelium timeline": [case("mycelium timeline out/time.svg --folder corpus", "mycelium timeline out/none.svg", (0, 1, 2))],
    "doctor": [case("doctor", statuses=(0, 1))],
    "costs": [case("costs")],
    "config": [case("config")],
}  # fmt: skip

ELSEWHERE = {
    "serve": "every route of it: tests/api/test_hostile_requests.py",
    "gateway": "every route of it: tests/chat/test_hostile_requests.py",
    "worker": "answers what the gateway hands on: tests/chat/test_access.py",
    "mcp": "every tool of it: tests/mcp/test_hostile_corpus.py",
    "localnet": "miners, validator and their logs: test_a_subnet_on_the_hostile_corpus below",
    "experts serve": "every route of it: tests/experts/test_surface.py",
    "experts node": "answers what the gateway hands on: tests/experts/test_nodes.py",
    "experts trial": "reads windows of its own making alone: tests/experts/test_trial.py",
    "fractal studio": "a page for its owner alone: tests/fractal/test_gradio_app.py",
    "mycelium up": "updates and posts of strangers, and its page: tests/mycelium/test_in_use.py, test_pages.py",
    "mycelium actor": "requests of strangers: tests/mycelium/fediverse/test_actor.py",
    "mycelium bot": "posts of strangers: tests/mycelium/fediverse/test_bot.py",
    "mycelium proposals": "posts of strangers, as JSON: tests/mycelium/fediverse/test_bot.py",
}
"""Commands that do not end by themselves, or read other things, and where those are hostile."""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile")
    (root / "outside").mkdir()
    (root / "outside" / "victim.txt").write_text(VICTIM)
    (root / "work").mkdir()
    make(root / "work" / "corpus", root / "outside" / "victim.txt")
    (root / "work" / "out").mkdir()
    for name in ("hostile", "harmless"):
        (root / name).mkdir(mode=0o755)
    (root / "hostile" / "store.sqlite.partial").symlink_to(root / "outside" / "victim.txt")
    with closing(Store(f"sqlite:///{root / 'hostile' / 'store.sqlite'}")) as store:
        fill(store)
    return root


class Runner:
    """Runs commands in forks of one process (see ``tests.kit.forked_commands``)."""

    def __init__(self, process, data):
        self._process = process
        self._data = data

    def __call__(self, arguments):
        """Return what a command took and printed."""
        asked = {"arguments": list(arguments), "environment": {"DATA_DIR": str(self._data)}}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        taken = json.loads(self._process.stdout.readline())
        printed = taken.pop("printed").encode("latin-1").decode("utf-8", "surrogateescape")
        return taken, printed


@pytest.fixture(scope="module")
def process(place):
    environment = os.environ | {
        "WALLET_PATH": str(place / "wallets"),
        "COLUMNS": "100",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    command = [sys.executable, "-m", "tests.kit.forked_commands", str(place / "work")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        yield process
        process.stdin.close()


@pytest.fixture(scope="module")
def hostile(place, process):
    return Runner(process, place / "hostile")


@pytest.fixture(scope="module")
def harmless(place, process):
    run = Runner(process, place / "harmless")
    remembered = {}

    def once(arguments):
        if arguments not in remembered:
            remembered[arguments] = run(arguments)[0]
        return remembered[arguments]

    return once


@pytest.fixture(scope="module")
def index(hostile, harmless):
    """Make the index of both stores, which ``search`` needs."""
    assert hostile(("index",))[0]["status"] == 0
    assert harmless(("index",))["status"] == 0


NEEDS = {"search": "index", "chat": "index"}
"""Commands that need more than a filled store, and the fixtures that make it."""


def acting(text):
    return sorted(
        {
            c
            for c in text
            if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs"} and c not in SHOWN
        }
    )


def leaves():
    for name in app_commands():
        parts = getattr(load_command(name), "commands", None)
        yield from (f"{name} {part}" for part in parts) if parts else (name,)


def test_no_command_is_forgotten():
    commands = set(leaves())
    missing = commands ^ (CASES.keys() | ELSEWHERE.keys())
    assert not missing, (
        f"say in CASES how it meets the hostile corpus, or in ELSEWHERE where: {missing}"
    )


READERS = {"import", "privacy", "search", "store show"}
"""Commands that stand for the others in the short tests: those that read files, and those that show what
is in the store. Every case is a process of its own, so all of them together take minutes.
"""


def chosen_cases():
    for name, cases in CASES.items():
        marks = [] if name in READERS else [pytest.mark.peers]
        for number in range(len(cases)):
            yield pytest.param(name, number, marks=marks)


@pytest.mark.parametrize(("name", "number"), list(chosen_cases()))
def test_a_command_reads_it_and_nothing_stalls_fills_up_acts_or_gets_out(
    request, place, hostile, harmless, name, number
):
    if name in NEEDS:
        request.getfixturevalue(NEEDS[name])
    chosen = CASES[name][number]
    baseline = harmless(chosen.harmless)

    taken, printed = hostile(chosen.hostile)

    assert taken["status"] in chosen.statuses, printed[-2000:]
    assert acting(printed) == []
    assert "Traceback" not in printed
    assert "precious" not in printed
    spent = taken["cpu_seconds"] - baseline["cpu_seconds"]
    assert spent < STALL_SECONDS * chosen.conversations, f"{spent:.1f} s"
    grown = min(taken["peak_mib"], taken["peak_mib"] - baseline["peak_mib"])
    assert grown < MOST_MIB, f"{grown:.0f} MiB"
    assert (place / "outside" / "victim.txt").read_text() == VICTIM
    assert [path.name for path in (place / "outside").rglob("*")] == ["victim.txt"]
    written = {"outside", "work", "hostile", "harmless", "wallets"}
    assert {path.name for path in place.iterdir()} <= written


def test_a_data_folder_that_others_could_enter_is_closed(place, hostile):
    (place / "hostile").chmod(0o755)
    hostile(("import", "plain/plain.jsonl"))
    assert stat.S_IMODE((place / "hostile").stat().st_mode) == 0o700


@pytest.mark.peers
def test_a_subnet_on_the_hostile_corpus_prints_nothing_that_acts(place):
    """Run miners and a validator on it; read what they print, and the logs that they write."""
    environment = os.environ | {
        "DATA_DIR": str(place / "hostile"),
        "COLUMNS": "100",
        "LOG_FORMAT": "text",
        "HOME": str(place / "wallets"),
    }
    done = subprocess.run(
        [
            Path(sys.executable).with_name("cgp"),
            "localnet",
            "--conversations",
            "files/talks.jsonl",
            "--miners",
            "1",
        ],
        cwd=place / "work",
        env=environment,
        capture_output=True,
        check=False,
    )
    printed = (done.stdout + done.stderr).decode("utf-8", "surrogateescape")
    logs = [path.read_text("utf-8", "surrogateescape") for path in place.rglob("*.log")]

    assert done.returncode == 0, printed[-2000:]
    assert logs
    assert acting(printed + "".join(logs)) == []
    assert "Traceback" not in printed
