"""The rooms of experts and of talk, over a real gateway: trees, forms, and what runs beside pages."""

import asyncio
import json
import threading
from contextlib import asynccontextmanager

import aiohttp
import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cgp.experts.pages.talk_room import fields_of, in_thread
from cgp.experts.serving import opened_experts
from cgp.fractal import FractalNetwork
from cgp.tagmodel.head import INPUTS
from tests.chat.conftest import QUICK, background_gateway, settings_for
from tests.experts.world import Clock, direction, hand_in, judge, ledger, registered
from tests.fractal.test_talk import PAIRS

DATA = json.dumps(PAIRS).encode()


def grown(strength):
    """Return a tree that knows a share of the truth at its root, and has two children."""
    root = FractalNetwork.start(INPUTS, width=1)
    # tanh is as good as the identity near 0.
    parameters = {
        "n..u": direction(strength * 0.01)[:, None],
        "n..c": np.zeros(1),
        "n..v": np.full(1, 100.0),
    }
    return root.with_parameters(parameters).split("", direction(), 0.0, seed=1)


@pytest.fixture
async def service(tmp_path):
    clock = Clock()
    with ledger(tmp_path / "ledger", clock) as book:
        judge(book).decide(book, hand_in(book, grown(1.0)).digest)
        opened = opened_experts(
            settings_for(tmp_path / "gateway"), book, registered, asks_for_keys=False, timing=QUICK
        )
        async with background_gateway(opened, tmp_path) as running:
            running.book = book
            yield running


async def read(service, path, data=None, **headers):
    """Return status, text and type of a page; with ``data`` it is a form."""
    method = "GET" if data is None else "POST"
    headers = {"Accept": "text/html", **headers}
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, service.url + path, data=data, headers=headers) as reply,
    ):
        return reply.status, await reply.text(), reply.content_type


@asynccontextmanager
async def partner(words):
    """A server as LM Studio is, without a key; it says the words one after the other."""
    replies = iter(words)

    async def answer(_):
        message = {"role": "assistant", "content": next(replies)}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        return web.json_response(
            {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [choice],
            }
        )

    application = web.Application()
    application.router.add_post("/v1/chat/completions", answer)
    async with TestServer(application) as server:
        yield str(server.make_url("/v1"))


async def until(service, tab, words, *, is_last=True):
    """Read a tab until it has some words; a page that runs asks to be loaded again."""
    for _ in range(2400):
        _, text, _ = await read(service, f"/talk?tab={tab}")
        runs = 'http-equiv="refresh"' in text
        # What ends shows its last line a moment before its end.
        if words in text and not (runs and is_last):
            return text
        assert runs, text
        await asyncio.sleep(0.05)
    raise AssertionError(f"{tab} never shows {words!r}")


def file_form(data, epochs="2"):
    form = aiohttp.FormData()
    form.add_field("file", data, filename="qa.json", content_type="application/json")
    form.add_field("epochs", epochs)
    return form


async def test_a_tree_is_drawn_and_other_experts_have_none(service):
    assert service.book.heads()

    _, page, _ = await read(service, "/experts")
    status, svg, kind = await read(service, "/experts/tree/language.german")
    missing, _, _ = await read(service, "/experts/tree/language.other")

    assert '<img src="/experts/tree/language.german"' in page
    assert (status, kind, missing) == (200, "image/svg+xml", 404)
    assert "version 1: 2 leaves, depth 1" in svg
    assert svg.count("<circle") == 3
    assert "<script" not in svg


async def test_a_reader_teaches_asks_saves_and_loads_without_a_script(service):
    # Prepare: nothing is learned yet.
    status, page, _ = await read(service, "/talk")
    assert status == 200
    assert 'href="/talk" aria-current' in page
    assert "<script" not in page
    question, answer = PAIRS[1]
    form = {"message": question, "temperature": "0.7"}
    assert "there is no model yet" in (await read(service, "/talk/chat", form))[1]
    assert (await read(service, "/talk/save", {"name": "mine"}))[0] == 400

    # Execute
    await read(service, "/talk/train", file_form(DATA))
    trained = await until(service, "talk_train", "learned; threshold")
    _, reply, _ = await read(service, "/talk/chat", form)
    _, saved, _ = await read(service, "/talk/save", {"name": "mine"})
    loaded, _, _ = await read(service, "/talk/load", {"name": "mine"})

    # Assert
    assert "epoch 2" in trained
    assert 'http-equiv="refresh"' not in trained
    assert answer in reply
    assert "<bdi>mine</bdi>" in saved
    assert loaded == 200


