"""Every page over real HTTP: what it shows, that nothing in a conversation acts, that nothing private leaves."""

import json
import re

import pytest
import requests

from tests.explorer.filled import BIDI, FERRY, GOOD, HOSTILE, SCRIPT, SILENT, served

PAGES = [
    "/",
    "/conversations",
    "/conversation/ferry",
    "/conversation/ferry?window=0",
    "/conversation/hostile/talk%3Fx=1?window=0",
    "/conversation/qanat",
    "/analytics/ferry",
    "/analytics/hostile/talk%3Fx=1",
    "/map",
    "/search",
    "/search?q=ferry",
    "/search?q=ferry&kind=tags",
    "/search?q=ferry&kind=conversations",
    "/tags",
    "/tag/ferry%20timetable",
    "/participants",
    "/participant/ann",
    "/sources",
    "/incentive",
]
LANGUAGES = ["en", "fa"]


def get(site, path, **options):
    return requests.get(site.url + path, timeout=120, **options)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_whole_in_each_language(site, path, language):
    reply = get(site, path, cookies={"language": language})

    assert reply.status_code == 200
    direction = "rtl" if language == "fa" else "ltr"
    assert f'<html lang="{language}" dir="{direction}"' in reply.text
    assert reply.text.rstrip().endswith("</html>")
    policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    # The policy would block them; a page without them loses nothing.
    assert not re.search(r"\sstyle=|\son\w+=\"", reply.text)


@pytest.mark.parametrize("path", PAGES)
def test_what_a_conversation_says_stays_text(site, path):
    text = get(site, path).text

    assert SCRIPT not in text
    assert "<img src=x" not in text
    assert "\u202e" not in text
    # An expression in a turn is not evaluated by the templates.
    assert ">49<" not in text


def test_the_hostile_talk_is_shown_as_it_was_said(site):
    text = get(site, "/conversation/hostile/talk%3Fx=1").text

    assert "&lt;script&gt;" in text
    assert "{{ 7 * 7 }}" in text
    assert BIDI.strip("\u202e\u202c") in text


@pytest.mark.parametrize("path", [*PAGES, "/map/tags", "/replay/ferry?window=0", "/events"])
def test_personal_data_and_gold_stay_inside(site, path):
    reply = get(site, path, stream=True)
    text = next(reply.iter_content(1 << 20)).decode("utf-8", "replace")
    reply.close()

    assert reply.status_code == 200
    assert "ann@example.com" not in text
    assert "secret-gold" not in text


def test_the_operator_sees_gold_windows(folder):
    with served(*folder, operator=True) as site:
        assert "secret-gold" in get(site, "/incentive").text


def test_a_conversation_shows_its_answers_with_every_verdict(site):
    text = get(site, "/conversation/ferry?window=0").text

    assert '<mark title="ferry timetable">ferry timetable</mark>' in text
    assert "equal to a ground-truth tag" in text
    assert "the window does not say it" in text
    assert "timeout" in text
    assert "will call the harbour office" in text
    assert '<a class="cite" href="#turn-3"' in text


def test_a_conversation_says_its_language_and_whether_its_source_named_it(site):
    assert "language <bdi>en</bdi> · " in get(site, "/conversation/ferry").text
    assert (
        "language <bdi>fa</bdi> (recognised in the text)" in get(site, "/conversation/qanat").text
    )
    assert "/conversation/qanat" in get(site, "/search?q=قنات&language=fa").text
    assert get(site, "/search?q=ferry&language=fa").text.count("/conversation/ferry") == 0
    assert get(site, "/search?q=ferry&language=en").text.count("/conversation/ferry") > 0


def test_a_score_is_replayed_from_its_file(site, tmp_path):
    reply = get(site, "/replay/ferry?window=0")
    document = reply.json()

    assert "attachment" in reply.headers["Content-Disposition"]
    assert document["window"] == {"start": 0, "stop": len(FERRY.turns)}
    assert document["ground_truth"]["tags"][0]["text"] == "ferry timetable"
    assert [one["miner"] for one in document["answers"]] == [GOOD]
    # The command's own reader takes it.
    from cgp.cli.score_file import read_score_file

    file = tmp_path / "window.json"
    file.write_text(json.dumps(document))
    assert read_score_file(file, 256).answers[0].answer.tags[0] == "ferry timetable"


