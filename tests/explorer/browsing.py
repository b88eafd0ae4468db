"""A browser for tests of pages, and a visit in it."""

import os
import shutil
from pathlib import Path

import pytest

CHROMIUM = os.environ.get("CHROMIUM", shutil.which("chromium") or "")
AXE = Path(__file__).resolve().parents[2] / ".peers" / "node_modules" / "axe-core" / "axe.min.js"
SOFTWARE_GL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
SOFTWARE_GL.append("--disable-gpu-compositing")
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", *SOFTWARE_GL]
        )
        yield opened
        opened.close()


class Visit:
    """A page in the browser, with the errors and the requests that it caused."""

    def __init__(self, browser, site, *, size="desktop", language="en", theme="light", **options):
        width, height = SIZES[size]
        # The policy of the pages forbids other scripts; the tests' own (axe) go around it.
        self.context = browser.new_context(
            viewport={"width": width, "height": height}, bypass_csp=options.pop("bypass_csp", False)
        )
        self.context.add_cookies(
            [
                {"name": "language", "value": language, "url": site.url},
                {"name": "theme", "value": theme, "url": site.url},
            ]
        )
        self.errors, self.requests = [], []
        self.site = site
        self.page = self.context.new_page()
        # Far above what a page takes, also where the machine is slow.
        self.page.set_default_timeout(120_000)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type == "error" else None,
        )
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path):
        self.page.goto(self.site.url + path, wait_until="load")
        return self.page

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()
