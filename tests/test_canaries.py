"""A different canary in each field of a conversation and of what is found out about it: none gets out.

The paths are counted from the program's own lists: every route of ``cgp serve``, every tool of
``cgp mcp``, every command. A new one that nobody has walked fails here.
"""

import json
import logging
import re
from contextlib import closing
from dataclasses import replace
from functools import partial
from urllib.parse import quote

import pytest
import requests
from fastapi.routing import iter_route_contexts

from cgp.annotators.redacting import RedactingAnnotator
from cgp.config import Settings
from cgp.embedders import default_embedder
from cgp.explorer.serving import explorer_pages
from cgp.indexing.engines import LocalEngine, recipe_of
from cgp.indexing.run import index_corpus
from cgp.localnet.summary import conversation_summaries
from cgp.mcp.server import make_server
from cgp.metadata import Metadata
from cgp.privacy import STANDARD
from cgp.reads import Genome
from cgp.retrieval.library import Library
from cgp.retrieval.passages import Level
from cgp.retrieval.retriever import Retriever, library_dir
from cgp.search import GenomeIndex, IndexReader
from cgp.store import Store
from tests.api.served import keypair, serving
from tests.canaries import EMAIL, FIELDS, PIN, TALK, fill, leaked, write_files


def index(settings, store):
    with GenomeIndex.open(settings.index_dir, default_embedder()) as opened:
        folder = settings.index_dir / "batches"
        engine = LocalEngine(settings)
        index_corpus(store.corpus(), opened, engine, folder, recipe=recipe_of(settings))


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A store and an index; no test here changes what it reads."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("canaries"))
    with closing(Store(settings.store_url)) as store:
        identifier = fill(store)
        index(settings, store)
        yield settings, store, identifier


def test_a_canary_would_be_noticed():
    assert leaked(TALK) == [f"canary{f}example" for f in FIELDS[:7]] + [PIN]


def test_a_validator_and_its_miners_see_none(filled, caplog):
    _, store, identifier = filled
    with caplog.at_level(logging.DEBUG):
        safe = store.redacted(store.conversation(identifier), STANDARD)
    assert leaked(safe, safe.excerpt(0, 2).transcript, caplog.text) == []
    assert safe.id == identifier


async def test_a_model_sees_none(filled):
    _, store, identifier = filled
    seen = []

    class Model:
        name = "model"

        async def annotate(self, conversation, *, max_tags, purpose):
            seen.append(conversation)
            return Metadata()

    await RedactingAnnotator(Model(), STANDARD).annotate(store.conversation(identifier), max_tags=3)
    await RedactingAnnotator(Model(), STANDARD).annotate(TALK, max_tags=3)
    assert len(seen) == 2
    assert leaked(seen) == []


QUERIES = {
    "/search": "?q=ferry",
    "/v1/search": "?q=ferry",
    "/v1/answers/{conversation_id}": "?window=0",
    "/conversation/{conversation_id}": "?window=0",
    "/replay/{conversation_id}": "?window=0",
    "/preferences": "?language=en&theme=dark",
}
"""What a route needs to be asked, so that it shows all that it has."""

POSTED = {
    "/v1/conversations": "takes conversations in, and says how many",
    "/v1/leases": "test_a_lease_holds_none",
    **{
        f"/v1/leases/{name}": "a validator's own words come in; what goes out is that they did"
        for name in ("claim", "heartbeat", "release", "release-session", "fail", "seal", "window", "answers", "finish")
    },
}  # fmt: skip
"""Routes that are not read from, and where they are walked or why there is nothing to walk."""


def routes_of(app):
    """Return the paths of an application's routes, and the methods of each."""
    found = {}
    for route in iter_route_contexts(app.routes):
        if methods := getattr(route, "methods", None):
            found.setdefault(re.sub(r":path\}", "}", route.path), set()).update(methods)
    return found


