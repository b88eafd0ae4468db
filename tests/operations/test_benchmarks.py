"""Each benchmark runs, on the smallest input that it takes, so that none rots unseen."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cgp import samples
from cgp.conversation_json import conversation_to_json

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "benchmarks"
GOLD = ROOT / "cgp" / "gold" / "samples.jsonl"

RUNS: dict[str, tuple[str, ...]] = {
    "annotator_speed": ("--gold", "{gold}", "--repeat", "1"),
    "boring_index": ("--conversations", "{talks}", "--seeds", "1"),
    "calibrate_scoring": ("--windows", "1"),
    "experts_judge": ("--noise", "2", "--seeds", "1"),
    "experts_ledger": ("--blocks", "20", "--chain", "30"),
    "explorer": ("--conversations", "40", "--requests", "3", "--watchers", "2"),
    "fractal_expert": (*("--learn", "{few}", "--test", "{gold}", "--seeds", "1", "--steps", "2"),),
    "fractal_latent": (
        *("--corpus", "{corpus}", "--foreign", "{meetings}", "--seeds", "1", "--steps", "5"),
    ),
    "fractal_talk": ("--seeds", "1", "--epochs", "1"),
    "hidden_gold": ("--tasks", "3", "--seeds", "1"),
    "chat_retrieval": ("--plain",),
    "gateway": ("--rounds", "1"),
    "gateway_streams": ("--idle", "5", "--active", "3", "--quiet", "0.5"),
    "gateway_tokens": ("--rounds", "1", "--tokens", "8"),
    "hostile_api": ("--count", "20"),
    "hostile_requests": ("--count", "20"),
    "import_speed": ("--conversations", "20"),
    "index_growth": ("--sizes", "5", "10"),
    "injection": (),
    "languages": ("{gold}",),
    "make_dataset": ("{talks}",),
    "miner_load": ("--seconds", "1", "--only", "idle"),
    "mycelium_attack": (
        *("--nodes", "4", "--windows", "2", "--seeds", "1", "--rounds", "1", "--most", "24"),
        "--in-use",
    ),
    "mycelium_cost": ("--nodes", "2", "--rounds", "1"),
    "mycelium_directions": (
        *("--training", "{gold}", "--most", "16", "--out", "{folder}.safetensors"),
    ),
    "mycelium_gain": (
        *("--nodes", "2", "--windows", "2", "--seeds", "1", "--rounds", "1", "--most", "16"),
        *("--splits", "equal"),
    ),
    "pay_follows_quality": ("{gold}", "--truth", "embedded,frequent-words"),
    "profile_quality": ("{gold}",),
    "redaction": ("--data", "{talks}", "--repeats", "1"),
    "redaction_recall": ("{planted}",),
    "redteam_seeds": ("--seeds", "1", "--windows", "3"),
    "scoring_speed": ("--answers", "4", "--repeat", "1"),
    "search_quality": ("{meetings}",),
    "search_relevance": ("{data}",),
    "segmentation": ("{meetings}",),
    "soak": ("--minutes", "0.2", "--miners", "2", "--folder", "{folder}"),
    "tag_quality": ("--data", "{meetings}", "--peers"),
    "vector_index": ("--vectors", "1000", "--queries", "5"),
    "whole_tags": (),
    "window_round_trip": ("--windows", "1"),
}
"""What each benchmark that is a command is run with; ``{...}`` are files of the fixture ``inputs``."""

PARTS = {"load_clients", "load_miner", "soak_validator"}
"""Processes that other benchmarks start."""

LONG = {"experts_gain", "experts_slice"}
"""No small input will do: a hold-out needs 300 windows, which take minutes to read."""

VERDICTS = {
    *(
        "boring_index",
        "explorer",
        "hostile_api",
        "hostile_requests",
        "index_growth",
        "make_dataset",
    ),
    "miner_load",
    *("redteam_seeds", "segmentation", "soak"),
}
"""They say by their exit status whether bounds hold, which so short a run cannot tell."""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> dict[str, str]:
    """Write the smallest inputs: two talks, a window with gold tags, a meeting with topics, planted data."""
    folder = tmp_path_factory.mktemp("benchmarks")
    talks = [conversation_to_json(talk) for talk in samples.load()[:2]]
    turns = [
        {"speaker": speaker, "content": f"The {subject} of the ferry needs {subject} paint, I say."}
        for subject in ("harbour", "budget")
        for speaker in ("Ada", "Ben") * 6
    ]
    topics = [
        {"topic": "harbour paint", "spans": [[0, 11]]},
        {"topic": "budget", "spans": [[12, 23]]},
    ]
    mail = "Write to ada@example.org now."
    planted = [
        {"text": mail, "spans": [[9, 24, "email"]], "lang": "en"},
        {"text": "Nothing is planted here.", "spans": [], "lang": "en"},
    ]
    # A latent model needs more windows than it has dimensions, each with words of its own.
    words = " ".join(turn.text for talk in samples.load() for turn in talk.turns).split()
    corpus = [
        [{"speaker": "Ada", "content": " ".join(words[n : n + 25])}] for n in range(0, 2500, 25)
    ]
    lines = {
        "talks": talks,
        "corpus": [{"id": f"c{i}", "transcript": part} for i, part in enumerate(corpus)],
        "gold": [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()[:2]],
        # Of several conversations: some of them are held back twice.
        "few": [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()[::6]],
        "meetings": [{"id": f"m{i}", "transcript": turns, "topics": topics} for i in range(2)],
        "planted": planted,
    }
    for name, rows in lines.items():
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    paths = {name: str(folder / f"{name}.jsonl") for name in lines}
    return paths | {
        "folder": str(folder / "soak"),
        "data": str(_search_data(folder, turns, topics)),
    }


def _search_data(folder, turns, topics):
    """Write meetings, their questions and other talk, as benchmarks of search read them."""
    data = folder / "data"
    data.mkdir()
    names = [f"m{number}" for number in range(6)]
    files = {
        "qmsum_val": [{"id": name, "transcript": turns, "topics": topics} for name in names],
        "qmsum_val_questions": [
            {"meeting": name, "question": f"Who needs paint in {name}?"} for name in names
        ],
        "dialogsum_dev": [
            {
                "topic": f"cooking {number}",
                "summary": f"#Person1# boils {number} eggs. Then they eat.",
            }
            for number in range(12)
        ],
    }
    for name, rows in files.items():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (data / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return data


def test_every_benchmark_that_is_a_command_is_run():
    commands = {
        path.stem for path in FOLDER.glob("*.py") if '__name__ == "__main__"' in path.read_text()
    }
    assert commands == set(RUNS) | PARTS | LONG


@pytest.mark.peers
@pytest.mark.parametrize("name", RUNS)
def test_a_benchmark_runs_on_the_smallest_input(name, inputs):
    arguments = [argument.format_map(inputs) for argument in RUNS[name]]
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py"), *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    if done.returncode and re.search("ModuleNotFoundError|needs its extra", done.stderr):
        pytest.skip(f"needs the extra `benchmark`: {done.stderr.splitlines()[-1]}")
    if done.stderr.startswith("skipped: "):
        pytest.skip(done.stderr.splitlines()[0])
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    assert done.returncode == 0 or name in VERDICTS, done.stderr[-3000:]
    assert done.stdout.strip()
