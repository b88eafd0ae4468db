"""How fast the explorer's pages are: over 10,000 conversations, 100,000 tags, and 50 watching pages.

``python benchmarks/explorer.py`` makes a store and an index of small conversations in a temporary
folder, serves them in a process of its own, and prints for each page the median and the 95th
percentile of the time from request to whole answer, beside the same for a static file of the same
server (the floor). ``--watchers 50`` measures, interleaved, how long a validator's own step (a window
written into the store) takes with and without watching pages.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median, quantiles
from threading import Event, Thread

import numpy as np

from cgp.config import Settings
from cgp.conversation import Conversation, Participant, Turn
from cgp.embedders import default_embedder
from cgp.explorer.genome_map import place_tags
from cgp.metadata import Metadata, Tag
from cgp.mining import MinedWindow
from cgp.quality import QUALITY_VERSION, Quality
from cgp.scoring import seal
from cgp.scoring.standings import observe, update
from cgp.scoring.task import Answer, Score, TagVerdict
from cgp.search import GenomeIndex, IndexedConversation, IndexedWindow
from cgp.search.overview import TagCount
from cgp.store import (
    GroundTruthRecord,
    QualityRecord,
    ScoredAnswer,
    StandingChanges,
    StandingRecord,
    Store,
    WeightsRecord,
    WindowResult,
)
from cgp.windows import WindowPlan

BOUND_SECONDS = 0.3
_WORDS = [
    first + second
    for first in (
        "har",
        "mon",
        "tel",
        "vor",
        "kes",
        "lun",
        "pra",
        "dil",
        "sen",
        "tor",
        "wim",
        "zan",
    )
    for second in (
        "bour",
        "ta",
        "ric",
        "dem",
        "lo",
        "ning",
        "sta",
        "vek",
        "ra",
        "mund",
        "fi",
        "gon",
    )
]
_QUALITY = QualityRecord(QUALITY_VERSION, "e", Quality(0.5, 0.6, 0.7, 0.4, 0.8))
_VALIDATOR = "5F3sa2TJAWMqDhXG6jhV4N8ko9SxwGy8TpaNS1repo5EYjQX"


def main() -> None:
    """Run the measurements that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=40, help="requests for each page")
    parser.add_argument("--watchers", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    generator = np.random.default_rng(chosen.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        hotkeys = _fill(folder, chosen.conversations, generator)
        print(f"{chosen.conversations:,} conversations made in {time.perf_counter() - began:.0f} s")
        with _serving(folder) as url:
            worst = _pages(url, chosen.requests, chosen.conversations, generator)
            _watching(folder, url, chosen.watchers, hotkeys)
    _map(chosen.points, generator)
    verdict = "holds" if worst < BOUND_SECONDS else "does not hold"
    print(
        f"slowest page at the 95th percentile: {worst:.3f} s (bound {BOUND_SECONDS} s: {verdict})"
    )


def _talk(number: int, generator: np.random.Generator) -> Conversation:
    words = generator.choice(_WORDS, 40)
    turns = tuple(Turn(n % 2, " ".join(words[5 * n : 5 * n + 5])) for n in range(8))
    people = (Participant(f"Person {number % 997}"), Participant(f"Person {number % 1009}"))
    return Conversation(
        f"talk-{number}",
        f"source-{number % 12}",
        people,
        turns,
        title=f"Talk {number}",
        language="en",
    )


def _fill(folder: Path, count: int, generator: np.random.Generator) -> list[str]:
    """Fill a store and an index with finished conversations; return the miners' hotkeys."""
    settings = Settings(data_dir=folder)
    hotkeys = [f"5Miner{number:02d}" + "x" * 40 for number in range(16)]
    records = []
    with closing(Store(settings.store_url)) as store:
        talks = [_talk(number, generator) for number in range(count)]
        store.add_conversations(talks)
        validator = _Validator(store, hotkeys)
        for number, talk in enumerate(talks):
            tags = tuple(Tag(" ".join(generator.choice(_WORDS, 2)), 2.0) for _ in range(12))
            metadata = Metadata(tags)
            validator.finish(metadata)
            window = IndexedWindow(0, 8, talk.transcript, tags[:6])
            names = tuple(person.name for person in talk.participants)
            records.append(
                IndexedConversation(
                    talk.id,
                    talk.source,
                    talk.title,
                    "en",
                    1.6e9 + 86_400.0 * number,
                    names,
                    8,
                    tags,
                    (window,),
                )
            )
        for block in range(200):
            shares = generator.dirichlet(np.ones(len(hotkeys))).tolist()
            rewards = dict(zip(hotkeys, shares, strict=True))
            store.log_weights(_VALIDATOR, WeightsRecord(block, rewards, {1: 1.0}, True))
    with GenomeIndex.open(settings.index_dir, default_embedder()) as index:
        index.add(records)
    return hotkeys


class _Validator:
    """Takes conversations through a store as a validator does."""

    def __init__(self, store: Store, hotkeys: Sequence[str]) -> None:
        self._store = store
        self._hotkeys = hotkeys
        self._number = 0

    def finish(self, metadata: Metadata) -> None:
        """Take the next waiting conversation to its end, with three answers."""
        lease = self._store.reserve(_VALIDATOR, 600)
        assert lease is not None
        self._number += 1
        sealed = seal(metadata, conversation="h", model="m", plan=WindowPlan(), version="1", seed=1)
        truth = GroundTruthRecord(sealed.digest, sealed.document, "m", "e", "1", 1)
        self._store.seal(lease, truth, [(0, 8)])
        asked = [self._hotkeys[(self._number + n) % len(self._hotkeys)] for n in range(3)]
        verdict = TagVerdict(metadata.tags[0].text, 1.0, "ground_truth", "equal")
        score = Score(0.4, True, "", {"tags": 0.4}, (verdict,))
        answer = Answer(tuple(tag.text for tag in metadata.tags[:6]))
        answers = [ScoredAnswer(h, n, answer, score, 0.5) for n, h in enumerate(asked)]
        standings = [update(None, observe(h, 1, score, 0.5, self._number)) for h in asked]
        changes = [StandingRecord(s.hotkey, 1, s.to_json()) for s in standings]
        self._store.commit_window(
            lease, WindowResult(0, 1, [], answers, StandingChanges("1", changes))
        )
        self._store.finish(lease, metadata, [MinedWindow(0, None, 0, 0, 8, metadata)], _QUALITY)


@contextmanager
def _serving(folder: Path) -> Iterator[str]:
    """Serve API and pages in a process of their own; yield the address."""
    command = [
        sys.executable,
        "-c",
        "from cgp.cli import main; main()",
        "serve",
        "--read-only",
        "--port",
        "0",
    ]
    environment = {"DATA_DIR": str(folder), "API_READS_PER_MINUTE": "1000000", "LOG_FORMAT": "text"}
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            if "Pages and API at " in line:
                yield line.split("Pages and API at ")[1].split()[0]
                return
        raise RuntimeError("the server ended before it served")
    finally:
        process.terminate()
        process.wait(20)


def _get(url: str) -> float:
    began = time.perf_counter()
    with urllib.request.urlopen(url, timeout=60) as reply:
        reply.read()
    return time.perf_counter() - began


def _pages(url: str, requests: int, count: int, generator: np.random.Generator) -> float:
    """Print the times of each page; return the worst 95th percentile."""
    numbers = generator.integers(0, count, requests)
    words = generator.choice(_WORDS, (requests, 2))
    pages = {
        "static file (floor)": ["/static/explorer.css"] * requests,
        "live": ["/"] * requests,
        "conversations": [f"/conversations?after={n}" for n in numbers],
        "conversation": [f"/conversation/talk-{n}?window=0" for n in numbers],
        "analytics": [f"/analytics/talk-{n}" for n in numbers],
        "map": ["/map"] * requests,
        "search": [f"/search?q={a}+{b}" for a, b in words],
        "tags": [f"/tags?start={n}" for n in numbers],
        "tag": [f"/tag/{a}%20{b}" for a, b in words],
        "participants": [f"/participants?start={n % 900}" for n in numbers],
        "participant": [f"/participant/person%20{n % 997}" for n in numbers],
        "sources": ["/sources"] * requests,
        "incentive": ["/incentive"] * requests,
    }
    worst = 0.0
    for name, paths in pages.items():
        first = _timed(url + paths[0])
        times = [t for path in paths[1:] if (t := _timed(url + path)) is not None]
        if not times:
            print(f"{name:22} no page of this kind in the sample")
            continue
        tail = quantiles(times, n=20)[-1]
        worst = max(worst, tail)
        cold = "" if first is None else f", first {1000 * first:.0f} ms"
        print(f"{name:22} median {1000 * median(times):6.1f} ms, p95 {1000 * tail:6.1f} ms{cold}")
    return worst


def _timed(url: str) -> float | None:
    """Return the seconds of a request, None where there is no such page (a tag nobody has)."""
    try:
        return _get(url)
    except urllib.error.HTTPError:
        return None


def _watching(folder: Path, url: str, watchers: int, hotkeys: Sequence[str]) -> None:
    """Print how much longer a window takes to store while pages watch."""
    stop = Event()

    def watch() -> None:
        with urllib.request.urlopen(f"{url}/events", timeout=60) as stream:
            while not stop.is_set():
                stream.readline()

    alone, watched = list[float](), list[float]()
    with closing(Store(f"sqlite:///{folder / 'store.sqlite'}")) as store:
        generator = np.random.default_rng(9)
        for turn in range(6):
            threads = []
            if turn % 2:
                stop.clear()
                threads = [Thread(target=watch, daemon=True) for _ in range(watchers)]
                for thread in threads:
                    thread.start()
                time.sleep(1)
            talks = [_talk(10**7 + 1000 * turn + n, generator) for n in range(40)]
            (watched if turn % 2 else alone).append(_step(store, hotkeys, talks))
            stop.set()
            for thread in threads:
                thread.join(5)
    ratio = median(watched) / median(alone)
    print(
        f"a validator's step with {watchers} watching pages: {ratio:.2f} times as long "
        f"({1000 * median(alone):.1f} ms alone)"
    )


def _step(store: Store, hotkeys: Sequence[str], talks: Sequence[Conversation]) -> float:
    """Return the mean seconds to take conversations through the store."""
    store.add_conversations(talks)
    validator, metadata = _Validator(store, hotkeys), Metadata((Tag("harbour"),))
    began = time.perf_counter()
    for _ in talks:
        validator.finish(metadata)
    return (time.perf_counter() - began) / len(talks)


def _map(points: int, generator: np.random.Generator) -> None:
    """Print how long the map of many tags takes to make."""
    centres = generator.normal(size=(40, 256))
    vectors = centres[generator.integers(0, 40, points)] + generator.normal(size=(points, 256))
    rows = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    tags = [TagCount(number, f"tag {number}", 1 + number % 7) for number in range(points)]
    began = time.perf_counter()
    made = place_tags(tags, rows)
    seconds = time.perf_counter() - began
    size = len(made.wire()) + len(json.dumps([tag.text for tag in tags]))
    print(f"map of {points:,} tags: made in {seconds:.1f} s, {size / 1e6:.1f} MB to a page")


if __name__ == "__main__":
    main()
