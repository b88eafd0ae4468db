"""The rooms of experts and of talk in a real browser: forms work, and nothing comes from elsewhere."""

import json
import os
import shutil

import pytest

from cgp.experts.serving import opened_experts
from tests.chat.conftest import QUICK, background_gateway, settings_for
from tests.experts.test_talk_room import grown
from tests.experts.world import Clock, hand_in, judge, ledger, registered
from tests.fractal.test_talk import PAIRS

playwright = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
CHROMIUM = os.environ.get("CHROMIUM", shutil.which("chromium") or "")
pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium is installed"),
]
PATHS = ["/experts", *(f"/talk?tab=talk_{tab}" for tab in ("chat", "train", "partner", "files"))]


@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fa", 390)])
async def test_a_reader_teaches_and_asks_in_a_browser(tmp_path, language, width):
    # Prepare
    (tmp_path / "qa.json").write_text(json.dumps(PAIRS), encoding="utf-8")
    errors, requests = [], []
    with ledger(tmp_path / "ledger", Clock()) as book:
        judge(book).decide(book, hand_in(book, grown(1.0)).digest)
        settings = settings_for(tmp_path / "gateway")
        opened = opened_experts(settings, book, registered, asks_for_keys=False, timing=QUICK)
        async with (
            background_gateway(opened, tmp_path) as service,
            playwright.async_playwright() as running,
        ):
            browser = await running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            context = await browser.new_context(viewport={"width": width, "height": 844})
            cookie = {"name": "language", "value": language, "url": service.url}
            await context.add_cookies([cookie])
            page = await context.new_page()
            page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
            page.on("request", lambda request: requests.append(request.url))

            own = service.url

            # Execute: every page, then a training by its form, and a question.
            wide = []
            for path in PATHS:
                await page.goto(service.url + path)
                wide.append(
                    await page.evaluate(
                        "document.documentElement.scrollWidth"
                        " - document.documentElement.clientWidth"
                    )
                )
            await page.goto(f"{service.url}/experts")
            drawn = await page.evaluate("document.querySelector('main img').naturalWidth")
            await page.goto(f"{service.url}/talk?tab=talk_train")
            await page.set_input_files("input[type=file]", tmp_path / "qa.json")
            await page.fill("input[name=epochs]", "1")
            await page.click("form[action='/talk/train'] button")
            # The page loads itself again until the last line.
            await page.wait_for_selector("text=learned; threshold")
            await page.goto(f"{service.url}/talk")
            await page.fill("input[name=message]", PAIRS[1][0])
            await page.click("form[action='/talk/chat'] button")
            await page.wait_for_selector(f"text={PAIRS[1][1]}")
            await browser.close()

    # Assert
    assert max(wide) <= 0
    assert drawn > 0
    assert errors == []
    assert {url for url in requests if not url.startswith(own)} == set()
