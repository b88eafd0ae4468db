"""The pages in a real browser: nothing fails, nothing is fetched elsewhere, everybody can use them."""

import json

import pytest

from cgp.explorer.numbers import Numbers
from cgp.explorer.preferences import Language
from tests.explorer.browsing import AXE, SIZES, Visit
from tests.explorer.test_pages import PAGES

pytestmark = pytest.mark.peers


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_loads_without_errors_and_asks_no_other_host(browser, site, size, language):
    with Visit(browser, site, size=size, language=language) as visit:
        for path in PAGES:
            page = visit.open(path)
            overflow = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, f"{path} is wider than the window by {overflow} pixels"
            assert page.title() != "owned"

        assert visit.errors == []
        assert {url for url in visit.requests if not url.startswith(site.url)} == set()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fa"])
def test_axe_finds_nothing_serious(browser, site, theme, language):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed (./run_tests.sh --peers does it)")
    found = []
    with Visit(browser, site, theme=theme, language=language, bypass_csp=True) as visit:
        for path in PAGES:
            page = visit.open(path)
            page.add_script_tag(content=AXE.read_text(encoding="utf-8"))
            result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
            found += [
                (path, one["id"], one["nodes"][0]["html"][:160])
                for one in result["violations"]
                if one["impact"] in {"serious", "critical"}
            ]
    assert found == []


@pytest.mark.parametrize("language", list(Language))
def test_scripts_write_numbers_as_the_server_does(browser, site, language):
    numbers = Numbers(language)
    whole, fractions = [0, 7, 1127, 1234567], [0.0, 0.2649, 1.0, 12.5]
    spans = [0, 0.42, 9.99, 12.4, 59.4, 180.2, 5399.0, 7300.0]
    with Visit(browser, site, language=language) as visit:
        shown = visit.open("/").evaluate(
            """async ([whole, fractions, spans]) => {
              const { decimal, duration, number, numeral, share } = await import("/static/numbers.js");
              return [whole.map(number), whole.map(numeral), fractions.map((one) => decimal(one, 2)),
                fractions.map(share), spans.map(duration)];
            }""",
            [whole, fractions, spans],
        )
    assert shown == [
        [numbers.number(one) for one in whole],
        [numbers.numeral(one) for one in whole],
        [numbers.number(one) for one in fractions],
        [numbers.share(one) for one in fractions],
        [numbers.duration(one) for one in spans],
    ]


_WATCH_FOCUS = """() => {
  const all = 'a[href], button, input:not([type=hidden]), select, summary, [tabindex="0"]';
  window.wanted = [...document.querySelectorAll(all)].filter(e => e.checkVisibility());
  window.reached = new Set();
  window.unseen = [];
  window.rounds = 0;
  document.addEventListener('focusin', ({target}) => {
    if (target.className === 'skip') window.rounds++;
    window.reached.add(target);
    const style = getComputedStyle(target);
    if (style.outlineStyle === 'none' || parseFloat(style.outlineWidth) < 2) window.unseen.push(target.outerHTML.slice(0, 120));
  });
}"""
_EACH_KIND = [
    "/",
    "/conversations",
    "/conversation/ferry?window=0",
    "/analytics/ferry",
    "/map",
    "/search?q=ferry",
    "/tags",
    "/tag/ferry%20timetable",
    "/participants",
    "/participant/ann",
    "/sources",
    "/incentive",
    "/nowhere",
]


@pytest.mark.parametrize("path", _EACH_KIND)
def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser, site, path):
    with Visit(browser, site) as visit:
        page = visit.open(path)
        page.evaluate(_WATCH_FOCUS)
        wanted = page.evaluate("window.wanted.length")
        # A date has a stop for each of its parts; the page ends where its first link comes again.
        for _ in range(wanted // 10 + 4):
            for _ in range(10):
                page.keyboard.press("Tab")
            if page.evaluate("window.rounds") > 1:
                break

        assert wanted > 10
        assert (
            page.evaluate(
                "window.wanted.filter(e => !window.reached.has(e)).map(e => e.outerHTML.slice(0, 120))"
            )
            == []
        )
        assert page.evaluate("window.unseen") == []


def test_the_live_page_follows_the_store(browser, site):
    with Visit(browser, site) as visit:
        page = visit.open("/")
        page.wait_for_selector("#connection.on", timeout=120_000)

        assert page.text_content("#n-done") == "3"
        assert page.locator("#miners tr").count() == 2


def test_the_map_draws_points_zooms_and_selects(browser, site):
    with Visit(browser, site) as visit:
        page = visit.open("/map")
        page.wait_for_selector("#map[data-frames]")
        page.locator("#points").focus()
        for key in ("+", "ArrowLeft", "0"):
            page.keyboard.press(key)
        box = page.locator("#points").bounding_box()
        corners = [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.02)]
        page.keyboard.down("Shift")
        for number, (x, y) in enumerate(corners):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
            if number == 0:
                page.mouse.down()
        page.mouse.up()
        page.keyboard.up("Shift")
        names = json.loads(page.evaluate("fetch('/map/tags').then(a => a.text())"))

        assert int(page.text_content("#picked-count")) == len(names["tags"])
        assert visit.errors == []


@pytest.mark.parametrize("painter", ["", "#webgl"])
def test_the_map_is_used_by_keys_alone(browser, site, painter):
    with Visit(browser, site) as visit:
        page = visit.open(f"/map{painter}")
        page.wait_for_selector("#map[data-whole=true]")
        page.wait_for_selector("#map-state", state="hidden")
        page.locator("#points").focus()
        page.keyboard.press("s")
        everything = page.text_content("#picked-count")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowLeft")
        for _ in range(30):
            page.keyboard.press("-")
        # All points are near the middle now: one of them is named, and Enter searches for it.
        tip = page.text_content("#tip").rpartition(" (")[0]
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=*")

        assert int(everything) == len(page.request.get(site.url + "/map/tags").json()["tags"])
        assert page.input_value(".filters input[name=q]") == tip
        assert visit.errors == []


def test_pages_can_be_read_without_javascript(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url + "/map")
    page.select_option("select[name=language]", "fa")
    page.click("footer button")

    assert page.get_attribute("html", "dir") == "rtl"
    assert page.locator(".card").count() >= 1
    context.close()


def test_a_dark_page_is_printed_dark_on_white(browser, site):
    with Visit(browser, site, theme="dark") as visit:
        page = visit.open("/conversation/ferry")
        page.emulate_media(media="print")
        ink, paper = page.evaluate(
            "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
        )

    assert (ink, paper) == ("rgb(0, 0, 0)", "rgb(255, 255, 255)")
