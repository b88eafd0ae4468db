"""The gateway's pages without a script: they answer, escape, cite, and keep other sites out."""

import re

import aiohttp
import pytest

from cgp.chat.local import local_chat
from cgp.explorer.preferences import Language
from cgp.explorer.shell import phrases
from tests.chat.conftest import opened_chat, settings_for

QUESTION = "What did they try with hydrogen for the ferry?"
PAGES = ("/", "/workers", "/models", "/library")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One data folder for all: the index of the samples is made once."""
    return tmp_path_factory.mktemp("data")


async def get(session, url, **options):
    async with session.get(url, **options) as response:
        return response.status, response.headers, await response.text()


async def test_a_question_as_a_form_gets_a_cited_answer_whose_turn_opens(folder):
    async with local_chat(settings_for(folder)) as url, aiohttp.ClientSession() as session:
        # Execute
        form = {"question": f"{QUESTION} <script>alert(1)</script>"}
        async with session.post(f"{url}/ask", data=form) as response:
            status, answer = response.status, await response.text()
        link = re.search(r'href="(/turn\?[^"#]*)', answer)
        turn_status, _, turn = await get(session, url + link[1].replace("&amp;", "&"))
        async with session.post(f"{url}/ask", data={"question": "  "}) as response:
            empty = response.status
        async with session.post(
            f"{url}/ask", data=form, headers={"Origin": "http://evil.example"}
        ) as response:
            foreign = response.status
        # A browser's own form: the pages send no referrer, so its origin is "null".
        own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
        browsers = []
        for headers in (own, own | {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
            async with session.post(f"{url}/ask", data=form, headers=headers) as response:
                browsers.append(response.status)
        rebound = await get(session, f"{url}/", headers={"Host": "evil.example"})

    # Assert
    assert status == 200
    assert "electrolyser" in answer
    assert "<script>alert" not in answer
    assert "&lt;script&gt;alert" in answer
    assert turn_status == 200
    assert "electrolyser" in turn
    assert (empty, foreign, rebound[0]) == (400, 403, 400)
    assert browsers == [200, 403, 403]


async def test_every_page_has_the_frame_in_both_languages(folder):
    async with local_chat(settings_for(folder)) as url, aiohttp.ClientSession() as session:
        pages = {
            (path, language): await get(
                session, url + path, headers={"Cookie": f"language={language}"}
            )
            for path in PAGES
            for language in Language
        }
        missing = await get(session, f"{url}/nothing", headers={"Accept": "text/html"})
        links = {link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*)', missing[2])}
        leads_to = {link: (await get(session, url + link))[0] for link in links}
        program = await get(session, f"{url}/v1/nothing")
        manifest = await get(session, f"{url}/manifest.webmanifest")

    for (_, language), (status, headers, text) in pages.items():
        assert status == 200
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert f'dir="{language.direction}"' in text
    assert "extractive" in pages["/workers", Language.ENGLISH][2]
    assert missing[0] == program[0] == 404
    assert "<html" in missing[2]
    assert len(links) > len(PAGES)
    assert leads_to == dict.fromkeys(links, 200)
    assert program[2].startswith('{"error"')
    assert '"standalone"' in manifest[2]


async def test_where_keys_are_asked_for_pages_hold_no_data(tmp_path):
    async with (
        opened_chat(tmp_path, asks_for_keys=True) as chat,
        aiohttp.ClientSession() as session,
    ):
        key = chat.desk.access.keys.create_key("ann", ("chat", "worker"))[1]
        await chat.worker(await chat.backend(), key=key)
        pages = [await get(session, chat.url + path) for path in PAGES]
        turn = await get(session, f"{chat.url}/turn?conversation=x&turn=0")
        async with session.post(f"{chat.url}/ask", data={"question": "hi"}) as response:
            ask = response.status

    assert [status for status, _, _ in pages] == [200] * 4
    assert 'id="key"' in pages[0][2]
    assert all(">w<" not in text for _, _, text in pages)
    assert turn[0] == ask == 401


def test_every_phrase_is_in_both_languages():
    english, persian = (phrases(language, ("cgp.chat.pages",)) for language in Language)
    assert english.keys() == persian.keys()
    assert all(text.strip() for text in (*english.values(), *persian.values()))
