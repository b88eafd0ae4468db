"""Canaries in every field of the memory: no route of the gateway and no worker's prompt holds one.

The routes are those of the gateway's own application, so that a new one is walked at once or fails here.
"""

import asyncio
import json
from contextlib import closing
from urllib.parse import quote

import aiohttp

from cgp.embedders import default_embedder
from cgp.indexing.engines import LocalEngine, recipe_of
from cgp.indexing.run import index_corpus
from cgp.retrieval.library import Library
from cgp.retrieval.passages import Level
from cgp.search import GenomeIndex
from cgp.store import Store
from tests.canaries import EMAIL, PIN, TALK, fill, leaked, write_files
from tests.chat.conftest import hello, opened_chat, settings_for
from tests.chat.test_hostile_requests import routes_of

ASKED = {
    "/v1/chat/completions": "asked below, with memory and as a participant",
    "/ask": "asked below",
    "/v1/embeddings": "the asker's own words go in, numbers come out",
    "/v1/workers": "a key goes in; the workers are read below",
}
"""Routes that are written to, and where they are walked."""


def fill_memory(settings, folder):
    """Fill store, index and library of a gateway; return the id of the conversation."""
    with closing(Store(settings.store_url)) as store:
        identifier = fill(store)
        with GenomeIndex.open(settings.index_dir, default_embedder()) as index:
            batches = settings.index_dir / "batches"
            index_corpus(store.corpus(), index, LocalEngine(settings), batches, recipe=recipe_of(settings))  # fmt: skip
    write_files(folder)
    note = folder / f"ferry {EMAIL['title']}.txt"
    note.write_text(f"The ferry: ask {EMAIL['turn']}.\n\nMy PIN is {PIN}.")
    Library.of(settings).add([folder / "talk.jsonl", note], Level.PRIVATE)
    return identifier


async def test_no_route_of_the_gateway_and_no_worker_sees_any(tmp_path, caplog):
    # Prepare
    settings = settings_for(tmp_path / "gateway")
    identifier = await asyncio.to_thread(fill_memory, settings, tmp_path)
    question = [{"role": "user", "content": "When is the ferry?"}]
    name = TALK.participants[0].name
    shown, statuses = {}, {}
    async with opened_chat(tmp_path) as chat, aiohttp.ClientSession() as http:
        backend = await chat.backend(words=["The ferry is late [1]."])
        await chat.worker(backend)

        async def get(address):
            async with http.get(chat.url + address, allow_redirects=False) as reply:
                shown[address], statuses[address] = await reply.text(), reply.status

        # Execute
        routes = routes_of(chat.gateway.app)
        turns = f"?conversation={quote(identifier, safe='')}&turn=0"
        for path in (path for path, methods in routes.items() if "GET" in methods):
            preferences = "?language=en&theme=dark"
            await get(path + {"/turn": turns, "/v1/turns": turns, "/preferences": preferences}.get(path, ""))  # fmt: skip
        for stream in (False, True):
            for options in ({"memory": True}, {"memory": True, "as": name}):
                body = json.dumps(hello(messages=question, cgp=options, stream=stream))
                async with http.post(f"{chat.url}/v1/chat/completions", data=body, headers={"Content-Type": "application/json"}) as reply:  # fmt: skip
                    shown[body], statuses[body] = await reply.text(), reply.status
        async with http.post(f"{chat.url}/ask", data={"question": "When is the ferry?"}) as reply:
            shown["/ask"] = await reply.text()

    # Assert
    assert {path for path, methods in routes.items() if "POST" in methods} == ASKED.keys()
    assert set(statuses.values()) <= {200, 303}, statuses
    assert {place: found for place, text in shown.items() if (found := leaked(text))} == {}
    assert sum("ferry" in text.lower() for text in shown.values()) >= 8
    prompts = [json.dumps(request, ensure_ascii=False) for request in backend.requests]
    assert any("The ferry is late" in prompt for prompt in prompts)
    assert leaked(*prompts) == []
    assert leaked(caplog.text) == []
