"""Odd input that the pages meet: empty fields of forms, wrong fields, wrong files, wrong health pages."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import unquote, urljoin

import pytest

from cgp.explorer import live_feed
from cgp.explorer.health_document import AWAY, health_document
from cgp.explorer.incentive_view import redteam_lines
from cgp.explorer.preferences import Language
from cgp.explorer.rendering import path_part, text_of_path
from cgp.explorer.shell import phrase_in
from cgp.miner_names import NAMES_FILE, MinerNames
from cgp.search.advice import NO_CONTENT
from tests.explorer.test_pages import get

DEEP = "[" * 100_000
PROBLEM = {"name": "chain", "reason": "no block for 60 s", "remedy": "see the node"}


def test_forms_work_whichever_fields_their_reader_leaves_empty(site):
    search = get(site, "/search?q=ferry&kind=windows&source=&participant=&tag=&after=&before=")
    conversations = get(site, "/conversations?state=&source=radio")

    assert search.status_code == conversations.status_code == 200
    assert "The ferry timetable" in search.text
    assert "/conversation/qanat" in conversations.text
    assert "/conversation/ferry" not in conversations.text


def test_the_search_says_why_its_page_is_empty_and_whom_dates_leave_out(site):
    filters_alone = get(site, "/search?source=radio").text
    nothing = get(site, "/search").text
    dated = get(site, "/search?q=harbour&after=2020-01-01").text
    one = get(site, "/search?q=harbour&kind=conversations").text

    assert "filters alone find nothing" in filters_alone
    assert "filters alone find nothing" not in nothing
    assert "leaves out what has no date: 2 conversations." in dated
    assert "leaves out" not in one
    assert "1 result<" in one


def test_the_search_says_what_may_have_been_meant(site):
    misspelt = get(site, "/search?q=mondya&after=2020-01-01").text
    grammar = get(site, "/search?q=the+of").text
    nowhere = get(site, "/search?q=harbour&source=%3Cb%3E").text
    nothing = get(site, "/search?q=quantum+chromodynamics").text

    link = '<a dir="auto" href="/search?after=2020-01-01&amp;q=Monday&amp;kind=windows">Monday</a>'
    assert f"Did you mean {link}" in misspelt
    assert "Every word of the query is a function word" in grammar
    assert "The sources are <bdi>chat, meeting, radio</bdi>." in nowhere
    assert "<b>" not in nowhere
    assert "Did you mean" not in nothing


def test_the_page_and_the_command_say_the_same_of_function_words():
    page = phrase_in(Language.ENGLISH)("only_function_words")
    assert page.casefold().rstrip(".") == NO_CONTENT


def test_a_choice_that_no_conversation_fits_is_told_apart_from_an_empty_store(site):
    for path in ("/conversations?source=nothing", "/conversations?after=1000"):
        text = get(site, path).text
        assert "No conversation fits" in text
        assert "There is no conversation here yet" not in text


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/search?q=x&after=soon", "From"),
        (f"/search?q={'x' * 2001}", "Search for"),
        ("/tags?start=-1", "start"),
    ],
)
def test_the_page_for_a_wrong_field_names_it_as_its_form_does(site, path, label):
    text = get(site, path, headers={"Accept": "text/html"}).text

    assert f"<b>{label}</b>" in text
    assert "soon" not in text.split("<main")[1].split("</main")[0]


@pytest.mark.parametrize("path", ["/search?q=x&after=soon", "/tags?start=-1", "/tag/" + "x" * 600])
def test_a_browser_gets_a_page_and_a_program_a_document_for_a_wrong_field(site, path):
    page = get(site, path, headers={"Accept": "text/html"})
    document = get(site, path, headers={"Accept": "application/json"})

    assert page.status_code == document.status_code == 422
    assert "<h1>422" in page.text
    assert document.json()["error"] == "Malformed"


@pytest.mark.parametrize("hidden", ["\t", "\u2028", "\r\n", "\u202e"])
def test_no_hidden_character_leads_to_another_site(site, hidden):
    query = {"language": "en", "theme": "dark", "back": f"/{hidden}/evil.example"}
    reply = get(site, "/preferences", params=query, allow_redirects=False)

    assert reply.headers["Location"] == "/"


def test_an_id_with_parts_that_browsers_resolve_is_one_part_of_a_path():
    assert path_part("a/../b") == "a%2F..%2Fb"
    assert path_part("a/b.c") == "a/b.c"


@pytest.mark.parametrize("text", [".", "..", "./", "..//", "...", "a/.", "/"])
def test_an_id_of_dots_alone_has_an_address_that_leads_back_to_it(text):
    path = path_part(text)
    place = f"/conversation/{path}"

    assert urljoin("http://host/tags", place) == f"http://host{place}"
    assert text_of_path(unquote(path)) == text


@pytest.mark.parametrize(
    "text",
    [DEEP, '{"strategies": [{"name": "a", "group": "b", "sense": "<=", "bound": 1, "passed": true,'
     f' "measured": {"9" * 400}}}]}}'],
    ids=["deep", "a number beyond all floats"],
)  # fmt: skip
def test_a_damaged_red_team_report_counts_as_none(tmp_path, text):
    file = tmp_path / "redteam.json"
    file.write_text(text)

    assert redteam_lines(file) == []


def test_damaged_names_of_miners_count_as_none(tmp_path):
    (tmp_path / NAMES_FILE).write_text(DEEP)

    assert MinerNames(tmp_path).shown("5Miner") == "5Miner"


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"status": "ok"}',
        '{"status": "ok", "problems": 5}',
        '{"status": "ok", "problems": ["a"]}',
        '{"status": "ok", "problems": [{}]}',
        '{"status": "ok", "problems": [], "chain": {"block": 5, "age_seconds": NaN}}',
        "[]",
        DEEP,
    ],
)
def test_the_page_of_another_program_counts_as_no_health(text):
    assert health_document(text.encode()) == {"status": AWAY}


def test_only_problems_and_the_chain_of_a_health_page_reach_readers():
    document = {"status": "chain", "problems": [PROBLEM], "chain": {"block": 5}, "hotkey": "5Val"}

    assert health_document(json.dumps(document).encode()) == {
        "status": "chain",
        "problems": [PROBLEM],
        "chain": {"block": 5},
    }


def test_streams_that_open_at_once_are_bounded_too(site, monkeypatch):
    monkeypatch.setattr(live_feed, "MAX_WATCHERS", 2)

    with ThreadPoolExecutor(8) as pool, ExitStack() as opened:
        replies = list(pool.map(lambda _: get(site, "/events", stream=True), range(8)))
        for reply in replies:
            opened.callback(reply.close)

    statuses = sorted(reply.status_code for reply in replies)
    assert statuses == [200] * 2 + [503] * 6