def test_no_route_shows_any_nor_logs_any(filled, caplog):
    caplog.set_level(logging.INFO)
    settings, _, identifier = filled
    values = {"{conversation_id}": quote(identifier), "{text}": "ferry"}
    with serving(settings.data_dir, extend=partial(explorer_pages, settings=settings)) as site:
        routes = routes_of(site.app)
        assert {path for path, methods in routes.items() if "POST" in methods} == POSTED.keys()
        shown = {}
        for path in sorted(path for path, methods in routes.items() if "GET" in methods):
            address = path + QUERIES.get(path, "")
            if path.startswith("/participant/"):
                address = path.replace("{text}", "Ben")
            for name, value in values.items():
                address = address.replace(name, value)
            with requests.get(site.url + address, timeout=120, stream=True) as reply:
                assert reply.status_code == 200, (address, reply.text[:300])
                shown[path] = next(reply.iter_content(1 << 20)).decode("utf-8", "replace")
        requests.get(f"{site.url}/participant/{quote(TALK.participants[0].name)}", timeout=120)
    assert {path: found for path, text in shown.items() if (found := leaked(text))} == {}
    assert {"/", "/events", "/map/points", "/participants", "/v1/conversations"} <= shown.keys()
    assert "GET /participant/Ana [EMAIL_1] " in caplog.text
    assert leaked(caplog.text) == []
    assert sum("ferry" in text for text in shown.values()) >= 8


async def test_a_lease_holds_none(tmp_path):
    settings = Settings(data_dir=tmp_path)
    with closing(Store(settings.store_url)) as store:
        store.add_conversations([replace(TALK, id="second", turns=TALK.turns[:2])])
    with serving(tmp_path) as api:
        key = keypair("alice")
        await api.signed(key, "/claim", {"session": "f" * 32})
        lease = await api.signed(key, "", {"session": "f" * 32, "holding": [], "seconds": 60})
    assert lease.document["lease"]["conversation"]["turns"]
    assert leaked(json.dumps(lease.document)) == []


def test_the_index_holds_none(filled):
    settings, _, _ = filled
    files = [path for path in settings.index_dir.rglob("*") if path.is_file()]
    assert files
    assert leaked(*(path.read_bytes() for path in files)) == []


ARGUMENTS = {"query": "ferry", "window": 0, "count": 5, "kind": "windows"}
"""What tools are asked, by the names of their parameters; others keep their defaults."""


async def test_no_tool_for_agents_tells_any(filled):
    settings, store, identifier = filled
    told = {}
    with closing(IndexReader(settings.index_dir, default_embedder())) as reader:
        server = make_server(Genome(store, reader, STANDARD))
        for tool in await server.list_tools():
            fields = tool.input_schema["properties"]
            asked = {name: value for name, value in ARGUMENTS.items() if name in fields}
            if "conversation_id" in fields:
                asked["conversation_id"] = identifier
            for kind in ("windows", "conversations", "tags") if "kind" in fields else (None,):
                result = await server.call_tool(tool.name, asked | ({"kind": kind} if kind else {}))
                told[tool.name, kind] = str(result)
    assert {name: found for name, text in told.items() if (found := leaked(text))} == {}
    assert sum("ferry" in text for text in told.values()) >= 4


def test_what_a_chat_is_given_to_quote_holds_none(filled, tmp_path):
    settings, _, _ = filled
    write_files(tmp_path)
    (tmp_path / "note.txt").write_text(f"The ferry: ask {EMAIL['turn']}.\n\nMy PIN is {PIN}.")
    Library.of(settings).add([tmp_path / "talk.jsonl", tmp_path / "note.txt"], Level.PUBLIC)
    folder = library_dir(settings)
    with closing(Retriever(settings.index_dir, folder, default_embedder())) as retriever:
        passages = retriever.search("when is the ferry?", levels=frozenset(Level), limit=20)
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert len(passages) >= 3
    assert leaked(*passages, *Library.of(settings).entries(), *files) == []


def test_the_summary_of_a_local_network_tells_none(filled):
    _, store, _ = filled
    summaries = conversation_summaries(store, STANDARD)
    assert "ferry" in summaries[0].tags
    assert leaked(*summaries) == []
