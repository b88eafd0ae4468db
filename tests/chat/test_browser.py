"""The chat page in a real browser: ask, watch words come, stop, open a citation, in Persian too."""

import os
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.explorer.browsing import AXE, SIZES, Visit, browser  # noqa: F401 - a fixture
from tests.kit.waiting import until

pytestmark = pytest.mark.peers


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


QUESTION = "What did they try with hydrogen for the ferry?"
PAGES = ("/", "/workers", "/models", "/library")


def health(url):
    """Return what a gateway says of itself; nothing where it does not answer yet."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=60) as answer:
            return answer.read()
    except OSError:
        return b""


@contextmanager
def running_chat(folder, **variables):
    """Run ``cgp chat`` as its users do; yield its address."""
    port = free_port()
    environment = {
        **os.environ,
        "DATA_DIR": str(folder),
        "GATEWAY_PORT": str(port),
        "NATS_PORT": "0",
        **variables,
    }
    process = subprocess.Popen(
        [sys.executable, "-c", "from cgp.cli import main; main()", "chat"], env=environment
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: b'"workers":1' in health(url))
        yield SimpleNamespace(url=url)
    finally:
        process.terminate()
        process.wait(120)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Chat without a model."""
    with running_chat(tmp_path_factory.mktemp("chat")) as site:
        yield site


@pytest.fixture(scope="module")
def slow_site(tmp_path_factory):
    """Chat whose model needs five seconds for each word: as long a page may take to stop it."""
    script = Path(__file__).parents[1] / "kit" / "chat_backend.py"
    backend = subprocess.Popen(
        [sys.executable, str(script), "--each", "5"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    url = backend.stdout.readline().strip()
    try:
        with running_chat(
            tmp_path_factory.mktemp("slow"), WORKER_BACKEND="openai", WORKER_BASE_URL=url
        ) as site:
            yield site
    finally:
        backend.stdin.close()
        backend.wait(60)
        backend.stdout.close()


def ask(page, question=QUESTION):
    page.fill("#question", question)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("size", SIZES)
def test_a_question_is_answered_and_its_citation_opens_the_turn(browser, site, size, language):  # noqa: F811
    with Visit(browser, site, size=size, language=language) as visit:
        page = visit.open("/")
        ask(page)
        page.wait_for_selector(".message .meta")
        answer = page.inner_text(".message.panel .text")
        page.click(".citations a >> nth=0")
        page.wait_for_selector("#around[open] mark")
        quote = page.inner_text("#around mark")
        page.keyboard.press("Escape")
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )

        assert "electrolyser" in answer
        assert quote in answer
        assert not page.is_visible("#around")
        assert overflow <= 0
        assert page.inner_text(".message .meta").startswith("extractive")
        assert visit.errors == []
        assert {url for url in visit.requests if not url.startswith(site.url)} == set()


def test_words_appear_as_they_come_and_stop_ends_them(browser, slow_site):  # noqa: F811
    with Visit(browser, slow_site) as visit:
        page = visit.open("/")
        page.click("summary")
        page.select_option("#mode", "worker")
        ask(page, "Hello?")
        page.wait_for_selector(".text:not(:empty)")
        early = page.inner_text(".message.panel .text")
        page.click("#stop")
        page.wait_for_selector(".message .problem")

        # Ask again answers the same question, whole this time, with the model's name.
        page.click("#again")
        page.wait_for_selector(".message .meta", timeout=120_000)
        whole = page.inner_text(".message.panel .text")
        messages = page.locator(".message").count()

        assert early.strip() == "Ferries"
        assert whole.strip() == "Ferries are late."
        assert messages == 2
        assert page.inner_text(".message .meta").startswith("m on worker")
        assert visit.errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fa"])
def test_axe_finds_nothing_serious(browser, site, theme, language):  # noqa: F811
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (./run_tests.sh --peers does it)")
    problems = []
    with Visit(browser, site, theme=theme, language=language, bypass_csp=True) as visit:
        for path in PAGES:
            page = visit.open(path)
            if path == "/":
                ask(page)
                page.wait_for_selector(".message .meta")
            page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
            result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            problems += [
                (path, one["id"], one["nodes"][0]["html"][:160])
                for one in result["violations"]
                if one["impact"] in {"serious", "critical"}
            ]
    assert problems == []
