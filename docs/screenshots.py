"""Pictures of the explorer's pages, from a real run of the local network.

``python docs/screenshots.py`` runs a subnet and takes each page at 1280 by 800 and at 390 by 844, in
light and dark, from left to right and from right to left; the README's four go to ``docs/pictures``.
``--url`` takes the pages of an explorer that runs already.

Needs the extras ``peers`` and ``web``, and Debian's Chromium (or the one that ``CHROMIUM`` names).
"""

from __future__ import annotations

import argparse
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
THEMES = ("light", "dark")
LANGUAGES = ("en", "fa")
PICTURES = Path(__file__).resolve().parent / "pictures"
README = {"live": "light", "conversation": "light", "map": "dark", "incentive": "dark"}
"""The pages that the README shows, and the theme of each."""

MOST_BYTES = 150_000
"""Size of a picture of the README at most: a reader on a phone waits for it."""

_SOFTWARE_GL = (
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
)
_TALK = "sample-clinic-migraine"
_PAGES = {
    "live": "/",
    "conversations": "/conversations",
    "conversation": f"/conversation/{_TALK}?window=1#turn-19",
    "answers": f"/conversation/{_TALK}?window=1#answers",
    "analytics": f"/analytics/{_TALK}",
    "map": "/map",
    "search": "/search?q=tidal+energy",
    "tags": "/tags",
    "tag": "",
    "participants": "/participants",
    "participant": "",
    "sources": "/sources",
    "incentive": "/incentive",
    "missing": "/nowhere",
}
_WINDOWS_FIRST = 25
"""Windows that are scored before the live page is taken: enough for its curves."""


def main() -> None:
    """Take the pictures that are asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--url", help="an explorer that runs already")
    parser.add_argument("--out", type=Path, help="folder for every page (default: a new one)")
    parser.add_argument("--only", nargs="+", help="take these pages only: " + ", ".join(_PAGES))
    chosen = parser.parse_args()
    out = chosen.out or Path(tempfile.mkdtemp(prefix="explorer-"))
    out.mkdir(parents=True, exist_ok=True)
    names = chosen.only or list(_PAGES)
    with sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"),
            args=["--no-sandbox", *_SOFTWARE_GL],
        )
        if chosen.url:
            _take(browser, chosen.url, names, out)
        else:
            with _subnet() as (url, ended):
                # The live page while there is something to see on it, the others over all of it.
                _take(browser, url, [name for name in names if name == "live"], out)
                ended()
                _take(browser, url, [name for name in names if name != "live"], out)
        browser.close()
    for name, theme in README.items():
        if name in names:
            _compact(out / f"{name}-desktop-{theme}-en.png", PICTURES / f"{name}.webp")
    print(f"every page: {out}; the README's: {PICTURES}")


@contextmanager
def _subnet() -> Iterator[tuple[str, Callable[[], None]]]:
    """Run a subnet with its pages; yield their address, and a function that waits for its end."""
    command = [sys.executable, "-c", "from cgp.cli import main; main()", "localnet", "--web"]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DATA_DIR": folder, "API_PORT": "0"}
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        lines = iter(process.stderr or ())
        try:
            address = re.search(r"http://\S+", _line_with("Pages at", lines))
            assert address is not None
            for line in lines:
                windows = re.search(r"(\d+)/\d+ windows", line)
                if windows and int(windows[1]) >= _WINDOWS_FIRST:
                    break
            yield address[0].rstrip("/"), lambda: print(_line_with("Ctrl-C ends", lines), end="")
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def _line_with(text: str, lines: Iterator[str]) -> str:
    """Return the next line of a program's output that holds a text.

    Raises:
        SystemExit: if the program ends before.
    """
    last = ""
    for line in lines:
        if text in line:
            return line
        last = line
    raise SystemExit(f"the subnet ended: {last}")


def _take(browser: Browser, url: str, names: list[str], out: Path) -> None:
    """Take pages in every size, theme and language; say what went wrong on them."""
    for (size, (width, height)), theme, language in product(SIZES.items(), THEMES, LANGUAGES):
        context = browser.new_context(viewport={"width": width, "height": height})
        cookies = {"theme": theme, "language": language}
        context.add_cookies(
            [{"name": name, "value": value, "url": url} for name, value in cookies.items()]
        )
        page = context.new_page()
        page.on("pageerror", lambda error: print(f"  error: {error}"))
        for name in names:
            _open(page, url, name)
            page.screenshot(path=out / f"{name}-{size}-{theme}-{language}.png")
            if over := page.evaluate("document.documentElement.scrollWidth - innerWidth"):
                print(f"  {name}, {size}, {language}: {over} pixels wider than the window")
        context.close()


def _open(page: Page, url: str, name: str) -> None:
    path = _PAGES[name]
    if name in {"tag", "participant"}:
        # Which there are is the run's matter: the first of the list is taken.
        page.goto(f"{url}/{name}s")
        path = page.locator(".ranking a").first.get_attribute("href") or "/"
    page.goto(url + path, wait_until="load")
    if name == "live":
        page.wait_for_selector("#connection.on")
        # Three snapshots make a line.
        page.wait_for_timeout(4000)
    elif name == "map":
        page.wait_for_selector("#map[data-whole=true]")
    elif name == "conversation":
        # The turns are scrolled to the chosen one, the page is not.
        page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(300)


def _compact(taken: Path, picture: Path) -> None:
    """Write a picture as WebP, smaller where it would be too large."""
    picture.parent.mkdir(exist_ok=True)
    with Image.open(taken) as image:
        for quality in (88, 75, 60):
            packed = io.BytesIO()
            image.convert("RGB").save(packed, "WEBP", quality=quality, method=6)
            if packed.tell() <= MOST_BYTES:
                break
    picture.write_bytes(packed.getvalue())


if __name__ == "__main__":
    main()