@pytest.mark.parametrize(
    ("path", "form", "words"),
    [
        ("chat", {"message": "x", "temperature": "nan"}, "temperature: 0.1 to 2"),
        ("chat", {"message": "x", "temperature": "9" * 400}, "temperature: 0.1 to 2"),
        ("train", {"epochs": "0"}, "epochs: 1 to 1000"),
        ("partner", {"seconds": "-1", "delay": "0"}, "seconds: 1 to 3600"),
        ("load", {"name": "../up"}, "name"),
        ("load", {"name": "<b>"}, "&lt;b&gt;"),
    ],
)
async def test_wrong_fields_are_named(service, path, form, words):
    status, page, _ = await read(service, f"/talk/{path}", form)

    assert status == 400
    assert words in page
    assert "<b>" not in page


async def test_a_file_that_is_none_is_named_and_changes_nothing(service):
    await read(service, "/talk/train", file_form(b'[{"question": 1}]'))

    page = await until(service, "talk_train", 'class="problem"')

    assert "the file" in page


async def test_a_conversation_with_a_partner_is_shown_and_can_be_stopped(service):
    # Prepare
    await read(service, "/talk/train", file_form(DATA))
    await until(service, "talk_train", "learned; threshold")
    async with partner([PAIRS[2][0], "", PAIRS[2][0]]) as url:
        form = {
            "url": url, "model": "<b>m</b>", "message": PAIRS[0][0],
            "seconds": "20", "delay": "0",
        }  # fmt: skip

        # Execute
        await read(service, "/talk/partner", form)
        ended = await until(service, "talk_partner", "[ended: ")
        await read(service, "/talk/partner", form | {"delay": "600", "seconds": "3600"})
        first = f"Talk model: {PAIRS[0][0]}"
        running = await until(service, "talk_partner", first, is_last=False)
        again, _, _ = await read(service, "/talk/partner", form)
        _, stopped, _ = await read(service, "/talk/stop", {})

    # Assert
    assert f"&lt;b&gt;m&lt;/b&gt;: {PAIRS[2][0]}" in ended
    assert "[ended: empty" in ended
    assert "<b>m" not in ended
    assert 'action="/talk/stop"' in running
    assert again == 400
    assert 'action="/talk/stop"' not in stopped


async def test_forms_of_other_sites_are_refused(service):
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for path in ("chat", "train", "partner", "stop", "save", "load"):
            assert (await read(service, f"/talk/{path}", {"name": "x"}, **headers))[0] == 403


async def test_where_keys_are_asked_for_the_rooms_hold_nothing(tmp_path):
    with ledger(tmp_path / "ledger", Clock()) as book:
        judge(book).decide(book, hand_in(book, grown(1.0)).digest)
        opened = opened_experts(settings_for(tmp_path / "gateway"), book, registered, timing=QUICK)
        async with background_gateway(opened, tmp_path) as service:
            _, page, _ = await read(service, "/talk")
            assert "<form" not in page.split("<main")[1].split("</main>")[0]
            assert (await read(service, "/talk/chat", {"message": "x"}))[0] == 401
            assert (await read(service, "/experts/tree/language.german"))[0] == 404


@pytest.mark.parametrize(
    ("kind", "data", "fields"),
    [
        ("", b"", {}),
        ("", b"a=1&a=2&b=", {"a": "2", "b": ""}),
        ("multipart/form-data", b"no parts", {}),
        ("multipart/form-data; boundary=x", b"\xff\x00", {}),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n\xff\r\n\x00'
            b'\r\n--x\r\nContent-Disposition: form-data; name="t"\r\n\r\n\xc3\xa9\r\n--x--\r\n',
            {"f": b"\xff\r\n\x00", "t": "é"},
        ),
    ],
)
def test_fields_of_a_form(kind, data, fields):
    assert fields_of(kind, data) == fields


def test_a_training_under_way_keeps_no_program_from_its_end():
    goes_on, lines = threading.Event(), []

    def train():
        yield "one"
        goes_on.wait(60)
        lines.append("two")

    async def first_line():
        return await anext(in_thread(train()))

    assert asyncio.run(first_line()) == "one"
    assert lines == []
    goes_on.set()
