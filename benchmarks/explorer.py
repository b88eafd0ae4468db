"""How fast the explorer's pages are: over 10,000 conversations, 100,000 tags, and 50 watching pages.

``python benchmarks/explorer.py`` makes a store and an index of small conversations in a temporary
folder, serves them in a process of its own, and prints how the map opens and moves in Chromium; for
each page the median and the 95th percentile of the time from request to whole answer, beside the same
for a static file of the same server (the floor); and, in pairs, how long a validator's own step (a
conversation written into the store) takes with and without watching pages.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote

import numpy as np
from explorer_store import WORDS, StoreValidator, fill_store, small_talk

from cgp.config import Settings
from cgp.conversation import Conversation
from cgp.embedders import default_embedder
from cgp.metadata import Metadata, Tag
from cgp.search import GenomeIndex
from cgp.store import Store

BOUND_SECONDS = 0.3
_PARTS = ("map", "pages", "watchers")
_PAIRS = 8
# As on a machine without a graphics card: the processor draws WebGL, and puts the page together.
_SOFTWARE_GL = (
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
)
_READ_STREAMS = """
import select, socket, sys
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
open_streams = [socket.create_connection((host, port)) for _ in range(count)]
for stream in open_streams:
    stream.sendall(f"GET /events HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n".encode())
while True:
    for stream in select.select(open_streams, [], [])[0]:
        if not stream.recv(1 << 16):
            sys.exit("the server closed a stream")
"""
_RECORD_FRAMES = """() => {
  window.spans = [];
  let last = performance.now();
  const frame = (now) => { window.spans.push(now - last); last = now; requestAnimationFrame(frame); };
  requestAnimationFrame((now) => { last = now; requestAnimationFrame(frame); });
}"""


def main() -> None:
    """Run the measurements that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="keep store and index here, and use them again")
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=40, help="requests for each page")
    parser.add_argument("--watchers", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--parts", nargs="+", choices=_PARTS, default=_PARTS, help="what to measure (default: all)"
    )
    chosen = parser.parse_args()
    generator = np.random.default_rng(chosen.seed)
    with nullcontext(chosen.folder) if chosen.folder else _temporary() as folder:
        hotkeys = [f"5Miner{number:02d}" + "x" * 40 for number in range(16)]
        if not (folder / "filled").exists():
            began = time.perf_counter()
            fill_store(folder, chosen.conversations, hotkeys, generator)
            (folder / "filled").touch()
            print(
                f"{chosen.conversations:,} conversations made in {time.perf_counter() - began:.0f} s"
            )
        tags = _tags_in(folder)
        with _serving(folder) as (url, server):
            began = time.perf_counter()
            _get(f"{url}/map")
            print(f"map made by the server in {time.perf_counter() - began:.1f} s from its start")
            if "map" in chosen.parts:
                _browser(url)
            if "pages" in chosen.parts:
                worst = _pages(url, server, chosen, tags, generator)
                verdict = "holds" if worst < BOUND_SECONDS else "does not hold"
                print(f"slowest page at p95: {worst:.3f} s (bound {BOUND_SECONDS} s: {verdict})")
            if "watchers" in chosen.parts:
                _watching(folder, url, chosen.watchers, hotkeys)


@contextmanager
def _temporary() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _tags_in(folder: Path) -> list[str]:
    with GenomeIndex.open(Settings(data_dir=folder).index_dir, default_embedder()) as index:
        return [tag.text for tag in index.overview().tags(start=0, count=1000)]


@contextmanager
def _serving(folder: Path) -> Iterator[tuple[str, int]]:
    """Serve API and pages in a process of their own; yield the address and the process's number."""
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
    # A file, not a pipe: the server logs each request, and would wait for a reader of a full pipe.
    with (folder / "serve.log").open("w+") as log:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stderr=log)
        try:
            yield _address_in(Path(log.name), process), process.pid
        finally:
            process.terminate()
            process.wait(60)


