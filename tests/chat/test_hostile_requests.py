"""Hostile requests to every route of the gateway, over hostile memory: it answers, soon, and nothing acts.

The routes are those of the gateway's own application, so that a new one is tried at once or fails here.
"""

import asyncio
import io
import json
import re
import resource
import time
from contextlib import closing
from urllib.parse import quote

import aiohttp
import pytest
from fastapi.routing import iter_route_contexts
from yarl import URL

from cgp.embedders import default_embedder
from cgp.indexing.engines import LocalEngine, recipe_of
from cgp.indexing.run import index_corpus
from cgp.jobs.offers import Presence
from cgp.retrieval.library import Library
from cgp.search import GenomeIndex
from cgp.store import Store
from tests.api.test_hostile_requests import FIELDS, VALUES, WHOLE_BODIES
from tests.chat.conftest import hello, opened_chat, settings_for
from tests.hostile_corpus import ESCAPES, LINK, fill, talks
from tests.test_hostile_corpus import acting

STALL_SECONDS = 2.0
"""Processor time of this process, which serves too, that one request may take."""

MOST_MIB = 300
"""Memory that all of them together may add."""

QUERIES = {
    "/v1/turns": ("conversation", "turn"),
    "/turn": ("conversation", "turn"),
    "/preferences": ("language", "theme", "back"),
    **dict.fromkeys(
        ("/", "/workers", "/models", "/library", "/manifest.webmanifest", "/v1/models", "/v1/workers", "/healthz", "/metrics"),
        (),
    ),
}  # fmt: skip
"""Parameters of each route that is read from."""

TEXTS = [ESCAPES, LINK, "\0", "\ud800", "x" * 100_000, "\u202e" * 50, "ferry " * 20_000]


def routes_of(app):
    """Return the paths of an application's routes, and the methods of each."""
    routes = {}
    for route in iter_route_contexts(app.routes):
        if methods := getattr(route, "methods", None):
            routes.setdefault(re.sub(r":path\}", "}", route.path), set()).update(methods)
    return routes


def addresses(path):
    """Yield addresses of a route with a hostile value in each place in turn."""
    yield path
    good = {"conversation": "escapes", "turn": "0", "language": "en", "theme": "dark"}
    fields = {name: good[name] for name in QUERIES[path] if name in good}
    for name in QUERIES[path]:
        for value in VALUES:
            filled = {**fields, name: value}
            yield f"{path}?" + "&".join(f"{n}={quote(v, safe='')}" for n, v in filled.items())
    if "conversation" in fields:
        yield from (f"{path}?turn=1&conversation={quote(one['id'], safe='')}" for one in talks())


def chats():
    """Yield questions with a hostile value in each field, and hostile texts in each place for one."""
    fields = [
        "model",
        "messages",
        "temperature",
        "stop",
        "seed",
        "max_tokens",
        "tools",
        "cgp",
        "user",
    ]
    yield from (hello(**{field: value}) for field in fields for value in FIELDS)
    for text in TEXTS:
        for role in ("user", "system", "tool"):
            yield hello(messages=[{"role": role, "content": text}])
        yield hello(messages=[{"role": "user", "content": [{"type": "text", "text": text}]}])
        yield hello(messages=[{"role": "user", "content": text}], cgp={"memory": True})
        yield hello(cgp={"as": text})
        yield hello(model=text[:200])
        yield hello(stop=text)
        yield hello(cgp={"memory": True, "audience": text})


def bodies_of(path):
    """Yield bodies for a route that is written to, each with its type."""
    kind = "application/json"
    yield from ((body, kind) for body in WHOLE_BODIES)
    if path == "/ask":
        for text in TEXTS:
            form = quote(text.encode("utf-8", "surrogatepass"))
            yield f"question={form}".encode(), "application/x-www-form-urlencoded"
            yield f"question=ferry&model={form}".encode(), "application/x-www-form-urlencoded"
    documents = {
        "/v1/chat/completions": chats(),
        "/v1/embeddings": ({"model": "m", "input": value} for value in [*FIELDS, *TEXTS, [*TEXTS], [FIELDS]]),
        "/v1/workers": ({"public_key": value} for value in [*FIELDS, *TEXTS]),
        "/ask": (),
    }  # fmt: skip
    assert path in documents, f"{path}: say here how it is tried"
    yield from ((json.dumps(document).encode(), kind) for document in documents[path])


def fill_memory(settings, folder):
    """Fill the store, the index and the library of a gateway with hostile texts."""
    with closing(Store(settings.store_url)) as store:
        fill(store)
        with GenomeIndex.open(settings.index_dir, default_embedder()) as index:
            batches = settings.index_dir / "batches"
            index_corpus(store.corpus(), index, LocalEngine(settings), batches, recipe=recipe_of(settings))  # fmt: skip
    note = folder / f"note {ESCAPES.replace('/', '')}.txt"
    note.write_text(f"The ferry {ESCAPES} {LINK} is late.")
    Library.of(settings).add([note])


@pytest.mark.peers
async def test_every_route_answers_hostile_requests_and_nothing_acts(tmp_path, caplog):
    await asyncio.to_thread(fill_memory, settings_for(tmp_path / "gateway"), tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wrong = {}
    async with opened_chat(tmp_path) as chat, aiohttp.ClientSession() as http:
        backend = await chat.backend(words=[f"Ferry {ESCAPES} ", LINK])
        await chat.worker(backend, name="w", slots=4)

        async def ask(method, address, body=None, kind=None):
            began = time.process_time()
            url = URL(chat.url + address, encoded=True)
            headers = {"Accept": "text/html"} | ({"Content-Type": kind} if kind else {})
            data = None if body is None else io.BytesIO(body)
            async with asyncio.timeout(60), http.request(method, url, data=data, headers=headers, allow_redirects=False) as reply:  # fmt: skip
                said = (await reply.read()).decode()
                status, shown_as = reply.status, reply.headers.get("Content-Type", "")
            spent = time.process_time() - began
            is_answered = status in {200, 303, 307, *range(400, 500), 502, 503}
            has_markup = "html" in shown_as and "<img src=x>" in said
            if (
                not is_answered
                or has_markup
                or acting(said.replace("\r", ""))
                or spent > STALL_SECONDS
            ):
                wrong[method, address[:80], (body or b"")[:80]] = (status, acting(said), spent, said[:200])  # fmt: skip
            return status

        for path, methods in routes_of(chat.gateway.app).items():
            if "POST" in methods:
                for body, kind in bodies_of(path):
                    await ask("POST", path, body, kind)
            if "GET" in methods:
                assert path in QUERIES, f"{path}: say in QUERIES how it is tried"
                for address in addresses(path):
                    await ask("GET", address)
        assert await ask("POST", "/v1/chat/completions", json.dumps(hello()).encode(), "application/json") == 200  # fmt: skip

    assert wrong == {}
    assert acting(caplog.text) == []
    assert "Traceback" not in caplog.text
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MOST_MIB


def test_names_that_a_worker_gives_itself_act_on_nothing_and_can_be_sent_on():
    hostile = f"w {ESCAPES}\ud800"
    offer = {"name": hostile, "models": {"chat": [hostile]}, "slots": 1, "audience": "shared", "context": 0}  # fmt: skip
    data = json.dumps({"offer": offer, "busy": 0, "draining": False}).encode()

    presence = Presence.decode("worker", "owner", data)

    assert acting(presence.offer.name) == []
    assert acting("".join(presence.offer.models["chat"])) == []
    assert presence.offer.name.startswith("w ")