def test_search_marks_words_narrows_and_says_when_there_is_nothing(site):
    found = get(site, "/search?q=harbour").text
    narrowed = get(site, "/search?q=harbour&source=radio").text
    refused = get(site, "/search?q=harbour&after=yesterday")

    assert "<mark>harbour</mark>" in found
    assert "1 result<" in found
    assert "1 further window of this passage<" in found
    assert 'href="/search?source=meeting' in found
    assert "The ferry timetable" not in narrowed
    assert refused.status_code == 422


def test_analytics_name_open_questions_and_commitments(site):
    text = get(site, "/analytics/ferry").text

    assert "And who pays for the new ferries?" in text
    assert "Shall we ask the harbour office?" not in text
    assert "will call the harbour office" in text


@pytest.mark.parametrize(
    "path",
    ["/conversation/none", "/tag/none", "/participant/nobody", "/analytics/none", "/nowhere"],
)
def test_a_browser_gets_a_page_and_a_program_a_document_for_what_is_not_there(site, path):
    page = get(site, path, headers={"Accept": "text/html"})
    document = get(site, path, headers={"Accept": "application/json"})

    assert page.status_code == document.status_code == 404
    assert "<h1>404" in page.text
    assert "error" in document.json()


def test_preferences_are_kept_and_lead_back_to_this_site_only(site):
    chosen = {"language": "fa", "theme": "dark"}
    back = get(
        site, "/preferences", params={**chosen, "back": "/tags?start=0"}, allow_redirects=False
    )
    away = [
        get(site, "/preferences", params={**chosen, "back": target}, allow_redirects=False)
        for target in ("https://evil.example", "//evil.example", "/\\evil.example")
    ]
    wrong = get(site, "/preferences", params={"language": "xx", "theme": "dark"})

    assert back.headers["Location"] == "/tags?start=0"
    assert back.cookies["language"] == "fa"
    assert {reply.headers["Location"] for reply in away} == {"/"}
    assert wrong.status_code == 422


def test_the_map_holds_every_tag_once(site):
    points = get(site, "/map/points").content
    names = get(site, "/map/tags").json()
    count = int.from_bytes(points[:4], "little")

    assert count == len(names["tags"]) == len(set(names["tags"]))
    assert len(points) == 4 + 12 * count + count
    assert "ferry timetable" in names["tags"]