def _address_in(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait for the line in which the server names its address, and return that."""
    while process.poll() is None:
        if address := re.search(r"Pages and API at (\S+)", log.read_text(encoding="utf-8")):
            return address[1]
        time.sleep(0.1)
    raise RuntimeError(f"the server ended before it served; see {log}")


def _get(url: str) -> float:
    began = time.perf_counter()
    with urllib.request.urlopen(url, timeout=60) as reply:
        reply.read()
    return time.perf_counter() - began


def _browser(url: str) -> None:
    """Print how the map opens and moves in headless Chromium, drawn by the processor."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("the map in a browser was not measured: playwright is not installed (extra peers)")
        return
    with sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
            args=["--no-sandbox", *_SOFTWARE_GL],
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{url}/static/icon.svg")
        for visit in ("first", "second"):
            began = time.perf_counter()
            page.goto(f"{url}/map")
            page.wait_for_selector("#map[data-whole=true]", timeout=120_000)
            print(f"map in Chromium, {visit} opening: {time.perf_counter() - began:.2f} s")
        points = page.text_content(".lead") or ""
        box = page.locator("#points").bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.evaluate(_RECORD_FRAMES)
        page.mouse.move(x, y)
        page.mouse.down()
        for turn in range(240):
            page.mouse.move(x + 200 * math.sin(turn / 10), y + 100 * math.cos(turn / 14))
        page.mouse.up()
        spans = page.evaluate("window.spans")
        browser.close()
    print(
        f"map ({points.strip()}) moved for {sum(spans) / 1000:.1f} s: "
        f"{1000 * len(spans) / sum(spans):.0f} frames a second, longest frame {max(spans):.0f} ms"
    )


def _processor_seconds(process: int) -> float:
    """Return the processor time that a process has used (Linux; elsewhere 0)."""
    status = Path(f"/proc/{process}/stat")
    if not status.exists():
        return 0.0
    fields = status.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _pages(
    url: str,
    server: int,
    chosen: argparse.Namespace,
    tags: Sequence[str],
    generator: np.random.Generator,
) -> float:
    """Print the times of each page; return the worst 95th percentile."""
    requests, count = chosen.requests, chosen.conversations
    numbers = generator.integers(0, count, requests)
    words = generator.choice(WORDS, (requests, 2))
    pages = {
        "static file (floor)": ["/static/explorer.css"] * requests,
        "live": ["/"] * requests,
        "conversations": [f"/conversations?after={n}" for n in numbers],
        "conversation": [f"/conversation/talk-{n}?window=0" for n in numbers],
        "analytics": [f"/analytics/talk-{n}" for n in numbers],
        "map": ["/map"] * requests,
        "search": [f"/search?q={a}+{b}" for a, b in words],
        "tags": [f"/tags?start={n}" for n in numbers],
        "tag": [f"/tag/{quote(tags[n % len(tags)])}" for n in numbers],
        "participants": [f"/participants?start={n % 900}" for n in numbers],
        "participant": [f"/participant/person%20{n % 997}" for n in numbers],
        "sources": ["/sources"] * requests,
        "incentive": ["/incentive"] * requests,
    }
    worst = 0.0
    for name, paths in pages.items():
        first = _timed(url + paths[0])
        used = _processor_seconds(server)
        times = [t for path in paths[1:] if (t := _timed(url + path)) is not None]
        if not times:
            print(f"{name:22} no page of this kind in the sample")
            continue
        # A busy machine makes a reader wait, but does not change the processor's time.
        used = (_processor_seconds(server) - used) / len(paths[1:])
        tail = quantiles(times, n=20)[-1]
        worst = max(worst, tail)
        cold = "" if first is None else f", first {1000 * first:.0f} ms"
        print(
            f"{name:22} median {1000 * median(times):6.1f} ms, p95 {1000 * tail:6.1f} ms, "
            f"processor {1000 * used:5.1f} ms{cold}"
        )
    return worst


def _timed(url: str) -> float | None:
    """Return the seconds of a request, None where there is no such page (a tag nobody has)."""
    try:
        return _get(url)
    except urllib.error.HTTPError:
        return None


@contextmanager
def _watchers(url: str, count: int) -> Iterator[None]:
    """Hold ``count`` event streams open in a process of its own: readers are other machines."""
    host, port = url.removeprefix("http://").split(":")
    process = subprocess.Popen([sys.executable, "-c", _READ_STREAMS, host, port, str(count)])
    try:
        time.sleep(2)
        yield
    finally:
        process.terminate()
        process.wait(60)


def _watching(folder: Path, url: str, watchers: int, hotkeys: Sequence[str]) -> None:
    """Print how much longer a window takes to store while pages watch, in pairs one after the other."""
    wall, processor = list[float](), list[float]()
    alone_seconds = list[float]()
    with closing(Store(f"sqlite:///{folder / 'store.sqlite'}")) as store:
        # A folder that is used again holds the talks of earlier runs: these must be new ones.
        start, generator = int(time.time()) * 100_000, np.random.default_rng()
        for pair in range(_PAIRS):
            steps = {}
            # The order changes from pair to pair: a drift of the machine falls on both alike.
            for watched in (False, True) if pair % 2 else (True, False):
                first = start + 1000 * (2 * pair + watched)
                talks = [small_talk(first + number, generator) for number in range(40)]
                with _watchers(url, watchers) if watched else nullcontext():
                    steps[watched] = _step(store, hotkeys, talks)
            wall.append(steps[True][0] / steps[False][0])
            processor.append(steps[True][1] / steps[False][1])
            alone_seconds.append(steps[False][0])
    print(
        f"a validator's step with {watchers} watching pages: {median(wall):.2f} times as long "
        f"({1000 * median(alone_seconds):.1f} ms alone), {median(processor):.2f} times its processor "
        f"time; medians of {_PAIRS} pairs"
    )


def _step(
    store: Store, hotkeys: Sequence[str], talks: Sequence[Conversation]
) -> tuple[float, float]:
    """Return the mean seconds to take conversations through the store, and those of the processor."""
    store.add_conversations(talks)
    validator, metadata = StoreValidator(store, hotkeys), Metadata((Tag("harbour"),))
    began, used = time.perf_counter(), time.process_time()
    for _ in talks:
        validator.finish(metadata)
    wall, processor = time.perf_counter() - began, time.process_time() - used
    return wall / len(talks), processor / len(talks)


if __name__ == "__main__":
    main()