def test_the_map_is_sent_packed_and_only_once(site):
    first = get(site, "/map/points")
    plain = get(site, "/map/points", headers={"Accept-Encoding": "identity"})
    again = get(site, "/map/points", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Content-Encoding"] == "gzip"
    assert first.content == plain.content
    assert (again.status_code, again.content) == (304, b"")


def test_the_live_page_counts_windows_for_miners_and_says_so(site):
    # A conversation that was annotated here has windows too, of which no miner heard.
    page = get(site, "/").text
    assert "Windows for miners" in page


def test_the_live_page_streams_snapshots(site):
    with get(site, "/events", stream=True) as reply:
        lines = reply.iter_lines(decode_unicode=True)
        event, data = next(lines), next(lines)

    snapshot = json.loads(data.removeprefix("data: "))
    assert reply.headers["Content-Type"].startswith("text/event-stream")
    assert event == "event: snapshot"
    assert snapshot["conversations"]["done"] == 3
    assert [miner["hotkey"] for miner in snapshot["miners"]] == [
        GOOD,
        snapshot["miners"][1]["hotkey"],
    ]
    assert snapshot["miners"][1]["failures"] == 3
    assert snapshot["weights"]["block"] == 77


def test_the_red_team_s_exceptions_come_first_in_their_group(tmp_path):
    # Prepare
    from cgp.config import Settings

    row = {"sense": "<=", "bound": 0.25, "known_limit": ""}
    rows = [
        {**row, "name": "silence", "group": "not reading", "measured": 0.0, "passed": True},
        {**row, "name": "echo", "group": "climbing", "measured": 0.1, "passed": True},
        {**row, "name": "ladder", "group": "climbing", "measured": 2e12, "passed": False},
    ]
    (tmp_path / "redteam.json").write_text(json.dumps({"strategies": rows}))

    # Execute
    with served(tmp_path, Settings(data_dir=tmp_path)) as site:
        text = get(site, "/incentive", cookies={"language": "en"}).text

    # Assert
    climbing = text[text.index("Climbing the public formula") :]
    assert climbing.index("ladder") < climbing.index("echo")
    assert "&gt; 1,000" in climbing
    assert "holds 1 / 2" in climbing
    assert text.count("<details open>") == 1, "only groups with exceptions are open"


@pytest.mark.parametrize("path", ["/", "/conversation/ferry?window=0", "/incentive"])
def test_a_miner_has_the_colour_of_its_uid_on_every_page(site, path):
    text = get(site, path).text
    for hotkey, uid in ((GOOD, 1), (SILENT, 2)):
        beside = rf'<span class="key (\w+)"></span><bdi title="{hotkey}"|title="{hotkey}"><span class="key (\w+)"'
        colours = {first or second for first, second in re.findall(beside, text)}
        assert colours == {f"m{uid}"}


def test_a_block_number_is_called_one(site):
    assert '<small id="w-block">block</small> <span id="n-weights">77</span>' in get(site, "/").text


def test_a_share_of_the_talk_is_told_in_the_page_s_language(site):
    text = get(site, "/conversation/ferry", cookies={"language": "fa"}).text

    assert "از گفت‌وگو" in text
    assert "of the talk" not in text


def test_without_an_index_the_pages_say_so(tmp_path):
    from cgp.config import Settings

    with served(tmp_path, Settings(data_dir=tmp_path)) as site:
        for path in ("/map", "/search?q=x", "/tags", "/participants", "/sources"):
            reply = get(site, path)
            assert reply.status_code == 200
            assert "cgp index" in reply.text
        assert get(site, "/").status_code == 200
        assert get(site, "/incentive").status_code == 200


def test_readers_who_ask_too_often_are_refused(folder):
    made, settings = folder
    slow = settings.model_copy(
        update={"api": settings.api.model_copy(update={"reads_per_minute": 2})}
    )
    with served(made, slow) as site:
        replies = [get(site, "/tags", headers={"Accept": "text/html"}) for _ in range(5)]

    assert replies[0].status_code == 200
    assert replies[-1].status_code == 429
    assert int(replies[-1].headers["Retry-After"]) >= 1


def test_the_vendored_files_are_the_published_ones(site):
    from hashlib import sha256
    from importlib.resources import files

    folder = files("cgp.explorer").joinpath("static")
    listed = re.findall(
        r"^ +([0-9a-f]{64})  (\S+)$",
        folder.joinpath("vendor", "VENDORED.txt").read_text(),
        re.MULTILINE,
    )

    assert len(listed) == 3
    for digest, name in listed:
        assert sha256(folder.joinpath("vendor", name).read_bytes()).hexdigest() == digest


def test_browsers_keep_files_that_are_named_by_version_and_ask_again_for_others(site):
    kept = get(site, "/static/map.js?1").headers["Cache-Control"]
    asked = get(site, "/static/map_points.js")
    again = get(site, "/static/map_points.js", headers={"If-None-Match": asked.headers["ETag"]})

    assert kept.startswith("public")
    assert asked.headers["Cache-Control"] == "no-cache"
    assert again.status_code == 304


def test_no_page_names_another_host(site):
    pages = [get(site, path).text for path in PAGES]

    assert not [
        found
        for text in pages
        for found in re.findall(r"(?:src|href|action)=\"(?:https?:)?//[^\"]*", text)
    ]
    assert HOSTILE.title not in "".join(pages)


def test_every_phrase_is_used_and_there_in_both_languages():
    from importlib.resources import files

    from cgp.explorer.preferences import Language
    from cgp.explorer.shell import EXPLORER_ROOMS, phrases

    folder = files("cgp.explorer").joinpath("templates")
    pages = "".join(page.read_text(encoding="utf-8") for page in folder.iterdir())
    # Names of states, rooms, themes, languages and parts of quality are phrases by themselves.
    named = {
        "waiting",
        "leased",
        "done",
        "failed",
        "auto",
        "light",
        "dark",
        "relevance",
        "engagement",
    }
    named |= {"novelty", "coherence", "fluency", "kind_windows", "kind_conversations", "kind_tags"}
    # Units are taken by ``cgp.explorer.numbers``.
    named |= {"utc", "source", "participant", "tag"} | {room.phrase for room in EXPLORER_ROOMS}
    english, persian = phrases(Language.ENGLISH), phrases(Language.PERSIAN)

    assert [
        key
        for key in english
        if f'"{key}"' not in pages
        and f"'{key}'" not in pages
        and key not in named
        # Verdicts, kinds of claims and states of weights are named by the data.
        and not key.startswith(("word_", "part_"))
    ] == []
    assert [key for key in english if english[key] == persian[key]] == []
